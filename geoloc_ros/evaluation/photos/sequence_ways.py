"""The ways to recognise a place from several photos in a row, by one name each."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from geoloc_ros.core.types import Float32, Int32
from geoloc_ros.vpr.sequences.drives import track_drives
from geoloc_ros.vpr.sequences.pooling import pool_descriptors
from geoloc_ros.vpr.sequences.scores import (
    aligned_distances,
    nearest_in_sequence,
    nearest_of_sequence,
    votes_of_sequence,
)
from geoloc_ros.vpr.sequences.windows import centred_windows

DistanceWay = Literal["single", "cat", "min", "mode", "im2seq", "tracker", "tracker_waits"]
PooledWay = Literal["max", "avg"]
DISTANCE_WAYS: tuple[DistanceWay, ...] = get_args(DistanceWay)
POOLED_WAYS: tuple[PooledWay, ...] = get_args(PooledWay)


def way_scores(
    way: DistanceWay, distance: Float32, query_sequence: Int32, database_sequence: Int32, length: int
) -> Float32:
    """Scores (Q, V), lower is more alike, of each photo of the index for each query with the photos around it.

    A sequence stands for the photo in its middle, on both sides. "tracker_waits" answers as many photos late as a
    window of `length` does, "tracker" at once.

    Args:
        way: "single" takes no sequence; "cat" is SLS' seq2seq, "min" and "mode" its seq2im, "im2seq" its MIN.
        distance: (Q, V), of single photos, not negative.
        query_sequence: (Q,), photos of one number follow each other in this order; -1 for photos by themselves.
        database_sequence: (V,), the same of the index.
        length: Photos of a sequence.
    """
    if way == "single":
        return distance
    if way in ("tracker", "tracker_waits"):
        late = length // 2 if way == "tracker_waits" else 0
        return np.asarray(-track_drives(distance, query_sequence, database_sequence, late), np.float32)
    of_database = centred_windows(database_sequence, length)
    if way == "im2seq":
        return nearest_in_sequence(distance, of_database)
    of_queries = centred_windows(query_sequence, length)
    if way == "cat":
        return aligned_distances(distance, of_queries, of_database)
    return nearest_of_sequence(distance, of_queries) if way == "min" else votes_of_sequence(distance, of_queries)


def pooled_scores(
    way: PooledWay, queries: Float32, database: Float32, query_sequence: Int32, database_sequence: Int32, length: int
) -> Float32:
    """The same (Q, V) for SLS' seq2seq ways that need the descriptors (Q, D) and (V, D), of unit length."""
    of_queries = pool_descriptors(queries, centred_windows(query_sequence, length), way)
    of_database = pool_descriptors(database, centred_windows(database_sequence, length), way)
    return np.asarray(-of_queries @ of_database.T, np.float32)
