"""The nearest rows so far, while all rows pass by."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.errors import IndexMismatchError
from geoloc_ros.core.types import Float16, Float32, Int64


class NearestRows:
    """The K nearest of Q queries among what was added."""

    def __init__(self, num_queries: int, count: int) -> None:
        """Nothing yet: rows -1."""
        self.similarity: Float32 = np.full((num_queries, count), -np.inf, np.float32)
        """(Q, K), largest first."""
        self.row: Int64 = np.full((num_queries, count), -1, np.int64)
        """(Q, K)."""

    def add(self, products: Float32, first_query: int, first_row: int) -> None:
        """Hear inner products (q, n) of q of the queries with n rows, which begin at these."""
        count = self.row.shape[1]
        if not count:
            return
        for query, values in enumerate(products, first_query):
            # After the first rows hardly any of the next ones is nearer, so one comparison is most of the work.
            nearer = np.flatnonzero(values > self.similarity[query, -1])
            if len(nearer) > count:
                nearer = nearer[np.argpartition(-values[nearer], count - 1)[:count]]
            if len(nearer):
                row = np.concatenate((self.row[query], nearer + first_row))
                kept = np.concatenate((self.similarity[query], values[nearer]))
                self.similarity[query], self.row[query] = nearest_first(kept, row, count)


def nearest_first(similarity: Float32, row: Int64, count: int) -> tuple[Float32, Int64]:
    """The `count` largest of (n,) similarities with their rows, largest first; of equal ones the lower row is first."""
    order = np.lexsort((row, -similarity))[:count]
    return similarity[order], row[order]


def checked_queries(queries: Float32, descriptors: Float16) -> Float32:
    """Queries (Q, D) as C-contiguous single precision.

    Raises:
        IndexMismatchError: If they are of another shape.
    """
    if queries.ndim != 2 or queries.shape[1] != descriptors.shape[1]:
        raise IndexMismatchError(
            f"queries have shape {queries.shape}, the photos that are searched have {descriptors.shape[1]}-d "
            "descriptors; encode both with the same network"
        )
    return np.ascontiguousarray(queries, np.float32)
