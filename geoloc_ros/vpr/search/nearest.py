"""The nearest rows so far, while all rows pass by."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.errors import IndexMismatchError
from geoloc_ros.core.types import Float16, Float32, Int64

# Rows that every query looks at one by one, in the beginning.
_FEW = 256


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
        if not self.row.shape[1]:
            return
        # After a few rows hardly any of the next ones is nearer, so that one comparison is most of the work.
        start = 0
        while start < products.shape[1]:
            stop = max(_FEW, 16 * (start + first_row))
            self._compare(products[:, start:stop], first_query, start + first_row)
            start = stop

    def _compare(self, products: Float32, first_query: int, first_row: int) -> None:
        kept = slice(first_query, first_query + len(products))
        # Not `nonzero` of both dimensions, which takes several times as long.
        query, nearer = np.divmod(np.flatnonzero(products > self.similarity[kept, -1:]), products.shape[1])
        starts = np.searchsorted(query, np.arange(len(products) + 1))
        for number in np.flatnonzero(np.diff(starts)):
            columns = nearer[starts[number] : starts[number + 1]]
            similarity = np.concatenate((self.similarity[first_query + number], products[number, columns]))
            row = np.concatenate((self.row[first_query + number], columns + first_row))
            best = nearest_first(similarity, row, self.row.shape[1])
            self.similarity[first_query + number], self.row[first_query + number] = best


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
