"""Which sequences pass the place of a frame, looking and moving the same way (appendix A.5.4 and A.5.5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from geoloc_ros.core.curation_config import CurationConfig
from geoloc_ros.core.types import Float64, Int64
from geoloc_ros.datasets.curation.angles import difference_deg

_MAX_PAIRS = 1_000_000
"""Of frames at a time: 50 MB."""
_BITS_PER_PAIR = 20
"""A pair needs as much memory as so many places in the table of who passes whom."""


@dataclass(frozen=True)
class Stretches:
    """Frames (N,) of P stretches in the order in which they were taken, stretch by stretch."""

    part: Int64
    """(N,), ascending from 0."""
    position_m: Float64
    """(N, 2)."""
    view_deg: Float64
    """(N,), clockwise from north."""
    motion_deg: Float64
    """(N,), likewise; NaN where it does not move."""
    along_m: Float64
    """(N,), from the start of the stretch."""

    @property
    def num_parts(self) -> int:
        """P."""
        return int(self.part[-1]) + 1 if len(self.part) else 0


def match_stretches(stretches: Stretches, config: CurationConfig) -> csr_array:
    """Matrix (N, P) of 0 and 1: does a frame lie where another stretch passes? Skipped frames are added."""
    frame, other = _direct_matches(stretches, config)
    more_frame, more_other = _skipped(stretches, frame, other, config.max_skip_m)
    frame, other = np.concatenate([frame, more_frame]), np.concatenate([other, more_other])
    shape = (len(stretches.part), stretches.num_parts)
    return csr_array((np.ones(len(frame), np.int32), (frame, other)), shape=shape)


def _direct_matches(stretches: Stretches, config: CurationConfig) -> tuple[Int64, Int64]:
    """Frames, ascending, and the stretches that have a frame beside them, each pair once."""
    num_parts = stretches.num_parts
    codes = [np.empty(0, np.int64)]
    for first, last, frame, beside in _near_pairs(stretches.position_m, config.distance_m, num_parts):
        fits = stretches.part[frame] != stretches.part[beside]
        frame, beside = frame[fits], beside[fits]
        limits = ((stretches.view_deg, config.view_deg), (stretches.motion_deg, config.heading_deg))
        for direction_deg, limit_deg in limits:
            fits = difference_deg(direction_deg[frame], direction_deg[beside]) < limit_deg
            frame, beside = frame[fits], beside[fits]
        # A table of bits: sorting all these pairs takes longer than finding them.
        is_beside = np.zeros((last - first, num_parts), bool)
        is_beside[frame - first, stretches.part[beside]] = True
        codes.append(np.flatnonzero(is_beside) + first * num_parts)
    code = np.concatenate(codes)
    return code // max(1, num_parts), code % max(1, num_parts)


def _near_pairs(position_m: Float64, distance_m: float, num_parts: int) -> Iterator[tuple[int, int, Int64, Int64]]:
    """Pairs of frames closer than that, both ways round, of the first up to the last frame of a bite."""
    if len(position_m) == 0:
        return
    tree = cKDTree(position_m)
    found = tree.query_ball_point(position_m, distance_m, return_length=True)
    neighbours = np.cumsum(found + num_parts / _BITS_PER_PAIR)
    cuts = np.searchsorted(neighbours, np.arange(_MAX_PAIRS, neighbours[-1], _MAX_PAIRS)).tolist()
    for first, last in zip([0, *cuts], [*cuts, len(position_m)], strict=True):
        if first == last:
            continue
        some = cKDTree(position_m[first:last]).sparse_distance_matrix(tree, distance_m, output_type="ndarray")
        near = some["v"] < distance_m
        yield first, last, some["i"][near] + first, some["j"][near]


def _skipped(stretches: Stretches, frame: Int64, other: Int64, max_skip_m: float) -> tuple[Int64, Int64]:
    """Frames between two that match a stretch, and that stretch."""
    order = np.lexsort((frame, other))
    frame, other = frame[order], other[order]
    before, after = frame[:-1], frame[1:]
    is_gap = (other[:-1] == other[1:]) & (stretches.part[before] == stretches.part[after]) & (after - before > 1)
    is_gap &= stretches.along_m[after] - stretches.along_m[before] <= max_skip_m
    first, count = before[is_gap] + 1, (after - before)[is_gap] - 1
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(first, count) + within, np.repeat(other[:-1][is_gap], count)
