"""How far an approximate search must go for the recall that is asked, found out on the descriptors themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Float16, Float32, Int64
from geoloc_ros.vpr.search.approximate import TUNED_COUNT, ApproximateSearch, Depth
from geoloc_ros.vpr.search.exact import ExactSearch
from geoloc_ros.vpr.search.index_kind import Index, IndexKind

_NUM_TRIALS = 256
_CANDIDATES = (20, 50, 100, 200, 500, 1000, 2000)
# What a photo seen again differs by, in differences of two others: 0.7 makes it about as alike to the photo of its
# place, 0.71, as photos of two conditions are. Descriptors of the collection alone would be found too easily: they lie
# in the middle of their lists.
_CHANGE = 0.7


@dataclass(frozen=True)
class Trials:
    """Queries of which the answer is known."""

    queries: Float32
    """(Q, D)."""
    nearest: Int64
    """(Q, 10)."""

    def recall(self, rows: Int64) -> float:
        """Share of the nearest that is among rows (Q, K)."""
        return recall(rows, self.nearest)


def recall(rows: Int64, nearest: Int64) -> float:
    """Share of the nearest rows (Q, K) that is among those found (Q, any number)."""
    return float(np.mean((rows[:, :, None] == nearest[:, None, :]).any(axis=1)))


def make_trials(descriptors: Float16, rng: np.random.Generator) -> Trials:
    """Photos of the collection as they might look another time, and the exact answer."""
    number = min(_NUM_TRIALS, len(descriptors))
    drawn = rng.choice(len(descriptors), (3, number), replace=len(descriptors) < 3 * number)
    seen, one, other = descriptors[drawn].astype(np.float32)
    queries = seen + np.float32(_CHANGE) * (one - other)
    queries /= np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), np.float32(1e-6))
    return Trials(queries, ExactSearch(descriptors).search(queries, TUNED_COUNT)[1])


def tune(
    kind: IndexKind, index: Index, descriptors: Float16, asked: float, trials: Trials
) -> tuple[ApproximateSearch, float]:
    """The search that goes just far enough, or as far as it can, and the recall that it has.

    From the shortest search on, whatever of the two helps more is doubled: lists or rows to look at, or candidates.
    """
    efforts, candidates = kind.efforts(len(descriptors)), tuple(c for c in _CANDIDATES if c < len(descriptors))
    reached: dict[tuple[int, int], float] = {}

    def search_at(place: tuple[int, int]) -> ApproximateSearch:
        return ApproximateSearch(kind, index, Depth(efforts[place[0]], candidates[place[1]]), descriptors)

    def recall_at(place: tuple[int, int]) -> float:
        if place not in reached:
            reached[place] = trials.recall(search_at(place).search(trials.queries, TUNED_COUNT)[1])
        return reached[place]

    place = (0, 0)
    while recall_at(place) < asked:
        further = [(place[0] + 1, place[1]), (place[0], place[1] + 1)]
        further = [(e, c) for e, c in further if e < len(efforts) and c < len(candidates)]
        if not further:
            break
        place = max(further, key=recall_at)
    return search_at(place), recall_at(place)
