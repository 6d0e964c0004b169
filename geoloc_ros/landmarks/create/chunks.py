"""Triangles in small groups that lie together: most of them a camera does not see, and need not be looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Float32, Float64, Int32, Int64

_TRIANGLES_PER_CHUNK = 64
_CELL_BITS = 10


@dataclass(frozen=True)
class Chunks:
    """C groups of T triangles, each group with its own vertices."""

    vertices_m: Float32
    """(V', 3), group by group."""
    vertex_start: Int64
    """(C + 1,), of the group's vertices."""
    triangles: Int32
    """(T, 3), group by group; vertices counted from the group's first."""
    triangle_start: Int64
    """(C + 1,)."""
    label: Int32
    """(T,)."""
    ball: Float64
    """(C, 4), centre and radius of a ball around the group."""


def chunks_of(surface: Surface, label: Int32) -> Chunks:
    """Groups of a surface whose triangles have these labels (T,)."""
    order = _along_curve(surface.vertices_m[surface.triangles].mean(axis=1, dtype=np.float64))
    triangles, count = surface.triangles[order].astype(np.int64), len(order)
    chunk = np.arange(count) // _TRIANGLES_PER_CHUNK
    keys = chunk[:, None] * len(surface.vertices_m) + triangles
    own, place = np.unique(keys, return_inverse=True)
    starts = np.arange(-(-count // _TRIANGLES_PER_CHUNK) + 1)
    vertex_start = np.searchsorted(own, starts * len(surface.vertices_m))
    vertices_m = np.ascontiguousarray(surface.vertices_m[own % max(len(surface.vertices_m), 1)])
    local = place.reshape(-1, 3) - vertex_start[chunk][:, None]
    return Chunks(
        vertices_m, vertex_start.astype(np.int64), np.ascontiguousarray(local, np.int32),
        np.minimum(starts * _TRIANGLES_PER_CHUNK, count), np.ascontiguousarray(label[order], np.int32),
        _balls(vertices_m.astype(np.float64), vertex_start),
    )


def _balls(vertices_m: Float64, start: Int64) -> Float64:
    low, high = np.minimum.reduceat(vertices_m, start[:-1]), np.maximum.reduceat(vertices_m, start[:-1])
    centre = 0.5 * (low + high)
    return np.concatenate([centre, np.linalg.norm(high - centre, axis=1, keepdims=True)], axis=1)


def _along_curve(points_m: Float64) -> Int64:
    """Rows in the order of a Z-shaped curve through space: neighbours in it are neighbours in space."""
    low = points_m.min(axis=0)
    cells = (points_m - low) * ((2**_CELL_BITS - 1) / max(float((points_m - low).max()), 1e-30))
    key = np.zeros(len(points_m), np.int64)
    for axis in range(3):
        cell = cells[:, axis].astype(np.int64)
        for bit in range(_CELL_BITS):
            key |= (cell >> bit & 1) << (3 * bit + axis)
    return np.argsort(key, kind="stable")
