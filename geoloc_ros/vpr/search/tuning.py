"""How far an approximate search must go for the recall that is asked, found out on the descriptors themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Float16, Float32, Int64
from geoloc_ros.vpr.search.approximate import TUNED_COUNT, ApproximateSearch, Depth
from geoloc_ros.vpr.search.exact import ExactSearch
from geoloc_ros.vpr.search.index_kind import Index, IndexKind, padded

_NUM_TRIALS = 256
_CANDIDATES = (20, 50, 100, 200, 500, 1000)
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

    One of the nearest that is among the candidates is found, since candidates are compared exactly; so one search with
    each effort tells what any number of candidates is worth. Of the pairs that are enough, the one with the smallest
    product is taken: the two cost time in ways that depend on the machine and on where descriptors lie.
    """
    most = min(kind.most_candidates, len(descriptors))
    numbers = (*(number for number in _CANDIDATES if number < most), most)
    tried: list[tuple[Depth, float]] = []
    enough: list[tuple[Depth, float]] = []
    for effort in kind.efforts(len(descriptors)):
        if enough and _length(Depth(effort, numbers[0])) >= min(_length(depth) for depth, _ in enough):
            break
        found = index.search(padded(trials.queries), most, params=kind.parameters(effort))[1]
        tried += [(Depth(effort, number), trials.recall(found[:, :number])) for number in numbers]
        enough = [(depth, share) for depth, share in tried if share >= asked]
    if enough:
        depth, share = min(enough, key=lambda pair: _length(pair[0]))
    else:
        depth, share = max(tried, key=lambda pair: pair[1])
    return ApproximateSearch(kind, index, depth, descriptors), share


def _length(depth: Depth) -> int:
    return max(1, depth.effort) * depth.candidates
