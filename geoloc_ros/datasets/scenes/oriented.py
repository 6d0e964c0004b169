"""Normals of surfaces, out to where they were seen from."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Bool, Float32, Float64, Int64

_MOST_VIEWERS = 40
_SAMPLES = 100_000
_SPREAD = (0.7548776662466927, 0.5698402909980532)
_AROUND, _UPWARDS = 128, 64
_BEHIND = 1.05
"""What is further away than this many times the nearest thing in its direction is hidden by it."""
_NEIGHBOURS = 16
_CHUNK = 200_000
_LARGEST_DISAGREEMENT = 0.01


def mesh_surface(vertices_m: Float32, triangles: Int64, seen_from_m: Float64) -> Surface:
    """A mesh whose triangles are counter-clockwise for those who saw it; equal vertices become one.

    Parts that are wound consistently are turned as a whole, by what most viewers see of them; others triangle by
    triangle. Triangles without area are dropped.

    Args:
        vertices_m: (V, 3).
        triangles: (T, 3).
        seen_from_m: (N, 3), centres of the cameras.
    """
    vertices_m, row = np.unique(vertices_m, axis=0, return_inverse=True)
    triangles = row.reshape(-1)[triangles]
    area_normal = _area_normals(vertices_m, triangles)
    is_there = np.linalg.norm(area_normal, axis=1) > 0.0
    triangles, area_normal = triangles[is_there], area_normal[is_there]
    flips = _flips(vertices_m, triangles, area_normal, seen_from_m)
    triangles = np.where(flips[:, None], triangles[:, ::-1], triangles)
    area_normal = np.where(flips[:, None], -area_normal, area_normal)
    normal = np.empty(vertices_m.shape, np.float64)
    for axis in range(3):
        normal[:, axis] = np.bincount(triangles.ravel(), np.repeat(area_normal[:, axis], 3), len(vertices_m))
    return Surface(vertices_m, _unit(normal), triangles.astype(np.int32))


def cloud_surface(points_m: Float32, normal: Float32 | None, seen_from_m: Float64) -> Surface:
    """A cloud (P, 3) with its own normals (P, 3), all turned alike, or those of planes through its nearest points."""
    if normal is not None:
        some = np.linspace(0, len(points_m) - 1, min(len(points_m), _SAMPLES)).astype(np.int64)
        votes = _votes(points_m[some], normal[some], seen_from_m)
        return Surface(points_m, normal if votes.sum() >= 0.0 else -normal, np.zeros((0, 3), np.int32))
    from scipy.spatial import cKDTree

    made = _plane_normals(points_m)
    votes = _votes(points_m, made, seen_from_m)
    _, nearest = cKDTree(seen_from_m).query(points_m)
    towards = np.einsum("pa,pa->p", seen_from_m[nearest] - points_m, made)
    flips = np.where(votes != 0.0, votes, towards) < 0.0
    return Surface(points_m, np.where(flips[:, None], -made, made), np.zeros((0, 3), np.int32))


def _flips(vertices_m: Float32, triangles: Int64, area_normal: Float64, seen_from_m: Float64) -> Bool:
    """Which triangles (T,) are wound the wrong way around."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    owner, points_m = _samples(vertices_m, triangles, np.linalg.norm(area_normal, axis=1))
    votes = np.bincount(owner, _votes(points_m, _unit(area_normal)[owner], seen_from_m), len(triangles))
    # Neighbours that are wound alike run through their common edge in opposite directions.
    start, end = triangles.ravel(), np.roll(triangles, -1, axis=1).ravel()
    side_of = np.repeat(np.arange(len(triangles)), 3)
    size = len(vertices_m)
    directed = start * size + end
    edge = np.minimum(start, end) * size + np.maximum(start, end)
    order = np.argsort(edge, kind="stable")
    same = edge[order][1:] == edge[order][:-1]
    one, other = side_of[order][:-1][same], side_of[order][1:][same]
    is_alike = directed[order][:-1][same] != directed[order][1:][same]
    links = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(len(triangles), len(triangles)))
    count, part = connected_components(links, directed=False)
    disagreeing = np.bincount(part[one], ~is_alike, count) / np.maximum(1, np.bincount(part[one], minlength=count))
    whole = np.bincount(part, votes, count)[part] < 0.0
    return np.where(disagreeing[part] <= _LARGEST_DISAGREEMENT, whole, votes < 0.0)


def _votes(points_m: Float32, normal: Float64 | Float32, seen_from_m: Float64) -> Float64:
    """For each point (P,) how many viewers see its front (+) or its back (-), each by the cosine; 0 is unseen.

    A viewer sees what is nearest in each of its directions, a few degrees wide.
    """
    rows = np.linspace(0, len(seen_from_m) - 1, min(_MOST_VIEWERS, len(seen_from_m))).astype(np.int64)
    votes = np.zeros(len(points_m))
    for viewer in seen_from_m[rows]:
        ray = viewer - points_m
        range_m = np.maximum(np.linalg.norm(ray, axis=1), 1e-9)
        cos = np.einsum("pa,pa->p", ray, normal) / range_m
        around = np.arctan2(ray[:, 1], ray[:, 0]) * (_AROUND / (2.0 * np.pi)) + _AROUND / 2.0
        upwards = (ray[:, 2] / range_m + 1.0) * (_UPWARDS / 2.0)
        cell = np.minimum(around.astype(np.int64), _AROUND - 1) * _UPWARDS + np.minimum(
            upwards.astype(np.int64), _UPWARDS - 1
        )
        nearest_m = np.full(_AROUND * _UPWARDS, np.inf)
        np.minimum.at(nearest_m, cell, range_m)
        votes += np.where(range_m <= _BEHIND * nearest_m[cell], cos, 0.0)
    return votes


def _samples(vertices_m: Float32, triangles: Int64, area: Float64) -> tuple[Int64, Float32]:
    """Points (S, 3) spread evenly over triangles (T,), and whose each is; every triangle has one at least."""
    count = np.maximum(1, np.round(area * (_SAMPLES / area.sum()))).astype(np.int64)
    owner = np.repeat(np.arange(len(triangles)), count)
    # The additive sequence in two dimensions that fills a square most evenly (Roberts 2018).
    across, along = np.modf(np.outer(_SPREAD, np.arange(1, len(owner) + 1)))[0]
    beyond = across + along > 1.0
    across, along = np.where(beyond, 1.0 - across, across), np.where(beyond, 1.0 - along, along)
    a, b, c = np.moveaxis(vertices_m[triangles[owner]], 1, 0)
    return owner, np.asarray(a + across[:, None] * (b - a) + along[:, None] * (c - a), np.float32)


def _plane_normals(points_m: Float32) -> Float32:
    """Unit normals (P, 3), of either sign, of planes through the nearest points of each."""
    from scipy.spatial import cKDTree

    tree = cKDTree(points_m)
    normal = np.empty((len(points_m), 3), np.float32)
    for first in range(0, len(points_m), _CHUNK):
        chunk = points_m[first : first + _CHUNK]
        _, near = tree.query(chunk, k=min(_NEIGHBOURS, len(points_m)))
        around = points_m[near.reshape(len(chunk), -1)].astype(np.float64)
        off = around - around.mean(axis=1, keepdims=True)
        _, axes = np.linalg.eigh(np.einsum("pka,pkb->pab", off, off))
        normal[first : first + _CHUNK] = axes[:, :, 0]
    return normal


def _area_normals(vertices_m: Float32, triangles: Int64) -> Float64:
    corners = vertices_m[triangles].astype(np.float64)
    return np.asarray(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))


def _unit(normal: Float64) -> Float32:
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    return np.asarray(np.divide(normal, length, out=np.zeros_like(normal), where=length > 0.0), np.float32)
