"""Streets of a made-up town: blocks of uneven shape and size, bent streets, no two junctions quite alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geoloc_ros.core.types import Bool, Float64, Int32

BLOCK_M = 115.0
MERGE_M = 28.0
"""Junctions nearer than this become one."""


@dataclass(frozen=True)
class Streets:
    """Centre lines between junctions."""

    node_m: Float64
    """(M, 2)."""
    ends: Int32
    """(K, 2), nodes."""
    polylines: tuple[Float64, ...]
    """K of (P_k, 2), from the first end to the second, ends included."""
    one_way: Bool
    """(K,); driven from the first end to the second only."""


def lay_streets(size_m: float, rng: np.random.Generator) -> Streets:
    """A connected network over a square of `size_m` round (0, 0), a ring road round it.

    Blocks are Voronoi cells of points on a grid that is regular in one part of town and shaken in another, so both
    four-way and three-way junctions come about; a few streets are taken away, the rest are bent and warped.
    """
    node_m, ends = _merge_near(*_voronoi_graph(_block_centres(size_m, rng), size_m))
    ends = _without_some(len(node_m), ends, 0.1, rng)
    bow = rng.normal(0.0, 0.035, len(ends))
    lines = [_bent(node_m[a], node_m[b], bow[k]) for k, (a, b) in enumerate(ends)]
    warp = _Warp(size_m, rng)
    node_m, lines = warp(node_m), [warp(line) for line in lines]
    for (a, b), line in zip(ends, lines, strict=True):
        line[0], line[-1] = node_m[a], node_m[b]
    return Streets(node_m, ends.astype(np.int32), tuple(lines), _one_ways(len(node_m), ends, 0.25, rng))


def blocks_of(streets: Streets) -> list[shapely.Polygon]:
    """Land between the centre lines."""
    faces = shapely.polygonize([shapely.LineString(line) for line in streets.polylines])
    return sorted(faces.geoms, key=lambda face: face.centroid.coords[0])


def _block_centres(size_m: float, rng: np.random.Generator) -> Float64:
    count = max(2, round(size_m / BLOCK_M))
    across = np.cumsum(rng.uniform(0.7, 1.3, (2, count)), axis=1)
    across = (across - across[:, :1] / 2) / across[:, -1:] * 0.97
    x, y = np.meshgrid(across[0], across[1])
    # Every second row is shifted in the shaken part, which makes three-way junctions.
    shake = 0.5 + 0.5 * np.sin(3.0 * x + 2.0 * y + rng.uniform(0, 6))
    x = x + shake * rng.normal(0.0, 0.26, x.shape) / count + 0.5 * shake * (np.arange(count)[:, None] % 2) / count
    y = y + shake * rng.normal(0.0, 0.26, y.shape) / count
    return (np.stack([x.ravel(), y.ravel()], axis=1).clip(0.02, 0.98) - 0.5) * size_m


def _voronoi_graph(centre_m: Float64, size_m: float) -> tuple[Float64, Int32]:
    square = shapely.box(-size_m / 2, -size_m / 2, size_m / 2, size_m / 2)
    cells = shapely.voronoi_polygons(shapely.MultiPoint(centre_m), extend_to=square.buffer(size_m))
    rings = [np.round(shapely.intersection(cell, square).exterior.coords, 6) for cell in cells.geoms]
    vertex_m, number = np.unique(np.concatenate([ring[:-1] for ring in rings]), axis=0, return_inverse=True)
    number = number.ravel()
    start = np.cumsum([0, *(len(ring) - 1 for ring in rings)])
    pairs = [
        np.stack([number[a:b], np.roll(number[a:b], -1)], axis=1) for a, b in zip(start[:-1], start[1:], strict=True)
    ]
    return vertex_m, np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0).astype(np.int32)


def _merge_near(node_m: Float64, ends: Int32) -> tuple[Float64, Int32]:
    near = cKDTree(node_m).query_pairs(MERGE_M, output_type="ndarray")
    links = coo_array((np.ones(len(near)), (near[:, 0], near[:, 1])), shape=(len(node_m), len(node_m)))
    count, group = connected_components(links, directed=False)
    merged = np.stack([np.bincount(group, node_m[:, axis], count) for axis in (0, 1)], axis=1)
    ends = np.sort(group[ends], axis=1)
    return merged / np.bincount(group, minlength=count)[:, None], np.unique(ends[ends[:, 0] != ends[:, 1]], axis=0)


def _without_some(num_nodes: int, ends: Int32, ratio: float, rng: np.random.Generator) -> Int32:
    """Take streets away whose both ends keep three others, so that no dead end is made."""
    degree = np.bincount(ends.ravel(), minlength=num_nodes)
    keep = np.ones(len(ends), dtype=bool)
    for k in rng.permutation(len(ends))[: int(2 * ratio * len(ends))]:
        if keep.sum() > (1.0 - ratio) * len(ends) and degree[ends[k]].min() > 3:
            keep[k] = False
            degree[ends[k]] -= 1
    return ends[keep]


def _bent(start_m: Float64, end_m: Float64, bow: float) -> Float64:
    length = float(np.hypot(*(end_m - start_m)))
    t = np.linspace(0.0, 1.0, max(3, int(length / 12.0)))[:, None]
    normal = np.array([start_m[1] - end_m[1], end_m[0] - start_m[0]])
    return np.asarray(start_m + t * (end_m - start_m) + bow * np.sin(np.pi * t) * normal)


class _Warp:
    """Long waves that bend whole quarters."""

    def __init__(self, size_m: float, rng: np.random.Generator) -> None:
        wavelength_m = rng.uniform(350.0, 800.0, 4)
        angle = rng.uniform(0.0, 2.0 * np.pi, 4)
        self.wave = 2.0 * np.pi / wavelength_m * np.stack([np.cos(angle), np.sin(angle)])
        self.phase = rng.uniform(0.0, 2.0 * np.pi, 4)
        # 0.05 of a wavelength tilts a street by up to atan(0.05 * 2 pi), 17 degrees, and folds nothing.
        self.shift = rng.normal(0.0, 1.0, (4, 2))
        self.shift *= 0.04 * wavelength_m[:, None] / np.linalg.norm(self.shift, axis=1, keepdims=True)

    def __call__(self, points_m: Float64) -> Float64:
        return np.asarray(points_m + np.sin(points_m @ self.wave + self.phase) @ self.shift)


def _one_ways(num_nodes: int, ends: Int32, ratio: float, rng: np.random.Generator) -> Bool:
    """Streets that can be one-way while every junction can still be reached from every other."""
    one_way = np.zeros(len(ends), dtype=bool)
    for k in rng.permutation(len(ends))[: int(ratio * len(ends))]:
        one_way[k] = True
        two_way = ends[~one_way]
        edges = np.concatenate([ends, two_way[:, ::-1]])
        graph = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(num_nodes, num_nodes))
        if connected_components(graph, directed=True, connection="strong")[0] > 1:
            one_way[k] = False
    return one_way
