"""Triangles cut until none is larger than a patch can use: walls often come as two."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Bool, Float32, Int32, Int64


def split_long_edges(surface: Surface, longest_m: float) -> Surface:
    """The same surface of triangles none of which has an edge that is longer.

    Edges are halved, and whether one is depends on its length alone: triangles that touch along an edge still do.
    """
    vertices_m, normal, triangles = surface.vertices_m, surface.normal, surface.triangles
    while True:
        ends = _edges(triangles)
        is_long = np.linalg.norm(vertices_m[ends[..., 0]] - vertices_m[ends[..., 1]], axis=2) > longest_m
        if not is_long.any():
            return Surface(vertices_m, normal, triangles)
        pairs = np.sort(ends[is_long].astype(np.int64), axis=1)
        keys, number = np.unique(pairs[:, 0] * len(vertices_m) + pairs[:, 1], return_inverse=True)
        first, second = keys // len(vertices_m), keys % len(vertices_m)
        middle = np.full(is_long.shape, -1, np.int32)
        middle[is_long] = len(vertices_m) + number
        vertices_m = np.concatenate([vertices_m, 0.5 * (vertices_m[first] + vertices_m[second])])
        normal = np.concatenate([normal, _mean_normal(normal, first, second)])
        triangles = _split(triangles, middle, is_long, vertices_m)


def _edges(triangles: Int32) -> Int32:
    """(T, 3, 2); edge i is from corner i to the next."""
    return np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=2)


def _mean_normal(normal: Float32, first: Int64, second: Int64) -> Float32:
    mean = normal[first] + normal[second]
    length = np.linalg.norm(mean, axis=1, keepdims=True)
    return np.where(length > 1e-3, mean / np.maximum(length, 1e-3), normal[first]).astype(np.float32)


def _split(triangles: Int32, middle: Int32, is_long: Bool, vertices_m: Float32) -> Int32:
    """Triangles of which one, two or three edges have a new corner in their middle; whole ones stay."""
    count = is_long.sum(axis=1)
    # Turned so that edge 0 is the only long one, and edge 2 the only short one.
    turn = np.where(count == 1, np.argmax(is_long, axis=1), np.argmin(is_long, axis=1) + 1) % 3
    columns = (np.arange(3) + turn[:, None]) % 3
    a, b, c = np.take_along_axis(triangles, columns, axis=1).T
    ab, bc, ca = np.take_along_axis(middle, columns, axis=1).T
    parts = [triangles[count == 0]]

    def add(rows: Bool, *corners: tuple[Int32, Int32, Int32]) -> None:
        parts.extend(np.stack([corner[rows] for corner in triangle], axis=1) for triangle in corners)

    add(count == 1, (a, ab, c), (ab, b, c))
    add(count == 3, (a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))
    add(count == 2, (ab, b, bc))
    # What is left has four corners, and the shorter diagonal makes the better triangles.
    from_a = np.linalg.norm(vertices_m[a] - vertices_m[bc], axis=1)
    from_c = np.linalg.norm(vertices_m[c] - vertices_m[ab], axis=1)
    add((count == 2) & (from_a <= from_c), (a, ab, bc), (a, bc, c))
    add((count == 2) & (from_a > from_c), (a, ab, c), (ab, bc, c))
    return np.concatenate(parts)
