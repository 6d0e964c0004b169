"""All rows of the accuracy table for one city and condition, on the same queries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Float32, Float64, Int32, Int64, SemanticScan
from geoloc_ros.evaluation.conditions import Condition, drives_of_their_own
from geoloc_ros.evaluation.database import PlaceDatabase
from geoloc_ros.evaluation.methods import Row, Rows
from geoloc_ros.evaluation.recall import NUM_BEST
from geoloc_ros.evaluation.retrieval import Queries, Reranked, Retrieval, align_queries, retrieve
from geoloc_ros.evaluation.retrieval_details import Examples, RetrievalDetails

NUM_RERANKED = 200
"""Places that a second look is taken at."""
EMBEDDING_SUFFIX = "_embedding"
"""A method that re-ranks has a second row without."""

_WORST = 10


@dataclass(frozen=True)
class Label:
    """What a result is known by."""

    city: str
    seed: int
    commit: str
    fingerprint: str


@dataclass(frozen=True)
class _Outcome:
    """Of one method."""

    name: str
    found: Retrieval
    best: Int32
    best_pose: Float64


def judge(
    database: PlaceDatabase, methods: Rows, condition: Condition, poses: Float64, label: Label,
    progress: ProgressCallback = no_progress,
) -> RetrievalDetails:
    """See the city from poses (Q, 3) under a condition, and let all methods find them.

    Headings and ties are drawn from `label.seed` alike for all conditions, so that those differ in nothing else.
    """
    place = database.nearest(poses[:, :2])
    drive = drives_of_their_own(len(poses))
    scan = condition.observe(database.geomap, poses, drive, label.seed, progress)
    queries = align_queries(scan, poses, place, condition.heading, np.random.default_rng([label.seed, 10]))
    outcomes = [
        outcome
        for row in methods.rows
        for outcome in _outcomes(row, queries, len(database), np.random.default_rng([label.seed, 11]), progress)
    ]
    below, tied = (np.stack([getattr(outcome.found, name) for outcome in outcomes]) for name in ("below", "tied"))
    rank = (below + (tied + 1) / 2.0).astype(np.float32)
    best = np.stack([outcome.best[:, :NUM_BEST] for outcome in outcomes])
    return RetrievalDetails(
        city=label.city, condition=condition.name, seed=label.seed, commit=label.commit,
        fingerprint=label.fingerprint, num_turns=len(queries.turn_rad),
        methods=tuple(outcome.name for outcome in outcomes), skipped=methods.skipped,
        place_m=database.places.position_m.astype(np.float32), pose=poses, place=place,
        frame_yaw_rad=queries.frame_yaw_rad, rank=rank, below=below, tied=tied, best=best,
        best_turn_rad=np.stack([outcome.found.turn_rad[:, 0] for outcome in outcomes]),
        best_pose=np.stack([outcome.best_pose for outcome in outcomes]),
        examples=_examples(database, queries, rank, best),
    )  # fmt: skip


def _outcomes(
    row: Row, queries: Queries, num_places: int, rng: np.random.Generator, progress: ProgressCallback
) -> list[_Outcome]:
    found = retrieve(
        row.method, queries, num_places, NUM_RERANKED, rng, lambda _, ratio: progress(row.name, ratio)
    )  # fmt: skip
    nowhere = np.full((len(queries), 3), np.nan)
    if row.reranker is None:
        return [_Outcome(row.name, found, found.nearest, nowhere)]
    again: Reranked = row.reranker.rerank(queries, found)
    return [
        _Outcome(row.name, found, again.nearest, again.pose),
        _Outcome(row.name + EMBEDDING_SUFFIX, found, found.nearest, nowhere),
    ]


def _examples(database: PlaceDatabase, queries: Queries, rank: Float32, best: Int32) -> Examples:
    """The worst queries of each method; rank (M, Q), best (M, Q, K)."""
    worst: Int64 = np.unique(np.argsort(-rank, axis=1, kind="stable")[:, :_WORST])
    return Examples(
        worst, _taken(queries.scan, worst), _taken(database.scan, queries.place[worst]),
        _taken(database.scan, best[:, worst, 0].astype(np.int64)),
    )  # fmt: skip


def _taken(scan: SemanticScan, rows: Int64) -> SemanticScan:
    return SemanticScan(scan.range_m[rows], scan.instance[rows], scan.observed[rows])
