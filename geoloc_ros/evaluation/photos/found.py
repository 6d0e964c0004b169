"""What a search answers to photos, the most alike first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Float16, Float32, Int64

_CHUNK_BYTES = 1 << 28


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


def find_exactly(queries: Float32, database: Float16 | Float32, count: int) -> Found:
    """The `count` photos of a database (V, D) most alike to each query (Q, D), fewer where it has fewer."""
    count = min(count, len(database))
    row, similarity = np.empty((len(queries), count), np.int64), np.empty((len(queries), count), np.float32)
    whole = np.asarray(database, np.float32)
    step = max(1, _CHUNK_BYTES // (4 * max(1, len(database))))
    for start in range(0, len(queries), step):
        product = queries[start : start + step] @ whole.T
        best = np.argpartition(-product, count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(product, best, axis=1), axis=1, kind="stable")
        best = np.take_along_axis(best, order, axis=1)
        row[start : start + step] = best
        similarity[start : start + step] = np.take_along_axis(product, best, axis=1)
    return Found(row, similarity)


def find_by_score(score: Float32, count: int) -> Found:
    """The `count` photos with the lowest scores (Q, V); their similarity is minus the score."""
    best = np.argsort(score, axis=1, kind="stable")[:, :count].astype(np.int64)
    return Found(best, np.asarray(-np.take_along_axis(score, best, axis=1), np.float32))
