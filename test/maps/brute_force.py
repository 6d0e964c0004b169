"""Rays against all walls in float64, one viewer at a time: what the ray caster must agree with."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Float64, Int64
from geoloc_ros.maps.geomap import Walls


def cast(
    walls: Walls, pose: Float64, num_rays: int, max_range_m: float, turn_rad: float = 0.0
) -> tuple[Float64, Int64]:
    """Range (B,), inf where nothing is hit, and building (B,), else -1, of rays turned by `turn_rad`."""
    towards = walls.end_m - walls.start_m
    to_start = walls.start_m - pose[:2]
    angle_rad = pose[2] + turn_rad + 2.0 * np.pi * np.arange(num_rays) / num_rays
    ray = np.column_stack([np.cos(angle_rad), np.sin(angle_rad)])[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1.0 / _cross(ray, towards)
        range_m = _cross(to_start, towards) * scale
        along = _cross(to_start, ray) * scale
    hit = (along >= 0.0) & (along <= 1.0) & (range_m >= 0.0) & (range_m <= max_range_m)
    range_m = np.where(hit, range_m, np.inf)
    nearest = range_m.argmin(axis=1)
    best_m = range_m[np.arange(num_rays), nearest]
    return best_m, np.where(np.isfinite(best_m), walls.building[nearest], -1)


def error(walls: Walls, pose: Float64, range_m: Float64, max_range_m: float) -> tuple[Float64, Float64]:
    """How far ranges (B,), NaN for nothing, are from the truth: (B,) strictly, and (B,) forgiving grazes.

    A ray that just touches a corner may see the wall or what is behind it, and nobody can say which in float32. So
    each ray may also be right for a truth turned by a micro-radian either way (0.1 mm at 100 m), or for a maximum
    range 0.1 mm shorter or longer. Seeing something where there is nothing, or nothing where there is something,
    counts as inf.
    """
    num_rays = len(range_m)
    ours_m = np.where(np.isnan(range_m), np.inf, range_m.astype(np.float64))

    def difference(turn_rad: float, limit_m: float) -> Float64:
        truth_m, _ = cast(walls, pose, num_rays, limit_m, turn_rad)
        with np.errstate(invalid="ignore"):
            return np.where(np.isinf(ours_m) & np.isinf(truth_m), 0.0, np.abs(ours_m - truth_m))

    strict_m = difference(0.0, max_range_m)
    if strict_m.max() <= 1e-3:
        return strict_m, strict_m
    turned = [difference(turn_rad, max_range_m) for turn_rad in (-1e-6, 1e-6)]
    limited = [difference(0.0, max_range_m + more_m) for more_m in (-1e-4, 1e-4)]
    return strict_m, np.minimum.reduce([strict_m, *turned, *limited])


def _cross(a: Float64, b: Float64) -> Float64:
    product: Float64 = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return product
