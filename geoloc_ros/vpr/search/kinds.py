"""The kinds of indexes, and which one suits a collection."""

from __future__ import annotations

from geoloc_ros.core.photo_config import SearchKind
from geoloc_ros.vpr.search.fastscan import FastScan
from geoloc_ros.vpr.search.hnsw import Hnsw
from geoloc_ros.vpr.search.imi import Imi
from geoloc_ros.vpr.search.index_kind import IndexKind
from geoloc_ros.vpr.search.ivfpq import IvfPq
from geoloc_ros.vpr.search.memory import fits_in_memory

INDEX_KINDS: dict[SearchKind, IndexKind] = {kind.name: kind for kind in (IvfPq(), Imi(), Hnsw(), FastScan())}
"""All but exact search, which needs no index."""

# Numbers of all descriptors that one core compares in 6 ms: nobody waits for that.
_QUICK_PASS = 1 << 26
_FASTSCAN_NUMBERS_PER_BYTE = 8


def suitable_kind(count: int, dimension: int, recall: float) -> SearchKind:
    """What `search.kind=auto` stands for (docs/photo_search.md has the measurements).

    Exact where all nearest are wanted or a pass over all descriptors takes milliseconds; FastScan where its codes fit
    into memory, being the quickest to build and as quick as a graph to ask; else IVF-PQ, which takes half of that and
    whose lists can stay in a file.
    """
    if recall >= 1.0 or count * dimension <= _QUICK_PASS:
        return "exact"
    return "fastscan" if fits_in_memory(count * dimension // _FASTSCAN_NUMBERS_PER_BYTE) else "ivfpq"
