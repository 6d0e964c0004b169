"""One window: its frames to clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from geoloc_ros.core.curation_config import CurationConfig
from geoloc_ros.core.types import Bool, Float64, Int64, UInt8
from geoloc_ros.datasets.curation.angles import motion_deg, way_m
from geoloc_ros.datasets.curation.clusters import find_clusters
from geoloc_ros.datasets.curation.frames import Fate, Frames
from geoloc_ros.datasets.curation.matching import Stretches, match_stretches
from geoloc_ros.datasets.curation.sequences import select_sequences
from geoloc_ros.datasets.curation.windows import window_origin

_DAY_MS = 86_400_000


@dataclass(frozen=True)
class CuratedWindow:
    """What became of the frames (N,) of a window, and of those (K,) that are in its clusters."""

    key: int
    fate: UInt8
    """(N,), of `frames.Fate`."""
    rows: Int64
    """(K,), of the window's frames; cluster by cluster, sequence by sequence, in the order of time."""
    cluster: Int64
    """(K,), from 0."""
    sequence: Int64
    """(K,), from 0, over all clusters of the window."""
    motion_deg: Float64
    """(K,), clockwise from north."""
    date: Int64
    """(K,), day since 1970 by the sun, of the sequence."""


def curate_window(frames: Frames, key: int, config: CurationConfig) -> CuratedWindow:
    """Clusters of one window; nothing outside of it counts.

    Args:
        frames: (N,), in the order of `frames.FRAME`.
        key: Of the window.
        config: The limits.
    """
    position_m = window_origin(key, config.window_m).to_map(frames["latitude_deg"], frames["longitude_deg"])
    selected = select_sequences(frames, position_m, config)
    fate, rows = selected.fate.copy(), np.flatnonzero(selected.part >= 0)
    chosen, stretches = frames[rows], _stretches(frames[rows], position_m[rows], selected.part[rows], config)
    day = sun_day(chosen["stamp_ms"], chosen["longitude_deg"])
    date = day[np.searchsorted(stretches.part, np.arange(stretches.num_parts))]
    matches = match_stretches(stretches, config)
    clusters = find_clusters(stretches, matches, date, config)
    passed = np.diff(matches.indptr) > 0
    passed_elsewhen = passed if config.min_dates < 2 else _passed_on_another_date(matches, stretches.part, date)
    fate[rows] = _fate(clusters.cluster >= 0, passed, passed_elsewhen)
    kept = np.flatnonzero(clusters.cluster >= 0)
    kept = kept[np.lexsort((kept, clusters.sequence[kept]))]
    return CuratedWindow(
        key, fate, rows[kept], clusters.cluster[kept], clusters.sequence[kept], stretches.motion_deg[kept],
        date[stretches.part[kept]],
    )


def sun_day(stamp_ms: Int64, longitude_deg: Float64) -> Int64:
    """Days (N,) since 1970 that begin when the sun is lowest: those of UTC begin at noon in some places."""
    day: Int64 = np.floor((stamp_ms + longitude_deg / 360.0 * _DAY_MS) / _DAY_MS).astype(np.int64)
    return day


def _stretches(frames: Frames, position_m: Float64, part: Int64, config: CurationConfig) -> Stretches:
    motion = motion_deg(position_m, part, config.motion_m)
    return Stretches(part, position_m, frames["compass_deg"], motion, way_m(position_m, part))


def _passed_on_another_date(matches: csr_array, part: Int64, date: Int64) -> Bool:
    """Does a stretch of another date than its own pass a frame (N,)?"""
    frame, other = matches.nonzero()
    found = np.zeros(len(part), bool)
    found[frame[date[part[frame]] != date[other]]] = True
    return found


def _fate(is_kept: Bool, passed: Bool, passed_elsewhen: Bool) -> UInt8:
    rules = {Fate.KEPT: is_kept, Fate.UNMATCHED: ~passed, Fate.ONE_DATE: ~passed_elsewhen}
    return np.asarray(np.select(list(rules.values()), list(rules), Fate.UNCOMMON), np.uint8)
