"""What a descriptor costs: arithmetic, memory, time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from geoloc_ros.core.interfaces import DescriptorSearch, PhotoEncoder
from geoloc_ros.core.types import Float32, UInt8

_TIMED, _ANSWERS = 20, 10


@dataclass(frozen=True)
class PhotoCosts:
    """NaN where nobody knows: classic descriptors have no parameters, files of others do not tell."""

    flops: float
    """Of one photo, a multiplication and an addition being two."""
    parameters: float
    dimension: int
    """D."""
    extraction_ms: float
    """Median, one photo at a time, from its pixels."""
    search_ms: float
    """Median, one query at a time; NaN where the index was not searched one by one."""
    search: str
    """What was searched with, for people."""
    search_mb: float
    """Memory that it needs."""
    photos: int
    """That it holds."""


def measure_costs(
    encoder: PhotoEncoder,
    metadata: Mapping[str, str],
    images: Sequence[UInt8],
    search: DescriptorSearch,
    queries: Float32,
    clock_s: Callable[[], float] = time.perf_counter,
) -> PhotoCosts:
    """Time some photos and some queries (Q, D), after one of each that does not count.

    Args:
        encoder: Makes the descriptors.
        metadata: What the file of the network tells.
        images: At least one, as they come from the camera.
        search: Of the index.
        queries: At least one.
        clock_s: Seconds from any start.
    """
    extraction_s = _median_s([partial(encoder.encode, [image]) for image in images[:_TIMED]], clock_s)
    singles = queries[:_TIMED, None]
    search_s = _median_s([partial(search.search, query, _ANSWERS) for query in singles], clock_s)
    return PhotoCosts(
        _number(metadata, "flops"), _number(metadata, "parameters"), encoder.dimension, 1e3 * extraction_s,
        1e3 * search_s, search.name, search.num_bytes / 1e6, len(search),
    )  # fmt: skip


def _median_s(calls: Sequence[Callable[[], object]], clock_s: Callable[[], float]) -> float:
    calls[0]()
    taken_s = []
    for call in calls:
        started_s = clock_s()
        call()
        taken_s.append(clock_s() - started_s)
    return float(np.median(taken_s))


def _number(metadata: Mapping[str, str], key: str) -> float:
    try:
        return float(metadata[key])
    except (KeyError, ValueError):
        return float("nan")
