"""Approximate search: an index of faiss finds candidates, which are then compared exactly."""

from __future__ import annotations

from dataclasses import dataclass

import faiss
import numpy as np

from geoloc_ros.core.products import inner_products_at
from geoloc_ros.core.types import Float16, Float32, Int64
from geoloc_ros.vpr.search.index_kind import Index, IndexKind, padded
from geoloc_ros.vpr.search.nearest import checked_queries, nearest_first

TUNED_COUNT = 10
"""Nearest that `search.recall` speaks of."""
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Depth:
    """How far a search goes."""

    effort: int
    """Lists or rows that the index looks at; 0 where it looks at all."""
    candidates: int
    """That are compared exactly, for the 10 nearest; more for more."""


class ApproximateSearch:
    """Candidates of an index, put into their order by the descriptors; implements `core.interfaces.DescriptorSearch`.

    The index holds codes only; descriptors of candidates are read where they lie, which may be a file.
    """

    def __init__(self, kind: IndexKind, index: Index, depth: Depth, descriptors: Float16) -> None:
        """Take an index that holds all descriptors (V, D), in their order.

        Args:
            kind: What made the index.
            index: Trained and filled.
            depth: Of searches.
            descriptors: C-contiguous; they are not copied.
        """
        self.kind, self.index, self.depth = kind, index, depth
        self._descriptors = descriptors
        self._parameters = kind.parameters(depth.effort)

    @property
    def name(self) -> str:
        """Kind and depth."""
        effort = f"{self.kind.effort_name} {self.depth.effort}, " if self.depth.effort else ""
        return f"{self.kind.name}, {effort}{self.depth.candidates} candidates"

    @property
    def num_bytes(self) -> int:
        """Of the index. Descriptors come on top where they are kept in memory."""
        sizes: list[int] = []
        faiss.write_index(self.index, faiss.PyCallbackIOWriter(lambda block: sizes.append(len(block)), _BLOCK))
        return sum(sizes)

    def __len__(self) -> int:
        """V."""
        return len(self._descriptors)

    def search(self, queries: Float32, count: int) -> tuple[Float32, Int64]:
        """Inner products (Q, K), largest first, and rows (Q, K) of the K = min(count, V) nearest; row -1 for none.

        Raises:
            IndexMismatchError: If the queries are not (Q, D).
        """
        queries = checked_queries(queries, self._descriptors)
        count = min(count, len(self))
        wanted = min(len(self), self.depth.candidates * max(1, -(-count // TUNED_COUNT)))
        similarity, row = np.full((len(queries), count), -np.inf, np.float32), np.full((len(queries), count), -1)
        if not similarity.size:
            return similarity, row
        found = self.index.search(padded(queries), wanted, params=self._parameters)[1]
        for number, candidates in enumerate(found):
            candidates = candidates[candidates >= 0]
            exact = inner_products_at(self._descriptors, candidates, queries[number])
            nearest, which = nearest_first(exact, candidates, count)
            similarity[number, : len(nearest)], row[number, : len(nearest)] = nearest, which
        return similarity, row
