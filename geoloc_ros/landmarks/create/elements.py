"""Small pieces of a surface, triangles or points, and which of them touch: what patches grow over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Float32, Float64, Int32, Int64

# Vertices that are nearer to each other than this share of the scale are one; edges that lie on each other within ten
# times as much touch.
_SAME_RATIO = 1e-3
# A triangle goes on where another begins if they bend by no more than 60 degrees (two that have the whole edge in
# common may bend as they like: patches look to that).
_GOES_ON = 0.5
# Points are looked for among so many, and linked up to so many times the distance of their nearest ones.
_NEIGHBOURS, _LINK_RATIO = 8, 2.2
_NEAREST = 4
# Edges on an edge are looked for among so many about its middle.
_NEAR_EDGES = 16


@dataclass(frozen=True)
class Elements:
    """E pieces of a surface."""

    position_m: Float64
    """(E, 3), their middles."""
    normal: Float32
    """(E, 3), unit length."""
    area_m2: Float64
    """(E,)."""
    offset: Int64
    """(E + 1,); what piece k touches is `neighbour[offset[k] : offset[k + 1]]`."""
    neighbour: Int32


def triangle_elements(surface: Surface, scale_m: float) -> Elements:
    """Triangles, touching where they share an edge, or part of one as where tiles of different sizes meet.

    Args:
        surface: With triangles.
        scale_m: Size of what is to be told apart; vertices that are a thousandth of it apart are one.
    """
    corners = surface.vertices_m[surface.triangles].astype(np.float64)
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(cross, axis=1)
    # Triangles of no area look nowhere; they belong where their corners do.
    flat = length <= 0.0
    cross[flat] = surface.normal[surface.triangles[flat, 0]]
    normal = (cross / np.maximum(np.linalg.norm(cross, axis=1, keepdims=True), 1e-30)).astype(np.float32)
    same = _numbered(np.rint(surface.vertices_m.astype(np.float64) / (_SAME_RATIO * scale_m)))[surface.triangles]
    ends = np.sort(np.stack([same, np.roll(same, -1, axis=1)], axis=2).reshape(-1, 2), axis=1)
    keys = ends[:, 0] * np.int64(same.max(initial=0) + 1) + ends[:, 1]
    order = np.argsort(keys, kind="stable")
    # Edges of more than two triangles link each to the next.
    is_shared = keys[order][1:] == keys[order][:-1]
    links = np.stack([order[:-1][is_shared], order[1:][is_shared]], axis=1) // 3
    is_alone = np.ones(len(keys), bool)
    is_alone[order[:-1][is_shared]] = is_alone[order[1:][is_shared]] = False
    partly = _partly_shared(corners, normal, np.flatnonzero(is_alone), scale_m)
    return Elements(
        corners.mean(axis=1), normal, 0.5 * length, *_neighbours(np.concatenate([links, partly]), len(corners))
    )


def point_elements(surface: Surface) -> Elements:
    """Points of a cloud, touching those about them on the same side of a surface."""
    count = min(_NEIGHBOURS, len(surface.vertices_m) - 1)
    position_m, normal = surface.vertices_m.astype(np.float64), surface.normal
    if count < 1:
        alone = _neighbours(np.zeros((0, 2), np.int64), len(normal))
        return Elements(position_m, normal, np.zeros(len(normal)), *alone)
    distance_m, near = cKDTree(position_m).query(position_m, count + 1)
    distance_m, near = distance_m[:, 1:], near[:, 1:]
    alike = np.einsum("ij,ikj->ik", normal, normal[near]) > _GOES_ON
    # Their own sheet's: what lies on the other side of a thin wall may be nearer.
    spacing_m = _mean_of_nearest(np.where(alike, distance_m, np.nan))
    touches = alike & (distance_m < _LINK_RATIO * np.minimum(spacing_m[:, None], spacing_m[near]))
    rows, columns = np.nonzero(touches)
    links = np.stack([rows, near[rows, columns]], axis=1)
    return Elements(position_m, normal, spacing_m**2, *_neighbours(links, len(normal)))


def thin_cloud(surface: Surface, voxel_m: float) -> Surface:
    """One point per voxel that is not empty, the mean of those in it; two where they look to opposite sides."""
    voxel = _numbered(np.floor(surface.vertices_m.astype(np.float64) / voxel_m))
    _, first = np.unique(voxel, return_index=True)
    turned = np.einsum("ij,ij->i", surface.normal, surface.normal[first[voxel]]) < 0.0
    _, group = np.unique(2 * voxel + turned, return_inverse=True)
    count = np.bincount(group)
    position_m, normal = (
        np.stack([np.bincount(group, column) for column in columns.T.astype(np.float64)], axis=1) / count[:, None]
        for columns in (surface.vertices_m, surface.normal)
    )
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-30)
    return Surface(position_m.astype(np.float32), normal.astype(np.float32), surface.triangles)


def _partly_shared(corners: Float64, normal: Float32, alone: Int64, scale_m: float) -> Int64:
    """Pairs of triangles that touch along a part of an edge; `alone` are edges (3 * triangle + corner) of one only."""
    triangle, corner = alone // 3, alone % 3
    start, end = corners[triangle, corner], corners[triangle, (corner + 1) % 3]
    if not len(alone):
        return np.zeros((0, 2), np.int64)
    middle, along = 0.5 * (start + end), end - start
    longest = float(np.linalg.norm(along, axis=1).max())
    _, near = cKDTree(middle).query(middle, range(1, _NEAR_EDGES + 1), distance_upper_bound=1.001 * longest)
    # What is missing is counted as one edge more than there are.
    first, column = np.nonzero(near < len(alone))
    second = near[first, column]
    found = []
    for of, on in ((first, second), (second, first)):
        away = middle[of] - start[on]
        share = np.einsum("ij,ij->i", away, along[on]) / np.maximum(np.einsum("ij,ij->i", along[on], along[on]), 1e-30)
        off = np.linalg.norm(away - np.clip(share, 0.0, 1.0)[:, None] * along[on], axis=1)
        alike = np.einsum("ij,ij->i", normal[triangle[of]], normal[triangle[on]]) > _GOES_ON
        found.append(np.stack([triangle[of], triangle[on]], axis=1)[alike & (off < 10.0 * _SAME_RATIO * scale_m)])
    return np.concatenate(found)


def _neighbours(links: Int64, count: int) -> tuple[Int64, Int32]:
    """Offsets and neighbours of links (L, 2), each in both directions, each once."""
    both = np.concatenate([links, links[:, ::-1]]).astype(np.int64)
    both = both[both[:, 0] != both[:, 1]]
    keys = np.sort(both[:, 0] * count + both[:, 1])
    keys = keys[np.diff(keys, prepend=-1) > 0]
    offset = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(keys // count, minlength=count), out=offset[1:])
    return offset, (keys % count).astype(np.int32)


def _numbered(cells: Float64) -> Int64:
    """Which cell (K,) each row (K, 3) is, counted from 0."""
    order = np.lexsort(cells.T)
    is_new = np.ones(len(cells), bool)
    is_new[1:] = np.any(cells[order][1:] != cells[order][:-1], axis=1)
    number = np.empty(len(cells), np.int64)
    number[order] = np.cumsum(is_new) - 1
    return number


def _mean_of_nearest(distance_m: Float64) -> Float64:
    """Of rows sorted but for their NaN; 0 where all is NaN."""
    nearest = np.sort(distance_m, axis=1)[:, :_NEAREST]
    there = np.isfinite(nearest)
    return np.asarray(np.where(there, nearest, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1))
