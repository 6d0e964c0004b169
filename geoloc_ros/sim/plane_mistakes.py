"""Another perception that errs in other ways: the noise family `planes`, for the condition `unseen_noise` alone.

Nobody trains on it or tunes with it. It shares world, occlusion and the strength of its mistakes with `streets`, but
none of the mechanisms: depth is one plane per façade with wrong corners, bent slowly along the turn and quantized in
disparity, as of a piecewise planar stereo; what is missing comes and goes along the turn regardless of buildings;
façades begin and end where they do not; and what was observed is wrong for stretches.
"""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Bool, Float64, Int32, Int64, SemanticScan
from geoloc_ros.sim.noise import ImageNoise, NoiseLevel
from geoloc_ros.sim.occlusion import View

_HOLE_DEG, _DOUBT_DEG = 9.0, 14.0
"""Mean length of what is missing, and of stretches in which it is not known what was observed."""
_HARMONICS = (1, 2, 3)
_DISPARITY_STEP = 0.02
"""1/m, times the relative error of depth."""
_WIDEST_PLANE_RAD = 2.0
_SEEN_RAD = 0.02
_BORDER_RAYS = 1.5
_INVENTED = 60.0
"""Façades that are cut, per turn and unit of the probability of a split."""


def observe_planes(view: View, level: NoiseLevel, max_range_m: float, rng: np.random.Generator) -> SemanticScan:
    """Scans (N, B) of views (N, B)."""
    noise, (count, num_rays) = level.image, view.range_m.shape
    hole = _telegraph(count, num_rays, min(0.9, noise.missed_ratio + noise.patch_ratio), _HOLE_DEG, rng)
    hole_is_open = hole & _telegraph(count, num_rays, noise.read_open_ratio, _HOLE_DEG, rng)
    blocked = _telegraph(count, num_rays, noise.blocked_ratio, 30.0, rng)
    wall = (view.seen_rad > _SEEN_RAD) & (view.range_m < max_range_m) & ~blocked
    range_m = _planar(view, noise, rng)
    reach_m = max_range_m * (1.0 - noise.dropout_at_100m * rng.random((count, 1)))
    far = wall & (range_m > reach_m)
    hit = wall & ~hole & ~far
    looks_open = (view.sky >= view.hidden) & (view.building < 0) | hole_is_open | far
    doubt = _telegraph(count, num_rays, min(0.5, noise.missed_ratio), _DOUBT_DEG, rng)
    observed = hit | ((looks_open ^ doubt) & ~blocked)
    ahead_deg = np.minimum(np.arange(num_rays), num_rays - np.arange(num_rays)) * (360.0 / num_rays)
    in_view = ahead_deg <= level.camera.fov_deg / 2.0
    hit &= in_view
    return SemanticScan(
        np.where(hit, range_m, np.nan).astype(np.float32),
        np.where(hit, _facades(view.building, noise, rng), -1).astype(np.int32), observed & in_view,
    )


def _telegraph(count: int, num_rays: int, share: float, mean_deg: float, rng: np.random.Generator) -> Bool:
    """Stretches (count, num_rays) of an on-off process: on for `share` of the turn, `mean_deg` at a time."""
    if share <= 0.0:
        return np.zeros((count, num_rays), bool)
    leave = min(1.0, 360.0 / num_rays / mean_deg)
    enter = min(1.0, leave * share / max(1.0 - share, 1e-6))
    draw = rng.random((num_rays, count))
    state = np.empty((num_rays, count), bool)
    now = rng.random(count) < share
    for ray in range(num_rays):
        now = np.where(now, draw[ray] >= leave, draw[ray] < enter)
        state[ray] = now
    return state.T


def _planar(view: View, noise: ImageNoise, rng: np.random.Generator) -> Float64:
    """Ranges (N, B) to planes through the wrongly measured ends of every façade."""
    count, num_rays = view.range_m.shape
    true_m = np.nan_to_num(view.range_m.astype(np.float64), nan=1e3)
    if noise.depth_building_ratio == 0.0:
        return np.asarray(true_m * _scale(noise, count, rng))
    first, last = _ends(view.building)
    error = np.exp(noise.depth_building_ratio * rng.standard_normal((2, count, num_rays)))
    angle = np.arange(num_rays) * (2.0 * np.pi / num_rays)
    # The error at an end belongs to the façade: it is that of the façade's first ray.
    near_m, far_m = (
        np.take_along_axis(true_m, end, 1) * np.take_along_axis(part, first, 1)
        for end, part in zip((first, last), error, strict=True)
    )
    span = angle[last] - angle[first]
    is_plane = (span > 0.0) & (span < _WIDEST_PLANE_RAD)
    weight = np.sin(np.where(is_plane, span, 1.0))
    # Along a plane the inverse of the range is a sum of sine and cosine of the angle.
    inverse = np.sin(angle[last] - angle) / near_m + np.sin(angle - angle[first]) / far_m
    disparity = np.where(is_plane, inverse / weight, 1.0 / near_m)
    step = _DISPARITY_STEP * noise.depth_building_ratio
    quantized = np.maximum(np.rint(disparity / step), 1.0) * step
    return np.asarray(_bend(noise, count, num_rays, rng) * _scale(noise, count, rng) / quantized)


def _scale(noise: ImageNoise, count: int, rng: np.random.Generator) -> Float64:
    return np.asarray(np.exp(rng.uniform(-1.0, 1.0, (count, 1)) * np.log(noise.depth_scale_limit)))


def _bend(noise: ImageNoise, count: int, num_rays: int, rng: np.random.Generator) -> Float64:
    """Factors (N, B) that change slowly along the turn."""
    angle = np.arange(num_rays) * (2.0 * np.pi / num_rays)
    waves = [np.cos(k * angle + rng.uniform(0.0, 2.0 * np.pi, (count, 1))) for k in _HARMONICS]
    amplitude = noise.depth_building_ratio * rng.standard_normal((len(waves), count, 1)) / np.sqrt(len(waves))
    return np.asarray(np.exp((amplitude * np.stack(waves)).sum(axis=0)))


def _facades(building: Int32, noise: ImageNoise, rng: np.random.Generator) -> Int32:
    """Numbers (N, B) of façades whose borders were moved, forgotten and invented."""
    num_rays = building.shape[1]
    border = building != np.roll(building, 1, axis=1)
    kept = border & (rng.random(border.shape) >= noise.merged_ratio)
    moved = np.rint(_BORDER_RAYS * noise.border_px * rng.standard_normal(border.shape)).astype(np.int64)
    starts = rng.random(border.shape) < min(0.5, _INVENTED * noise.split_ratio / num_rays)
    row, ray = np.nonzero(kept)
    starts[row, (ray + moved[row, ray]) % num_rays] = True
    number = np.cumsum(starts, axis=1)
    return np.where(number == 0, number[:, -1:], number).astype(np.int32)


def _ends(building: Int32) -> tuple[Int64, Int64]:
    """First and last ray (N, B) of the façade that each ray is on; one over ray 0 counts as two."""
    num_rays = building.shape[1]
    index = np.broadcast_to(np.arange(num_rays), building.shape)
    starts = building != np.roll(building, 1, axis=1)
    starts[:, 0] = True
    ends = np.roll(starts, -1, axis=1)
    first = np.maximum.accumulate(np.where(starts, index, 0), axis=1)
    last = np.minimum.accumulate(np.where(ends, index, num_rays - 1)[:, ::-1], axis=1)[:, ::-1]
    return first, last
