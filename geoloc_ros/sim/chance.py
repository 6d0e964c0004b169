"""Random numbers that belong to things: the same for the same keys, whenever and in whatever batch they are asked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from geoloc_ros.core.types import Float32, Float64

UInt64 = NDArray[np.uint64]


def uniform(seed: int, purpose: int, *keys: NDArray[np.integer]) -> Float64:
    """Numbers above 0 and below 1, one for every combination of the (broadcast) keys; no negative keys but -1."""
    state = _mixed(np.uint64(seed) * np.uint64(1_000_003) + np.uint64(purpose))
    for key in keys:
        # Zero is a fixed point of the mixing: -1 becomes 1, 0 becomes 2.
        state = _mixed(state ^ (key.astype(np.int64) + 2).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    return np.asarray(((state >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53)


def normal(seed: int, purpose: int, *keys: NDArray[np.integer]) -> Float64:
    """The same, standard normal."""
    return np.asarray(ndtri(uniform(seed, purpose, *keys)))


def wavering(count: int, num_rays: int, size_rad: float, rng: np.random.Generator) -> Float32:
    """Standard normal numbers (count, num_rays) that change over about `size_rad` of the turn."""
    knots = max(2, min(num_rays, round(2.0 * np.pi / size_rad)))
    coarse = rng.standard_normal((count, knots), dtype=np.float32)
    place = np.arange(num_rays) * (knots / num_rays)
    first = place.astype(np.int64)
    share = (place - first).astype(np.float32)
    mixed = coarse[:, first] * (1.0 - share) + coarse[:, (first + 1) % knots] * share
    smooth: Float32 = mixed / np.sqrt((1.0 - share) ** 2 + share**2)
    return smooth


def _mixed(state: UInt64 | np.uint64) -> UInt64:
    """The finalizer of SplitMix64."""
    with np.errstate(over="ignore"):
        state = np.asarray(state, np.uint64)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(state ^ (state >> np.uint64(31)))
