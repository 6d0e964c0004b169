"""Descriptors as networks make them of photos along roads, without photos: no collection of a million is at hand.

What decides how hard a search is are how many directions the descriptors really fill and how alike neighbours are, and
both are known of photos. A place is described by a few dozen causes (buildings, trees, shape of the street) that change
steadily as one drives and have a part in common along a road and in a district: an autoregressive walk with a
correlation length of 25 m, a photo every 5 m, over the means of its road and its district. A fixed network with random
weights turns causes into D numbers, of which the strongest directions hold most, as the spectrum of a real descriptor
falls; then unit length. A query is a place of the collection seen again: a few metres beside, under a condition (one of
eight changes of the causes that all queries of it share) and with changes of its own. Its nearest are photos of that
place and those beside it, and about one in four has a wrong one first, as with the published networks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

NUM_CAUSES = 64
PHOTOS_PER_ROAD, ROADS_PER_DISTRICT = 200, 50
STEP_M, CORRELATION_M = 5.0, 25.0
NUM_CONDITIONS = 8
# Standard deviations of the parts of a cause: whole, of which district and road.
DISTRICT, ROAD = 0.3, 0.4
CONDITION, OWN = 0.6, 0.7
HIDDEN, GAIN, FALL = 1024, 1.5, 0.4
_CHUNK = 20_000


@dataclass(frozen=True)
class DescriptorSet:
    """A made-up collection."""

    descriptors: NDArray[np.float16]
    """(V, D), unit length."""
    queries: Float32
    """(Q, D), unit length."""
    place: NDArray[np.int64]
    """(Q,), row that was seen again."""


def make_descriptors(count: int, dimension: int, num_queries: int, rng: np.random.Generator) -> DescriptorSet:
    """A collection of `count` photos and queries to it."""
    causes = _causes(count, rng)
    network = _RandomNetwork(dimension, rng)
    descriptors = np.empty((count, dimension), np.float16)
    for first in range(0, count, _CHUNK):
        descriptors[first : first + _CHUNK] = network.describe(causes[first : first + _CHUNK])
    place = np.sort(rng.choice(count, num_queries, replace=False))
    return DescriptorSet(descriptors, network.describe(_seen_again(causes, place, rng)), place)


def _causes(count: int, rng: np.random.Generator) -> Float32:
    """(V, NUM_CAUSES), variance one."""
    roads = -(-count // PHOTOS_PER_ROAD)
    district = DISTRICT * rng.standard_normal((-(-roads // ROADS_PER_DISTRICT), 1, NUM_CAUSES), np.float32)
    mean = np.repeat(district, ROADS_PER_DISTRICT, axis=0)[:roads]
    mean = mean + ROAD * rng.standard_normal((roads, 1, NUM_CAUSES), np.float32)
    keep = np.float32(np.exp(-STEP_M / CORRELATION_M))
    own = np.float32(np.sqrt(1.0 - DISTRICT**2 - ROAD**2))
    walk = np.empty((roads, PHOTOS_PER_ROAD, NUM_CAUSES), np.float32)
    walk[:, 0] = own * rng.standard_normal((roads, NUM_CAUSES), np.float32)
    for step in range(1, PHOTOS_PER_ROAD):
        fresh = own * np.sqrt(1.0 - keep**2) * rng.standard_normal((roads, NUM_CAUSES), np.float32)
        walk[:, step] = keep * walk[:, step - 1] + fresh
    walk += mean
    return walk.reshape(-1, NUM_CAUSES)[:count]


def _seen_again(causes: Float32, place: NDArray[np.int64], rng: np.random.Generator) -> Float32:
    """Causes (Q, NUM_CAUSES) of queries at places: beside them on the road, under a condition, changed."""
    beside = np.clip(place + rng.choice([-1, 1], len(place)), 0, len(causes) - 1)
    along = rng.uniform(0.0, 0.5, (len(place), 1)).astype(np.float32)
    condition = CONDITION * rng.standard_normal((NUM_CONDITIONS, NUM_CAUSES), np.float32)
    seen = (1.0 - along) * causes[place] + along * causes[beside]
    seen = seen + condition[rng.integers(0, NUM_CONDITIONS, len(place))]
    return np.asarray(seen + OWN * rng.standard_normal(seen.shape, np.float32), np.float32)


class _RandomNetwork:
    """Causes to unit vectors: one hidden layer, and outputs in directions that weaken."""

    def __init__(self, dimension: int, rng: np.random.Generator) -> None:
        rank = min(HIDDEN, dimension)
        self._first = rng.standard_normal((NUM_CAUSES, HIDDEN), np.float32) * np.float32(GAIN / np.sqrt(NUM_CAUSES))
        self._bias = rng.standard_normal(HIDDEN, np.float32)
        # What all photos have in common tells nothing, and networks are trained not to spend length on it.
        anywhere = rng.standard_normal((_CHUNK, NUM_CAUSES), np.float32)
        self._mean = np.tanh(anywhere @ self._first + self._bias).mean(axis=0)
        turn, _ = np.linalg.qr(rng.standard_normal((dimension, rank)))
        strength = np.arange(1, rank + 1) ** -FALL / np.sqrt(HIDDEN)
        self._second = np.asarray((rng.standard_normal((HIDDEN, rank)) * strength) @ turn.T, np.float32)

    def describe(self, causes: Float32) -> Float32:
        values = (np.tanh(causes @ self._first + self._bias) - self._mean) @ self._second
        return np.asarray(values / np.linalg.norm(values, axis=1, keepdims=True), np.float32)
