"""From which sequence passes where to clusters: several sequences on one stretch (appendix A.5.6 and A.5.7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from geoloc_ros.core.curation_config import CurationConfig
from geoloc_ros.core.types import Int64
from geoloc_ros.datasets.curation.matching import Stretches, match_stretches
from geoloc_ros.datasets.curation.merging import Passages, grow

_MOST = 0.5
"""Share of the frames of either of two runs that lie beside the other, if both are of one place."""


@dataclass(frozen=True)
class Clusters:
    """Clusters of the frames (N,) of stretches."""

    cluster: Int64
    """(N,), from 0 in the order of their first frames; -1 for frames of none."""
    sequence: Int64
    """(N,), from 0 likewise; those of a cluster are runs of frames without a hole."""


def find_clusters(stretches: Stretches, matches: csr_array, date: Int64, config: CurationConfig) -> Clusters:
    """Merge sequences that pass one place as long as they keep enough frames in common, and prune them to those.

    It begins with the two sequences of different dates that have most frames beside each other, adds the sequence that
    leaves most frames in common, again and again, and goes on with the frames that are left.

    Args:
        stretches: Frames (N,).
        matches: (N, P), of `match_stretches`.
        date: (P,), days on which the stretches were photographed.
        config: The limits.
    """
    passages = Passages(stretches.part, matches)
    seeds = _Seeds(passages, date, config)
    runs: list[list[Int64]] = []
    while (seed := seeds.best()) is not None:
        rows = grow(passages, *seed, config.min_frames)
        found = [place for place in _places(stretches, rows, config) if _is_enough(place, stretches.part, date, config)]
        if not found:
            seeds.refuse(*seed)
        for place in found:
            seeds.use(np.concatenate(place))
        runs += found
    return _numbered(runs, len(stretches.part))


def _numbered(clusters: list[list[Int64]], count: int) -> Clusters:
    cluster, sequence = np.full(count, -1, np.int64), np.full(count, -1, np.int64)
    number = 0
    for each, runs in enumerate(sorted(clusters, key=lambda runs: int(runs[0][0]))):
        for run in runs:
            cluster[run], sequence[run] = each, number
            number += 1
    return Clusters(cluster, sequence)


class _Seeds:
    """Pairs of stretches that clusters begin with."""

    def __init__(self, passages: Passages, date: Int64, config: CurationConfig) -> None:
        self._passages, self._least = passages, config.min_frames
        self._pair, self._beside = passages.count(np.arange(len(passages.part)))
        one, other = np.divmod(self._pair, passages.num_parts)
        self._back = np.searchsorted(self._pair, other * passages.num_parts + one)
        self._is_seed = (one < other) & (config.min_dates < 2 or date[one] != date[other])

    def best(self) -> tuple[int, int] | None:
        """The two with most frames beside each other."""
        back = self._beside[self._back]
        fits = self._is_seed & (np.minimum(self._beside, back) >= self._least)
        if not fits.any():
            return None
        pair = int(self._pair[np.argmax(np.where(fits, self._beside + back, 0))])
        return divmod(pair, self._passages.num_parts)

    def use(self, rows: Int64) -> None:
        """These frames are in a cluster now."""
        self._passages.is_free[rows] = False
        pair, count = self._passages.count(rows)
        self._beside[np.searchsorted(self._pair, pair)] -= count

    def refuse(self, one: int, other: int) -> None:
        """Begin with these two no more."""
        self._is_seed[np.searchsorted(self._pair, one * self._passages.num_parts + other)] = False


def _places(stretches: Stretches, rows: Int64, config: CurationConfig) -> list[list[Int64]]:
    """Frames as runs without a hole, those together that pass each other: a stretch may come to a place twice."""
    borders = np.flatnonzero((np.diff(rows) != 1) | (np.diff(stretches.part[rows]) != 0)) + 1
    runs = [run for run in np.split(rows, borders) if len(run) >= config.min_frames]
    if not runs:
        return []
    kept, count = np.concatenate(runs), len(runs)
    number = np.repeat(np.arange(count), [len(run) for run in runs])
    among = Stretches(
        number, stretches.position_m[kept], stretches.view_deg[kept], stretches.motion_deg[kept],
        stretches.along_m[kept],
    )  # fmt: skip
    frame, other = match_stretches(among, config).nonzero()
    beside = coo_array((np.ones(len(frame)), (number[frame], other)), shape=(count, count)).toarray()
    # Runs that merely follow each other have their ends beside each other, too.
    mostly = beside >= _MOST * np.bincount(number)[:, None]
    num_places, label = connected_components(csr_array(mostly & mostly.T), directed=False)
    return [[run for run, place in zip(runs, label, strict=True) if place == each] for each in range(num_places)]


def _is_enough(place: list[Int64], part: Int64, date: Int64, config: CurationConfig) -> bool:
    """Are there sequences of enough dates?"""
    dates = {int(date[part[run[0]]]) for run in place}
    return len(place) > 1 and len(dates) >= config.min_dates
