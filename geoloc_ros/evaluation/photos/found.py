"""What a search answers to photos, the most alike first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.interfaces import DescriptorSearch
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Float32, Int64
from geoloc_ros.evaluation.photos.recall import DEPTHS

MOST = max(DEPTHS)
_AT_ONCE = 256


@dataclass(frozen=True)
class Found:
    """K photos of a database for each of Q queries."""

    row: Int64
    """(Q, K), of the database; -1 where there was none."""
    similarity: Float32
    """(Q, K), inner products of the descriptors, falling."""

    def without(self, own: Int64) -> Found:
        """One photo fewer (Q, K - 1) each: the row `own` (Q,), which is the query itself, or else the last."""
        is_own = self.row == own[:, None]
        is_own[:, -1] |= ~is_own.any(axis=1)
        shape = len(self.row), self.row.shape[1] - 1
        return Found(self.row[~is_own].reshape(shape), self.similarity[~is_own].reshape(shape))


def find(search: DescriptorSearch, queries: Float32, own: Int64, progress: ProgressCallback = no_progress) -> Found:
    """What is most alike to queries (Q, D): at least `MOST` photos each, where there are as many.

    Args:
        search: Of at least two photos.
        queries: Of unit length.
        own: (Q,), row that is the query itself and no answer; -1 for none.
        progress: Told the share of the queries.
    """
    row, similarity = [], []
    for start in range(0, len(queries), _AT_ONCE):
        nearest = search.search(queries[start : start + _AT_ONCE], MOST + 1)
        similarity.append(nearest[0])
        row.append(nearest[1])
        progress("searching", min(1.0, (start + _AT_ONCE) / len(queries)))
    found = Found(np.concatenate(row), np.concatenate(similarity))
    # -2 is no row, not even that of "none".
    return found.without(np.where(own < 0, -2, own)) if (own >= 0).any() else found


def find_by_score(score: Float32) -> Found:
    """The `MOST` photos with the lowest scores (Q, V), or all; their similarity is minus the score."""
    count = min(MOST, score.shape[1])
    # In the order of their rows, so that the earlier of two that are equal comes first.
    best = np.sort(np.argpartition(score, count - 1, axis=1)[:, :count], axis=1)
    order = np.argsort(np.take_along_axis(score, best, axis=1), axis=1, kind="stable")
    best = np.take_along_axis(best, order, axis=1).astype(np.int64)
    return Found(best, np.asarray(-np.take_along_axis(score, best, axis=1), np.float32))
