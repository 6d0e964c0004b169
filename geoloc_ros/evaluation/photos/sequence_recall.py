"""Recall of the ways that take several photos in a row."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import numpy as np

from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import Float32, Int64
from geoloc_ros.datasets.photos.positives import Positives
from geoloc_ros.evaluation.photos.found import find_by_score
from geoloc_ros.evaluation.photos.recall import Recall, first_right, measure_recall
from geoloc_ros.evaluation.photos.retrieved import RetrievedPhotos
from geoloc_ros.evaluation.photos.sequence_ways import (
    DISTANCE_WAYS,
    POOLED_WAYS,
    DistanceWay,
    PooledWay,
    pooled_scores,
    way_scores,
)
from geoloc_ros.vpr.sequences.windows import rows_of_sequences

logger = logging.getLogger(__name__)

LENGTH = 3
"""Photos of a sequence (SLS, section 5)."""
MOST_PAIRS = 100_000_000
"""Of a query and a photo, whose distances are kept at once: 400 MB."""
_TITLES: dict[DistanceWay | PooledWay, str] = {
    "single": "im2im: one photo",
    "max": "seq2seq MAX",
    "avg": "seq2seq AVG",
    "cat": "seq2seq CAT",
    "min": "seq2im MIN",
    "mode": "seq2im MODE",
    "im2seq": "im2seq MIN",
    "tracker": "tracker: all photos of the drive until now",
    "tracker_waits": f"tracker, {LENGTH // 2} photo later",
}


def measure_sequences(
    retrieved: RetrievedPhotos, asked: Int64, positives: Positives, seed: int, progress: ProgressCallback
) -> tuple[Recall, ...]:
    """Recall of every way, of the same queries; a sequence is right where the photo in its middle is.

    Nothing where queries or database hold no drive of `LENGTH` photos, where they are the same photos (a sequence
    would find itself), or where there are more than `MOST_PAIRS`.
    """
    queries, database = retrieved.queries, retrieved.database
    drives = (rows_of_sequences(photos.sequence) for photos in (queries, database))
    longest = [max((len(rows) for rows in found), default=0) for found in drives]
    if min(longest) < LENGTH or (retrieved.own >= 0).any():
        return ()
    if len(queries) * len(database) > MOST_PAIRS:
        logger.warning("no sequences: %d queries among %d photos are too many pairs", len(queries), len(database))
        return ()
    recalls = []
    for way, score in _scores(retrieved):
        rank = first_right(find_by_score(score[asked]).row, positives)
        recalls.append(measure_recall(way, _TITLES[way], rank, positives, len(database), queries.sequence[asked], seed))
        progress("sequences", len(recalls) / len(_TITLES))
    return tuple(recalls)


def _scores(retrieved: RetrievedPhotos) -> Iterator[tuple[DistanceWay | PooledWay, Float32]]:
    described, whole = retrieved.query_descriptors, np.asarray(retrieved.descriptors, np.float32)
    drives = retrieved.queries.sequence, retrieved.database.sequence
    distance = np.maximum(2.0 - 2.0 * described @ whole.T, 0.0)
    for way in DISTANCE_WAYS:
        yield way, way_scores(way, distance, *drives, LENGTH)
    for pooled in POOLED_WAYS:
        yield pooled, pooled_scores(pooled, described, whole, *drives, LENGTH)
