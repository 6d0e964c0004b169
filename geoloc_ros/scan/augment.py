"""Mistakes that a network is trained to expect of an observed scan: the noise family `arcs`, by no simulator.

Everything is drawn anew for every scan, the severities included, so that a network cannot rely on any one level.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geoloc_ros.core.types import Bool, Float32, Float64, Int64, SemanticScan

_TABLE = 251
"""Buildings of one scan share random numbers if their indices agree modulo this prime; about 20 are in view."""


@dataclass(frozen=True)
class ArcsNoise:
    """Largest severities; each scan draws its own between 0 and these."""

    missed_ratio: float = 0.5
    """Probability that a building is not recognised."""
    read_open_ratio: float = 0.9
    """Of what is missed or hidden, the share that reads as open view instead of as unknown."""
    arcs: float = 12.0
    """Mean number of things standing before the view that no map knows."""
    arc_building_ratio: float = 0.8
    """Of those, the share that reads as a building: sheds, walls, hedges, trees."""
    longest_arc_deg: float = 60.0
    lost_ray_ratio: float = 0.25
    merged_ratio: float = 0.5
    split_ratio: float = 0.3
    building_range_ratio: float = 0.25
    """Standard deviation of the logarithm of the range factor of one building."""
    ray_range_ratio: float = 0.15
    scale_ratio: float = 0.05
    """Of the factor common to all rays."""
    unscaled_share: float = 0.1
    """Share of scans whose depth has no scale: a factor between a half and two."""
    blind_share: float = 0.5
    """Share of scans that do not know what they observed: to half of them all but hits is open, to half unknown."""
    narrow_share: float = 0.2
    """Share of scans by cameras that do not look all round, but over 60 to 300 degrees."""
    shortest_reach_m: float = 45.0
    """Beyond a reach drawn between this and the maximum, buildings have no depth and say nothing."""


def add_arcs_noise(scan: SemanticScan, noise: ArcsNoise, rng: np.random.Generator) -> SemanticScan:
    """A batch of scans (N, B) of a map as a vehicle might have observed them; `scan` is left as it is."""
    severity = rng.random((len(scan.range_m), 9, 1)).astype(np.float32)
    table = rng.random((len(scan.range_m), 4, _TABLE), dtype=np.float32)
    key = np.where(scan.instance < 0, 0, scan.instance % _TABLE)[:, None, :]
    luck = np.take_along_axis(table, np.broadcast_to(key, (len(key), 4, key.shape[2])), axis=2)
    hit = ~np.isnan(scan.range_m)
    range_m = _noisy_range(scan.range_m, luck[:, 0], noise, severity, rng)
    missed = hit & (luck[:, 1] < noise.missed_ratio * severity[:, 0])
    reads_open = missed & (luck[:, 2] < noise.read_open_ratio * severity[:, 1])
    far = hit & (scan.range_m > _between(noise.shortest_reach_m, 110.0, 1.0 - severity[:, 2]))
    arcs = _draw_arcs(np.nan_to_num(scan.range_m, nan=1e3), noise, severity[:, 3], severity[:, 8], severity[:, 1], rng)
    unseen = far | _out_of_view(hit.shape, noise.narrow_share, rng)
    unseen |= rng.random(hit.shape, dtype=np.float32) < noise.lost_ray_ratio * severity[:, 4] ** 2
    instance = _mistaken_instances(scan, luck[:, 3], noise, severity[:, 5:7])
    seen = (hit & ~missed & ~arcs.hidden) | arcs.reads_building
    observed = (seen | np.where(arcs.hidden, arcs.reads_open, np.where(missed, reads_open, True))) & ~unseen
    seen &= ~unseen
    blind = rng.random((len(hit), 1), dtype=np.float32)
    observed = np.where(blind < noise.blind_share, seen | (blind < noise.blind_share / 2.0), observed)
    range_m = np.where(arcs.reads_building, arcs.range_m, range_m)
    instance = np.where(arcs.reads_building, arcs.number + 2 * scan.num_rays, instance)
    return replace(
        scan, range_m=np.where(seen, range_m, np.nan).astype(np.float32),
        instance=np.where(seen, instance, -1).astype(np.int32), observed=observed,
    )


def _between(low: float, high: float, ratio: Float32) -> Float32:
    return np.float32(low) + np.float32(high - low) * ratio


def _noisy_range(
    range_m: Float32, luck: Float32, noise: ArcsNoise, severity: Float32, rng: np.random.Generator
) -> Float32:
    # A uniform number of unit variance per building is as good as a normal one.
    per_building = (luck - np.float32(0.5)) * np.float32(np.sqrt(12.0))
    log_factor = noise.building_range_ratio * severity[:, 6] * per_building
    log_factor += noise.ray_range_ratio * severity[:, 7] * rng.standard_normal(range_m.shape, dtype=np.float32)
    log_factor += noise.scale_ratio * rng.standard_normal((len(range_m), 1), dtype=np.float32)
    unscaled = rng.random((len(range_m), 1)) < noise.unscaled_share
    log_factor += unscaled * rng.uniform(-np.log(2.0), np.log(2.0), unscaled.shape).astype(np.float32)
    noisy: Float32 = range_m * np.exp(log_factor)
    return noisy


def _out_of_view(shape: tuple[int, ...], narrow_share: float, rng: np.random.Generator) -> Bool:
    """Rays (N, B) where no camera looks."""
    count, num_rays = shape
    turn = np.arange(num_rays, dtype=np.float32) / np.float32(num_rays)
    view = np.where(rng.random((count, 1)) < narrow_share, rng.uniform(1.0 / 6.0, 5.0 / 6.0, (count, 1)), 1.0)
    behind: Bool = (turn + rng.random((count, 1), dtype=np.float32)) % 1.0 >= view
    return behind


@dataclass(frozen=True)
class _Arcs:
    """What stands before the view of N scans; the nearest thing counts."""

    hidden: Bool
    """(N, B)."""
    reads_open: Bool
    """(N, B), part of `hidden`."""
    reads_building: Bool
    """(N, B), part of `hidden`."""
    range_m: Float32
    """(N, B)."""
    number: Int64
    """(N, B), of the thing."""


def _draw_arcs(
    range_m: Float32, noise: ArcsNoise, severity: Float32, building_severity: Float32, open_severity: Float32,
    rng: np.random.Generator,
) -> _Arcs:
    """Things nearer than what rays (N, B) meet, each over an arc of its own."""
    count, num_rays = range_m.shape
    angle = np.arange(num_rays, dtype=np.float32) * np.float32(360.0 / num_rays)
    thick = rng.uniform(0.3, 1.3, (count, 1)) - rng.random((count, num_rays), dtype=np.float32)
    nearest_m = range_m.copy()
    fate = np.ones((count, num_rays), np.float32)
    number = np.zeros((count, num_rays), np.int64)
    # A loop over things: arrays of one more dimension do not fit into the cache.
    for thing in range(int(2 * noise.arcs)):
        half_deg = np.exp(rng.uniform(np.log(0.5), np.log(noise.longest_arc_deg / 2.0), (count, 1)))
        away = np.abs((angle - rng.uniform(0.0, 360.0, (count, 1)).astype(np.float32) + 180.0) % 360.0 - 180.0)
        thing_m = np.exp(rng.uniform(np.log(3.0), np.log(90.0), (count, 1))).astype(np.float32)
        exists = rng.random((count, 1)) < severity
        covered = exists & (away < half_deg) & (thing_m < nearest_m) & (thick > 0.0)
        nearest_m = np.where(covered, thing_m, nearest_m)
        fate = np.where(covered, rng.random((count, 1), dtype=np.float32), fate)
        number = np.where(covered, thing, number)
    hidden = nearest_m < range_m
    is_building = hidden & (fate < noise.arc_building_ratio * building_severity)
    # Of what does not read as a building the same share reads open as of what is missed: how far open view can be
    # trusted differs from camera to camera, and a network must find out from the scan.
    reads_open = hidden & (fate > 1.0 - noise.read_open_ratio * open_severity) & ~is_building
    return _Arcs(hidden, reads_open, is_building, nearest_m, number)


def _mistaken_instances(scan: SemanticScan, luck: Float32, noise: ArcsNoise, severity: Float32) -> Float64:
    """Numbers of buildings with neighbours merged and façades split."""
    num_rays = scan.num_rays
    before = np.roll(scan.instance, 1, axis=1)
    starts = scan.instance != before
    starts &= ~((luck < noise.merged_ratio * severity[:, 0]) & (before >= 0) & (scan.instance >= 0))
    # A façade is split at the ray where the fraction of its luck falls: once or twice each.
    position = np.arange(num_rays) % 17
    cut = (luck > 1.0 - noise.split_ratio * severity[:, 1]) & (position == (luck * 1e4).astype(np.int64) % 17)
    numbers = np.cumsum(starts | cut, axis=1)
    wraps = ~(starts | cut)[:, :1]
    return np.where(wraps & (numbers == 0), numbers[:, -1:], numbers)
