"""Inverted lists of product-quantized residuals: the smallest index, for collections that memory cannot hold.

Jegou, Douze and Schmid, Product Quantization for Nearest Neighbor Search, PAMI 2011.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import faiss

from geoloc_ros.vpr.search.index_kind import Index
from geoloc_ros.vpr.search.lists import ROWS_PER_CENTRE, doublings, few_rounds, lists_to_visit, num_lists

NUMBERS_PER_BYTE: Final = 16
"""Of a descriptor; of single precision a 64th is left."""
BYTE_CENTRES: Final = 256


class IvfPq:
    """Implements `IndexKind`."""

    name: Final[Literal["ivfpq"]] = "ivfpq"
    effort_name = "nprobe"
    num_threads = 0
    most_candidates = 2000

    def fewest(self) -> int:
        """For the centres of a byte."""
        return ROWS_PER_CENTRE * BYTE_CENTRES

    def make(self, count: int, dimension: int) -> Index:
        """By inner product; "np" leaves out a training that takes minutes and is of no use here."""
        text = f"IVF{num_lists(count)},PQ{dimension // NUMBERS_PER_BYTE}np"
        return few_rounds(faiss.index_factory(dimension, text, faiss.METRIC_INNER_PRODUCT))

    def num_training_rows(self, count: int) -> int:
        """For all centres of lists."""
        return max(self.fewest(), ROWS_PER_CENTRE * num_lists(count))

    def efforts(self, count: int) -> tuple[int, ...]:
        """Lists to visit."""
        return doublings(8, num_lists(count))

    def parameters(self, effort: int) -> Any:
        """As `IndexKind.parameters`."""
        return lists_to_visit(effort)
