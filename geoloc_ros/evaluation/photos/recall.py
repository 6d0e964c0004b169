"""Recall@N: the share of queries with a right photo among the first N, beside what chance would give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from geoloc_ros.core.types import Float64, Int32, Int64
from geoloc_ros.datasets.photos.positives import Positives
from geoloc_ros.evaluation.intervals import bootstrap_interval
from geoloc_ros.vpr.sequences.windows import rows_of_sequences

DEPTHS = (1, 5, 10, 20)
STRETCH = 10
"""Photos in a row of one drive that succeed or fail together."""


@dataclass(frozen=True)
class Recall:
    """Of one group of queries."""

    name: str
    meaning: str
    """For people: which queries, among which photos, and what is right."""
    asked: int
    """Queries."""
    judged: int
    """Of those, the ones for which a photo of the database is right; the others count nowhere."""
    photos: int
    """Of the database that was searched."""
    share: tuple[float, ...]
    """For each of `DEPTHS`; NaN where nothing could be judged."""
    interval: tuple[tuple[float, float], ...]
    """95 %, by bootstrap over stretches of drives."""
    chance: tuple[float, ...]
    """What photos drawn at random would get."""


def first_right(row: Int64, positives: Positives) -> Float64:
    """Place (Q,) of the first right photo among those found (Q, K), 0 for the first; infinite where none of them is
    right, NaN where none could be.
    """
    right = positives.are_right(row)
    rank = np.where(right.any(axis=1), right.argmax(axis=1).astype(np.float64), np.inf)
    return np.where(positives.has_any, rank, np.nan)


def measure_recall(
    name: str, meaning: str, rank: Float64, positives: Positives, photos: int, sequence: Int32, seed: int
) -> Recall:
    """Recall of queries by the place of their first right photo.

    Args:
        name: Of the group.
        meaning: For people.
        rank: (Q,), of `first_right`.
        positives: Of the same queries.
        photos: Of the database.
        sequence: (Q,), drives, which are drawn again by stretches of `STRETCH` photos; -1 for photos by themselves.
        seed: Draws the intervals.
    """
    judged = ~np.isnan(rank)
    group = _stretches(sequence)
    hits = [np.where(judged, rank < depth, np.nan) for depth in DEPTHS]
    count = np.diff(positives.start)[judged]
    return Recall(
        name, meaning, len(rank), int(judged.sum()), photos,
        tuple(float(hit[judged].mean()) if judged.any() else float("nan") for hit in hits),
        tuple(bootstrap_interval(hit, np.random.default_rng(seed), group=group) for hit in hits),
        tuple(float(_chance(count, photos, depth).mean()) if judged.any() else float("nan") for depth in DEPTHS),
    )  # fmt: skip


def _stretches(sequence: Int32) -> Int64:
    """Number (Q,) of the stretch of each photo; one by itself is a stretch of its own."""
    group = np.arange(len(sequence))
    for rows in rows_of_sequences(sequence):
        group[rows] = rows[np.arange(len(rows)) // STRETCH * STRETCH]
    return group


def _chance(right: Int64, photos: int, depth: int) -> Float64:
    """That `depth` of `photos`, drawn without putting back, hold one of the `right` (Q,)."""
    wrong = photos - right
    # C(wrong, depth) / C(photos, depth), in logarithms; nothing but right ones is left where that is too few.
    nats = gammaln(wrong + 1.0) - gammaln(np.maximum(wrong - depth, 0) + 1.0)
    nats -= gammaln(photos + 1.0) - gammaln(photos - depth + 1.0)
    return np.asarray(1.0 - np.where(wrong >= depth, np.exp(nats), 0.0))
