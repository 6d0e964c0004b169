"""What is said of a collection that was searched: recall of all queries, of parts, of sequences."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from geoloc_ros.core.photos import PhotoSet
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Float64, Int64
from geoloc_ros.datasets.photos.positives import POSITIVE_M, VIEW_RAD, Positives
from geoloc_ros.evaluation.photos.recall import Recall, first_right, measure_recall
from geoloc_ros.evaluation.photos.retrieved import RetrievedPhotos
from geoloc_ros.evaluation.photos.sequence_recall import measure_sequences
from geoloc_ros.evaluation.photos.subsets import find_subsets
from geoloc_ros.vpr.sequences.windows import rows_of_sequences

Protocol = Literal["plain", "sls"]
"""plain: every query, a photo within 25 m is right. sls: of every drive of queries the photo in its middle, so that all
places weigh the same; a photo within 25 m that looks the same way up to 40 degrees is right (SLS, section 3.3)."""
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)


@dataclass(frozen=True)
class JudgedPhotos:
    """Recalls, and what each query that was asked got."""

    retrieved: RetrievedPhotos
    protocol: Protocol
    asked: Int64
    """(A,), rows of the queries."""
    positives: Positives
    """Of those, in the whole database."""
    rank: Float64
    """(A,), of `recall.first_right`."""
    recalls: tuple[Recall, ...]
    """Of all first, then of the parts."""
    sequences: tuple[Recall, ...]
    """By way; empty where queries or database are no drives."""


def judge_photos(
    retrieved: RetrievedPhotos, protocol: Protocol, seed: int, progress: ProgressCallback = no_progress
) -> JudgedPhotos:
    """Judge what was found.

    Args:
        retrieved: A collection that was searched.
        protocol: Which queries are asked, and what is right.
        seed: Draws the intervals.
        progress: Told about the parts.
    """
    queries, everything = retrieved.queries, np.arange(len(retrieved.database))
    asked = np.arange(len(queries)) if protocol == "plain" else middle_photos(queries)
    view_rad = math.pi if protocol == "plain" else VIEW_RAD
    positives = retrieved.positives(asked, everything, POSITIVE_M, view_rad)
    rank = first_right(retrieved.found.row[asked], positives)
    sequence = queries.sequence[asked]
    recalls = [
        measure_recall("all", f"all queries, all photos; {_right(view_rad)}", rank, positives, len(everything),
                       sequence, seed),
        *_other_view(retrieved, asked, view_rad, seed),
        *_parts(retrieved, asked, view_rad, seed, progress),
    ]  # fmt: skip
    ways = measure_sequences(retrieved, asked, positives, seed, progress)
    return JudgedPhotos(retrieved, protocol, asked, positives, rank, tuple(recalls), ways)


def middle_photos(photos: PhotoSet) -> Int64:
    """Row of the photo in the middle of each sequence, and of each photo by itself, in their order."""
    middles = [rows[(len(rows) - 1) // 2] for rows in rows_of_sequences(photos.sequence)]
    alone = np.flatnonzero(photos.sequence < 0)
    return np.sort(np.concatenate([np.array(middles, np.int64), alone])).astype(np.int64)


def _other_view(retrieved: RetrievedPhotos, asked: Int64, view_rad: float, seed: int) -> Iterator[Recall]:
    """All queries again, judged with the view where that did not count, and without it where it did."""
    other_rad = VIEW_RAD if view_rad == math.pi else math.pi
    knows = [np.isfinite(photos.yaw_rad).any() for photos in (retrieved.queries, retrieved.database)]
    if not all(knows):
        return
    positives = retrieved.positives(asked, np.arange(len(retrieved.database)), POSITIVE_M, other_rad)
    rank = first_right(retrieved.found.row[asked], positives)
    name = "all, same view" if other_rad == VIEW_RAD else "all, any view"
    meaning = f"all queries, all photos; {_right(other_rad)}"
    sequence = retrieved.queries.sequence[asked]
    yield measure_recall(name, meaning, rank, positives, len(retrieved.database), sequence, seed)


def _parts(
    retrieved: RetrievedPhotos, asked: Int64, view_rad: float, seed: int, progress: ProgressCallback
) -> Iterator[Recall]:
    subsets = find_subsets(retrieved.queries.take(asked), retrieved.database)
    for number, subset in enumerate(subsets):
        query, is_whole = asked[subset.query], len(subset.database) == len(retrieved.database)
        positives = retrieved.positives(query, subset.database, POSITIVE_M, view_rad)
        row = retrieved.found.row[query] if is_whole else retrieved.search_part(query, subset.database)
        sequence = retrieved.queries.sequence[query]
        yield measure_recall(
            subset.name, subset.meaning, first_right(row, positives), positives, len(subset.database), sequence, seed
        )
        progress("judging parts", (number + 1) / len(subsets))


def _right(view_rad: float) -> str:
    view = "" if view_rad == math.pi else f" that looks the same way up to {math.degrees(view_rad):.0f} degrees"
    return f"right is a photo within {POSITIVE_M:.0f} m{view}"
