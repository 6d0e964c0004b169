"""Recall of the ways that take several photos in a row."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import numpy as np

from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import Float32, Int64
from geoloc_ros.datasets.photos.positives import Positives
from geoloc_ros.evaluation.photos.found import MOST, find_by_score
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
"""Of a photo of one drive and a photo of the database: 400 MB of distances, and some times as much for the ways."""
_PAIRS_AT_ONCE = 20_000_000
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
    would find itself), or where one drive makes more than `MOST_PAIRS`.
    """
    queries, database = retrieved.queries, retrieved.database
    drives = rows_of_sequences(queries.sequence)
    longest = [max(map(len, found), default=0) for found in (drives, rows_of_sequences(database.sequence))]
    if min(longest) < LENGTH or (retrieved.own >= 0).any():
        return ()
    if longest[0] * len(database) > MOST_PAIRS:
        logger.warning("no sequences: a drive of %d among %d photos has too many pairs", longest[0], len(database))
        return ()
    found = {way: np.full((len(asked), min(MOST, len(database))), -1, np.int64) for way in _TITLES}
    alone = np.flatnonzero(queries.sequence < 0)
    parts = list(_parts([*drives, *alone[:, None]], len(database)))
    for number, rows in enumerate(parts):
        place = np.flatnonzero(np.isin(asked, rows))
        at = np.searchsorted(rows, asked[place])
        for way, score in _scores(retrieved, rows):
            found[way][place] = find_by_score(score[at]).row
        progress("sequences", (number + 1) / len(parts))
    sequence = queries.sequence[asked]
    return tuple(
        measure_recall(way, title, first_right(found[way], positives), positives, len(database), sequence, seed)
        for way, title in _TITLES.items()
    )


def _parts(drives: list[Int64], photos: int) -> Iterator[Int64]:
    """Rows of whole drives, ascending, as many as fit."""
    part: list[Int64] = []
    for rows in drives:
        if part and (sum(map(len, part)) + len(rows)) * photos > _PAIRS_AT_ONCE:
            yield np.sort(np.concatenate(part))
            part = []
        part.append(rows)
    yield np.sort(np.concatenate(part))


def _scores(retrieved: RetrievedPhotos, rows: Int64) -> Iterator[tuple[DistanceWay | PooledWay, Float32]]:
    """Of the queries of some rows, which are whole drives."""
    described, whole = retrieved.query_descriptors[rows], np.asarray(retrieved.descriptors, np.float32)
    drives = retrieved.queries.sequence[rows], retrieved.database.sequence
    distance = np.maximum(2.0 - 2.0 * described @ whole.T, 0.0)
    for way in DISTANCE_WAYS:
        yield way, way_scores(way, distance, *drives, LENGTH)
    for pooled in POOLED_WAYS:
        yield pooled, pooled_scores(pooled, described, whole, *drives, LENGTH)
