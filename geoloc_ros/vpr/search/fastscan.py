"""Product quantization to four bits, compared in registers: quick to train, and all rows are looked at in few memory.

Andre, Kermarrec and Le Scouarnec, Cache Locality Is Not Enough: High-Performance Nearest Neighbor Search with Product
Quantization Fast Scan, VLDB 2015; faiss's own form of it. Four bits are too coarse for an answer, never for candidates.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import faiss

from geoloc_ros.vpr.search.index_kind import Index
from geoloc_ros.vpr.search.lists import ROWS_PER_CENTRE, doublings, few_rounds, lists_to_visit, num_lists

_NUMBERS_PER_CODE = 4
_CENTRES = 16
# Below, to look at all codes is as fast as to find the lists that are worth it.
_FEWEST_FOR_LISTS = 500_000


class FastScan:
    """Implements `IndexKind`."""

    name: Final[Literal["fastscan"]] = "fastscan"
    effort_name = "nprobe"
    num_threads = 0
    most_candidates = 2000

    def fewest(self) -> int:
        """For the centres of four bits."""
        return ROWS_PER_CENTRE * _CENTRES

    def make(self, count: int, dimension: int) -> Index:
        """By inner product."""
        codes = f"PQ{dimension // _NUMBERS_PER_CODE}x4fs"
        if count < _FEWEST_FOR_LISTS:
            return faiss.index_factory(dimension, codes, faiss.METRIC_INNER_PRODUCT)
        return few_rounds(faiss.index_factory(dimension, f"IVF{num_lists(count)},{codes}", faiss.METRIC_INNER_PRODUCT))

    def num_training_rows(self, count: int) -> int:
        """For all centres of lists, if there are lists."""
        return ROWS_PER_CENTRE * (num_lists(count) if count >= _FEWEST_FOR_LISTS else 16 * _CENTRES)

    def efforts(self, count: int) -> tuple[int, ...]:
        """Lists to visit."""
        return doublings(8, num_lists(count)) if count >= _FEWEST_FOR_LISTS else (0,)

    def parameters(self, effort: int) -> Any:
        """As `IndexKind.parameters`."""
        return lists_to_visit(effort) if effort else None
