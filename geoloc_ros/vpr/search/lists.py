"""What indexes of inverted lists share: how many lists, and how they are trained and asked."""

from __future__ import annotations

from typing import Any, Final

import faiss
import numpy as np

from geoloc_ros.vpr.search.index_kind import Index

ROWS_PER_CENTRE: Final = 39
"""Fewer than this of a training sample for each centre, and faiss calls it too few."""
_ROUNDS = 10


def num_lists(count: int) -> int:
    """About two per square root of `count`, a power of two: looking for lists then costs about what a list does."""
    return int(2 ** round(np.log2(max(4.0, 2.0 * np.sqrt(count)))))


def doublings(first: int, last: int) -> tuple[int, ...]:
    """`first`, twice that and so on, and `last`."""
    return (*(first << k for k in range(64) if first << k < last), last)


def few_rounds(index: Index) -> Index:
    """The index, which will be trained in ten rounds: more cost minutes and gain nothing."""
    index.cp.niter = index.pq.cp.niter = _ROUNDS
    return index


def lists_to_visit(effort: int) -> Any:
    """As `IndexKind.parameters`."""
    return faiss.SearchParametersIVF(nprobe=effort)
