"""Points of triangles that are nearest to points."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Float64


def closest_points(points_m: Float64, corners_m: Float64) -> Float64:
    """The point (K, 3) of each triangle (K, 3, 3) that is nearest to the point (K, 3) it is asked for."""
    a, b, c = np.moveaxis(corners_m, 1, 0)
    best = _on_segment(points_m, a, b)
    for start, end in ((b, c), (c, a)):
        other = _on_segment(points_m, start, end)
        best = np.where((_squared(other - points_m) < _squared(best - points_m))[:, None], other, best)
    normal = np.cross(b - a, c - a)
    area2 = np.maximum(_squared(normal), 1e-300)
    on_plane = points_m - (_dot(points_m - a, normal) / area2)[:, None] * normal
    of_b = _dot(np.cross(on_plane - a, c - a), normal) / area2
    of_c = _dot(np.cross(b - a, on_plane - a), normal) / area2
    is_inside = (of_b >= 0.0) & (of_c >= 0.0) & (of_b + of_c <= 1.0) & (_squared(normal) > 0.0)
    return np.asarray(np.where(is_inside[:, None], on_plane, best))


def _on_segment(points_m: Float64, start: Float64, end: Float64) -> Float64:
    along = end - start
    share = _dot(points_m - start, along) / np.maximum(_squared(along), 1e-300)
    return np.asarray(start + np.clip(share, 0.0, 1.0)[:, None] * along)


def _dot(a: Float64, b: Float64) -> Float64:
    return np.asarray(np.einsum("ij,ij->i", a, b))


def _squared(a: Float64) -> Float64:
    return _dot(a, a)
