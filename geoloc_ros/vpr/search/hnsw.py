"""A graph of neighbours, walked from the coarse to the fine: fast, large, and slow to build.

Malkov and Yashunin, Efficient and Robust Approximate Nearest Neighbor Search Using Hierarchical Navigable Small World
Graphs, PAMI 2020.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import faiss

from geoloc_ros.vpr.search.index_kind import Index
from geoloc_ros.vpr.search.lists import doublings

_NEIGHBOURS = 16
_FEWEST = 1000


class Hnsw:
    """Implements `IndexKind`."""

    name: Final[Literal["hnsw"]] = "hnsw"
    effort_name = "efSearch"
    num_threads = 1  # several that insert at once make another graph each time
    most_candidates = 20  # its distances are nearly exact, and with more of them it would go farther

    def fewest(self) -> int:
        """For the ranges of the numbers."""
        return _FEWEST

    def make(self, count: int, dimension: int) -> Index:
        """A byte a number is enough to walk by: what is found is compared again."""
        return faiss.index_factory(dimension, f"HNSW{_NEIGHBOURS},SQ8", faiss.METRIC_INNER_PRODUCT)

    def num_training_rows(self, count: int) -> int:
        """For the ranges of the numbers."""
        return 10 * _FEWEST

    def efforts(self, count: int) -> tuple[int, ...]:
        """Rows that are kept in view."""
        return doublings(32, min(4096, count))

    def parameters(self, effort: int) -> Any:
        """As `IndexKind.parameters`."""
        return faiss.SearchParametersHNSW(efSearch=effort)
