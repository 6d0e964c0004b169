"""Mistakes of segmentation, instances and depth about what a camera has before it: the noise family `streets`.

The same mistakes with the same parameters that `degrade.Degrader` makes in images, reduced to rays by the same rule as
in `scan.observe`: a ray is a hit where enough pixels of a wall have depth, and observed if it is a hit or if the band
above the horizon shows more open view than what may hide a building.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from geoloc_ros.core.types import Bool, Float32, Int32, Int64, SemanticScan
from geoloc_ros.sim.chance import normal, uniform, wavering
from geoloc_ros.sim.noise import ImageNoise, NoiseLevel
from geoloc_ros.sim.occlusion import View

_PATCH_RAD, _WOBBLE_RAD = 0.08, 0.04
_PIXEL_RAD = 2.0 * np.pi / 512.0
"""Of the usual panorama."""
_MIN_SAMPLES = 3
_SLIP = 0.4
"""Not all of what a border is off by lies on one thing, as it is off elsewhere by something else: as rendered."""
_BLOCKER_RAD = np.radians(30.0)
_FIRST_PURPOSE = 16
_DEPTH, _MISSED, _OPEN, _MERGED, _SPLIT, _SCALE, _BLOCKED = range(_FIRST_PURPOSE, _FIRST_PURPOSE + 7)


def observe_streets(
    view: View, level: NoiseLevel, drive: Int64, seed: int, max_range_m: float, rng: np.random.Generator
) -> SemanticScan:
    """Scans (N, B) of views (N, B) in drives (N,)."""
    noise, num_rays = level.image, view.range_m.shape[1]
    key = drive[:, None]
    blocked = _blocked(noise, drive, seed, num_rays, rng)
    samples = _samples(view)
    wall = (view.building >= 0) & ~blocked
    missed = wall & (uniform(seed, _MISSED, key, view.building) < noise.missed_ratio)
    reads_open = missed & (uniform(seed, _OPEN, key, view.building) < noise.read_open_ratio)
    patched = wall & ~missed & _in_patches(noise.patch_ratio, view.seen_rad, rng)
    seen = wall & ~missed & ~patched
    range_m = _mistaken_range(view, noise, key, seed, samples, rng)
    loss = noise.dropout_at_100m * (np.nan_to_num(range_m, nan=0.0) / 100.0) ** 2
    has_depth = seen & ~_in_patches(loss, view.seen_rad, rng) & (range_m < noise.depth_limit_m)
    far = has_depth & (range_m > max_range_m)
    hit = has_depth & ~far & (samples >= _MIN_SAMPLES)
    open_view = view.sky + view.wall * (far | reads_open)
    hidden = view.hidden + view.wall * (seen & ~has_depth | missed & ~reads_open | patched)
    observed = hit | ((open_view > 0.0) & (open_view >= hidden) & ~blocked)
    labels = np.where(seen & (samples > 0.0), view.building, np.int32(-1))
    scan = _with_borders(SemanticScan(range_m, np.where(hit, view.building, -1), observed), labels, view, noise, rng)
    return _with_instances(scan, noise, key, seed, level.camera.fov_deg)


def _samples(view: View) -> Float32:
    """Pixels (N, B) of the wall on each ray."""
    return np.asarray(view.seen_rad / _PIXEL_RAD * (2.0 * np.pi / view.range_m.shape[1] / _PIXEL_RAD))


def _in_patches(ratio: Float32 | float, seen_rad: Float32, rng: np.random.Generator) -> Bool:
    """Rays all of whose pixels are in wrong patches, which are as high as wide: that many must come together."""
    many = np.maximum(1.0, seen_rad / _PATCH_RAD)
    probability = np.asarray(ratio) ** many
    if not np.any(probability > 0.0):
        return np.zeros(seen_rad.shape, bool)
    threshold = ndtri(np.minimum(probability, 1.0))
    return np.asarray(wavering(len(seen_rad), seen_rad.shape[1], _PATCH_RAD, rng) < threshold)


def _mistaken_range(
    view: View, noise: ImageNoise, key: Int64, seed: int, samples: Float32, rng: np.random.Generator
) -> Float32:
    log_factor = noise.depth_building_ratio * normal(seed, _DEPTH, key, view.building)
    log_factor += np.log(noise.depth_scale_limit) * (2.0 * uniform(seed, _SCALE, key) - 1.0)
    # The median of `samples` pixels errs less than one of them.
    per_ray = rng.standard_normal(samples.shape, dtype=np.float32) * np.float32(1.25) / np.sqrt(samples.clip(1.0))
    log_factor += noise.depth_pixel_ratio * per_ray
    return np.asarray(view.range_m * np.exp(log_factor), np.float32)


def _blocked(noise: ImageNoise, drive: Int64, seed: int, num_rays: int, rng: np.random.Generator) -> Bool:
    """Rays (N, B) hidden by large vehicles close by, side by side, as in `degrade`."""
    if noise.blocked_ratio == 0.0:
        return np.zeros((len(drive), num_rays), bool)
    phase = 2.0 * np.pi * uniform(seed, _BLOCKED, drive) + rng.normal(0.0, 0.2, len(drive))
    turn = np.arange(num_rays) * (2.0 * np.pi / num_rays)
    slot = np.floor(((turn + phase[:, None]) % (2.0 * np.pi)) / _BLOCKER_RAD)
    return np.asarray((slot * 0.618034) % 1.0 < noise.blocked_ratio)


def _with_borders(
    scan: SemanticScan, labels: Int32, view: View, noise: ImageNoise, rng: np.random.Generator
) -> SemanticScan:
    """Labels a pixel or so aside of where they belong, while depth stays where it is.

    At the border of two façades the number changes a ray too early or too late. Beside a façade, be it too far to be a
    hit itself, what stands before it is labelled as one: a hit that is much too near.

    Args:
        scan: Hits (N, B) by building of the world.
        labels: (N, B), buildings that are labelled so, hit or not; -1 where there is none.
    """
    count, num_rays = labels.shape
    per_ray = 2.0 * np.pi / num_rays / _PIXEL_RAD
    aside, down = (noise.border_px * wavering(count, num_rays, _WOBBLE_RAD, rng) for _ in range(2))
    source = (np.arange(num_rays) + np.rint(aside / per_ray).astype(np.int64)) % num_rays
    hit = scan.instance >= 0
    shifted = np.take_along_axis(labels, source, 1)
    label = np.where(shifted >= 0, shifted, labels)
    # Rows that slip onto what hides a façade in part count if they are a quarter of all: `ObserveConfig`.
    slipped = _SLIP * per_ray * np.abs(down)
    others = np.where(hit, _samples(view), np.float32(0.0))
    slips = (slipped >= _MIN_SAMPLES) & (slipped > 0.25 * (others + slipped))
    # From the side, as many rows come as go.
    near = ~np.isnan(view.occluder_m) & (label >= 0) & (slips | ((labels < 0) & (down > 0.0)))
    return SemanticScan(
        np.where(near, view.occluder_m, np.where(hit, scan.range_m, np.nan)).astype(np.float32),
        np.where(hit | near, label, -1).astype(np.int32), scan.observed | near,
    )


def _with_instances(scan: SemanticScan, noise: ImageNoise, key: Int64, seed: int, fov_deg: float) -> SemanticScan:
    """Numbers from 1 in the order of the rays, neighbours merged and façades split; nothing outside the image."""
    building, num_rays = scan.instance, scan.num_rays
    before = np.roll(building, 1, axis=1)
    starts = building != before
    merges = uniform(seed, _MERGED, key, np.minimum(building, before), np.maximum(building, before))
    touches = starts & (building >= 0) & (before >= 0)
    starts &= ~(touches & (merges < noise.merged_ratio))
    starts |= _middles(building) & (uniform(seed, _SPLIT, key, building) < noise.split_ratio) & (building >= 0)
    number = np.cumsum(starts, axis=1)
    # What reaches over the last ray to the first is one piece.
    number = np.where(number == 0, number[:, -1:], number)
    ahead = np.minimum(np.arange(num_rays), num_rays - np.arange(num_rays)) * (360.0 / num_rays)
    seen = (building >= 0) & (ahead <= fov_deg / 2.0)
    return SemanticScan(
        np.where(seen, scan.range_m, np.nan).astype(np.float32), np.where(seen, number, -1).astype(np.int32),
        scan.observed & (ahead <= fov_deg / 2.0),
    )


def _middles(building: Int32) -> Bool:
    """The middle ray (N, B) of every run of one building."""
    num_rays = building.shape[1]
    index = np.arange(2 * num_rays)
    twice = np.concatenate([building, building], axis=1)
    starts = twice != np.roll(twice, 1, axis=1)
    first = np.maximum.accumulate(np.where(starts, index, 0), axis=1)
    ends = np.where(np.roll(starts, -1, axis=1), index, 2 * num_rays)
    last = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    # The second turn knows where its runs began, the first where they end.
    begin = first[:, num_rays:] - num_rays
    end = last[:, :num_rays]
    length = end - begin + 1
    return np.asarray((length > 2) & (index[:num_rays] == (begin + length // 2) % num_rays))
