"""Inverted multi-index: both halves of a descriptor have centres of their own, so that there are very many short lists.

Babenko and Lempitsky, The Inverted Multi-Index, CVPR 2012.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import faiss
import numpy as np

from geoloc_ros.vpr.search.index_kind import Index
from geoloc_ros.vpr.search.ivfpq import BYTE_CENTRES, NUMBERS_PER_BYTE
from geoloc_ros.vpr.search.lists import ROWS_PER_CENTRE, doublings, few_rounds, lists_to_visit

_ROWS_PER_LIST = 16


class Imi:
    """Implements `IndexKind`."""

    name: Final[Literal["imi"]] = "imi"
    effort_name = "nprobe"
    num_threads = 0
    most_candidates = 2000

    def fewest(self) -> int:
        """For the centres of a byte."""
        return ROWS_PER_CENTRE * BYTE_CENTRES

    def make(self, count: int, dimension: int) -> Index:
        """By Euclidean distance, the only one that it knows; of unit vectors the order is the same."""
        text = f"IMI2x{_bits(count)},PQ{dimension // NUMBERS_PER_BYTE}np"
        return few_rounds(faiss.index_factory(dimension, text, faiss.METRIC_L2))

    def num_training_rows(self, count: int) -> int:
        """For the centres of a half, or of a byte."""
        return ROWS_PER_CENTRE * max(BYTE_CENTRES, 1 << _bits(count))

    def efforts(self, count: int) -> tuple[int, ...]:
        """Lists to visit; to find more than half of them in their order costs more than to compare all rows."""
        return doublings(64, max(128, 1 << (2 * _bits(count) - 1)))

    def parameters(self, effort: int) -> Any:
        """As `IndexKind.parameters`."""
        return lists_to_visit(effort)


def _bits(count: int) -> int:
    """Of the number of a centre of one half."""
    return max(4, round(0.5 * float(np.log2(count / _ROWS_PER_LIST))))
