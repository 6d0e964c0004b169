"""Exact search: every descriptor is compared with the query, in one pass over memory or over a file."""

from __future__ import annotations

from geoloc_ros.core.products import inner_products_many
from geoloc_ros.core.types import Float16, Float32, Int64
from geoloc_ros.vpr.search.nearest import NearestRows, checked_queries

# So many queries share a pass, and so many products at a time stay in the cache.
_QUERIES, _PRODUCTS = 64, 1 << 20
_FEWEST_ROWS = 1 << 14


class ExactSearch:
    """Inner products with all descriptors; implements `core.interfaces.DescriptorSearch`.

    Descriptors may lie in a file that is mapped into memory, and may be larger than that: they are read from the first
    to the last, a few megabytes at a time.
    """

    name = "exact"

    def __init__(self, descriptors: Float16) -> None:
        """Keep descriptors (V, D), C-contiguous; they are not copied."""
        self._descriptors = descriptors

    @property
    def num_bytes(self) -> int:
        """Of the descriptors."""
        return int(self._descriptors.nbytes)

    def __len__(self) -> int:
        """V."""
        return len(self._descriptors)

    def search(self, queries: Float32, count: int) -> tuple[Float32, Int64]:
        """Inner products (Q, K), largest first, and rows (Q, K) of the K = min(count, V) nearest; row -1 for none.

        Raises:
            IndexMismatchError: If the queries are not (Q, D).
        """
        queries = checked_queries(queries, self._descriptors)
        nearest = NearestRows(len(queries), min(count, len(self)))
        for first_query in range(0, len(queries), _QUERIES):
            block = queries[first_query : first_query + _QUERIES]
            num_rows = max(_FEWEST_ROWS, _PRODUCTS // len(block))
            for first in range(0, len(self), num_rows):
                products = inner_products_many(self._descriptors[first : first + num_rows], block)
                nearest.add(products, first_query, first)
        return nearest.similarity, nearest.row
