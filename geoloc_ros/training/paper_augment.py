"""The published augmentation of a scan's buildings: split, merged, shorter, longer, and at wrong ranges.

What moves the viewer or removes a building changes what is seen behind, so it is cast (`paper_recipe`), not done here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Bool, Float32, Int64, SemanticScan


@dataclass(frozen=True)
class PaperNoise:
    """Probabilities per visible stretch of a building, and magnitudes (paper, section 4; SYSTEMS S1)."""

    split_ratio: float = 0.5
    split_from: float = 0.2
    """A building is split between this share of its angular extent and the same from its other end."""
    merge_ratio: float = 0.3
    """Each pair of neighbours."""
    shorter_ratio: float = 0.3
    longer_ratio: float = 0.4
    resize_by: float = 0.2
    """Of the angular extent, at one end drawn at random."""
    building_range_ratio: float = 0.1
    """Largest relative error of the ranges of a whole building."""
    ray_range_ratio: float = 0.05


@dataclass(frozen=True)
class _Stretches:
    """Runs of rays with one building, or none, in a flat batch that is rolled so that none goes round the end."""

    first: Int64
    """(M,), of the flat batch, ascending; every scan begins with one."""
    is_building: Bool
    """(M,)."""

    def lengths(self, size: int) -> Int64:
        """Rays (M,) of each, the batch having `size`."""
        return np.diff(self.first, append=size)


def augment_buildings(
    scan: SemanticScan, max_range_m: float, noise: PaperNoise, rng: np.random.Generator
) -> SemanticScan:
    """A batch of scans (N, B) with each building changed in its own way; `scan` is left as it is.

    In this order: split, merge, shorter, longer, ranges. A shorter building gives rays to what is beside it; a longer
    one takes those where it is the nearer. Instances are new numbers, ranges beyond `max_range_m` see nothing.
    """
    count, num_rays = scan.instance.shape
    starts = scan.instance != np.roll(scan.instance, 1, axis=1)
    starts[:, 0] |= ~starts.any(axis=1)
    turn = np.argmax(starts, axis=1)
    row = np.arange(count)[:, None]
    turned = (np.arange(num_rays) + turn[:, None]) % num_rays
    instance = scan.instance[row, turned].ravel()
    range_m = np.where(np.isnan(scan.range_m), np.inf, scan.range_m)[row, turned].ravel().astype(np.float32)
    first = np.flatnonzero(starts[row, turned].ravel())
    stretches = _Stretches(first, instance[first] >= 0)
    stretches = _split(stretches, instance.size, noise, rng)
    label, stretches = _merge(stretches, instance.size, num_rays, noise, rng)
    shorter = _shorter(stretches, instance.size, num_rays, noise, rng)
    range_m, label = range_m[shorter], label[shorter]
    longer = _longer(stretches, range_m, num_rays, noise, rng)
    range_m, label = range_m[longer], label[longer]
    range_m = range_m * _uniform(noise.building_range_ratio, len(stretches.first), rng)[np.maximum(label, 0)]
    range_m = range_m * _uniform(noise.ray_range_ratio, len(range_m), rng)
    sees = range_m <= max_range_m
    turned_back = (np.arange(num_rays) - turn[:, None]) % num_rays
    return SemanticScan(
        np.where(sees, range_m, np.float32(np.nan)).reshape(count, -1)[row, turned_back].astype(np.float32),
        np.where(sees, label, -1).reshape(count, -1)[row, turned_back].astype(np.int32),
        scan.observed,
    )


def _uniform(ratio: float, count: int, rng: np.random.Generator) -> Float32:
    """Factors (count,) around 1."""
    return (1.0 + ratio * (2.0 * rng.random(count, dtype=np.float32) - 1.0)).astype(np.float32)


def _split(stretches: _Stretches, size: int, noise: PaperNoise, rng: np.random.Generator) -> _Stretches:
    length = stretches.lengths(size)
    share = rng.uniform(noise.split_from, 1.0 - noise.split_from, len(length))
    splits = stretches.is_building & (length >= 2) & (rng.random(len(length)) < noise.split_ratio)
    cut = stretches.first + np.clip(np.rint(share * length).astype(np.int64), 1, np.maximum(length - 1, 1))
    first = np.concatenate([stretches.first, cut[splits]])
    order = np.argsort(first, kind="stable")
    is_building = np.concatenate([stretches.is_building, stretches.is_building[splits]])
    return _Stretches(first[order], is_building[order])


def _merge(
    stretches: _Stretches, size: int, num_rays: int, noise: PaperNoise, rng: np.random.Generator
) -> tuple[Int64, _Stretches]:
    """Building (size,) of each ray, -1 for none, and the stretches that are left."""
    count = len(stretches.first)
    begins_scan = stretches.first % num_rays == 0
    # Each stretch with the one before it round the circle; that of the first is the last of the same scan.
    last_of_scan = np.append(np.flatnonzero(begins_scan)[1:], count) - 1
    before = np.arange(count) - 1
    before[begins_scan] = last_of_scan
    merges = stretches.is_building & stretches.is_building[before] & (rng.random(count) < noise.merge_ratio)
    kept = begins_scan | ~merges
    number = np.cumsum(kept) - 1
    left = _Stretches(stretches.first[kept], stretches.is_building[kept])
    # Merged over the end of the circle: two stretches, one building.
    name = np.arange(len(left.first))
    name[number[last_of_scan]] = np.where(merges[begins_scan], number[begins_scan], number[last_of_scan])
    return np.repeat(np.where(left.is_building, name, -1), left.lengths(size)), left


def _shorter(
    stretches: _Stretches, size: int, num_rays: int, noise: PaperNoise, rng: np.random.Generator
) -> Int64:
    """Ray (size,) that each ray takes its building and range from: of a shortened end, the ray beyond that end."""
    first, amount, at_start = _resized(stretches, size, noise.shorter_ratio, noise, rng)
    last = first + stretches.lengths(size) - 1
    given = np.where(at_start, first, last - amount + 1)
    beyond = _around(np.where(at_start, first - 1, last + 1), first, num_rays)
    source = np.arange(size)
    source[_ranges(given, amount)] = np.repeat(beyond, amount)
    return source


def _longer(
    stretches: _Stretches, range_m: Float32, num_rays: int, noise: PaperNoise, rng: np.random.Generator
) -> Int64:
    """Like `_shorter`: of the rays beyond a lengthened end that see further than it, the ray at that end."""
    size = len(range_m)
    first, amount, at_start = _resized(stretches, size, noise.longer_ratio, noise, rng)
    last = first + stretches.lengths(size) - 1
    end = np.repeat(np.where(at_start, first, last), amount)
    taken = _around(_ranges(np.where(at_start, first - amount, last + 1), amount), end, num_rays)
    hides = range_m[end] < range_m[taken]
    source = np.arange(size)
    source[taken[hides]] = end[hides]
    return source


def _resized(
    stretches: _Stretches, size: int, ratio: float, noise: PaperNoise, rng: np.random.Generator
) -> tuple[Int64, Int64, Bool]:
    """First ray, number of rays to give or take (0 for most), and whether at its start, of each stretch."""
    count = len(stretches.first)
    chosen = stretches.is_building & (rng.random(count) < ratio)
    amount = np.where(chosen, np.rint(noise.resize_by * stretches.lengths(size)), 0).astype(np.int64)
    return stretches.first, amount, rng.random(count) < 0.5


def _ranges(start: Int64, length: Int64) -> Int64:
    """`start[i], start[i] + 1, ...`, `length[i]` of them, one after the other."""
    offset = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    numbers: Int64 = np.repeat(start, length) + offset
    return numbers


def _around(ray: Int64, inside: Int64, num_rays: int) -> Int64:
    """Rays of the flat batch brought back into the scan that `inside` is a ray of."""
    scan_first = inside // num_rays * num_rays
    wrapped: Int64 = scan_first + (ray - scan_first) % num_rays
    return wrapped
