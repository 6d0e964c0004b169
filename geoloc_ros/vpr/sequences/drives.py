"""Whole drives tracked along the photos of an index, afterwards."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Float32, Float64, Int32
from geoloc_ros.vpr.sequences.evidence import SHARPNESS, rank_log_ratio
from geoloc_ros.vpr.sequences.tracker import SequenceTracker
from geoloc_ros.vpr.sequences.windows import rows_of_sequences


def track_drives(
    distance: Float32, query_sequence: Int32, database_sequence: Int32, lookahead: int = 0, sharpness: float = SHARPNESS
) -> Float64:
    """Probability (Q, V) of each photo of the index, for each photo of the query drives.

    Every drive starts anywhere and has no memory of the one before; photos by themselves are drives of one photo.

    Args:
        distance: (Q, V), lower is more alike.
        query_sequence: (Q,), photos of one number follow each other in this order; -1 for photos by themselves.
        database_sequence: (V,), the same of the index.
        lookahead: Photos after its own that each answer may wait for; 0 is what is known at once on the road.
        sharpness: As for `rank_log_ratio`.
    """
    probability = np.empty(distance.shape)
    alone = np.flatnonzero(query_sequence < 0)
    for rows in (*rows_of_sequences(query_sequence), *alone[:, None]):
        log_ratio = rank_log_ratio(distance[rows], sharpness)
        probability[rows] = _track(log_ratio, SequenceTracker(database_sequence), lookahead)
    return probability


def _track(log_ratio: Float64, tracker: SequenceTracker, lookahead: int) -> Float64:
    filtered = np.empty(log_ratio.shape)
    for number, evidence in enumerate(log_ratio):
        if number > 0:
            tracker.advance()
        tracker.weigh(evidence)
        filtered[number] = tracker.probability
    if lookahead == 0:
        return filtered
    smoothed = np.stack([
        filtered[number] * _ahead(tracker, log_ratio[number + 1:number + 1 + lookahead])
        for number in range(len(log_ratio))
    ])  # fmt: skip
    return np.asarray(smoothed / smoothed.sum(axis=1, keepdims=True))


def _ahead(tracker: SequenceTracker, log_ratio: Float64) -> Float64:
    """How likely what is seen later (n, V) is from each photo (V,), up to a factor."""
    value = np.ones(log_ratio.shape[1])
    for evidence in log_ratio[::-1]:
        value = tracker.looked_back(value * np.exp(evidence - evidence.max()))
        value /= value.max()
    return value
