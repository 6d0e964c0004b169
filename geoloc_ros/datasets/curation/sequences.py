"""From the frames of a window to sequences one can trust (appendix A.5.2 and A.5.3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.curation_config import CurationConfig
from geoloc_ros.core.types import Bool, Float64, Int64, UInt8
from geoloc_ros.datasets.curation.angles import difference_deg
from geoloc_ros.datasets.curation.frames import Fate, Frames

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Sequences:
    """Stretches of the frames (N,) of a window."""

    part: Int64
    """(N,), number of the stretch, ascending over the frames that have one; -1 for those of none."""
    fate: UInt8
    """(N,), KEPT or why not."""


def select_sequences(frames: Frames, position_m: Float64, config: CurationConfig) -> Sequences:
    """Stretches of enough frames without gaps, of one sequence per user and slot, whose compasses agree.

    Where the table names sequences, a sequence of the window is the frames of one name; where it does not, the frames
    of one user within one slot.

    Args:
        frames: (N,) of one window, in the order of `frames.FRAME`.
        position_m: (N, 2), where they were taken.
        config: The limits.
    """
    fate = np.where(_is_repeated(frames), Fate.REPEATED, Fate.KEPT).astype(np.uint8)
    rows = np.flatnonzero(fate == Fate.KEPT)
    slot = frames["stamp_ms"][rows] // (config.slot_s * 1000)
    group = _groups(frames[rows], slot)
    group_fate = _judge_groups(frames[rows], slot, group, config)
    fate[rows] = group_fate[group]
    good = group_fate[group] == Fate.KEPT
    rows, group = rows[good], group[good]
    stretch = _split(position_m[rows], group, config.max_gap_m)
    is_short = np.bincount(stretch)[stretch] < config.min_frames
    fate[rows[is_short]] = Fate.SPLIT
    part = np.full(len(frames), -1, np.int64)
    part[rows[~is_short]] = _renumbered(stretch[~is_short])
    return Sequences(part, fate)


def _is_repeated(frames: Frames) -> Bool:
    """All but the first of the frames of one id."""
    repeated = np.ones(len(frames), bool)
    repeated[np.unique(frames["digest"], return_index=True)[1]] = False
    return repeated


def _groups(frames: Frames, slot: Int64) -> Int64:
    """Number (N,) of the sequence of each frame, ascending."""
    unnamed_slot = np.where(frames["sequence"] == 0, slot, 0)
    changes = (
        (np.diff(frames["user"]) != 0) | (np.diff(frames["sequence"]) != 0) | (np.diff(unnamed_slot) != 0)
    )
    return _numbers(changes, len(frames))


def _judge_groups(frames: Frames, slot: Int64, group: Int64, config: CurationConfig) -> UInt8:
    """Fate (G,) of each sequence: of the first rule that it breaks."""
    count = np.bincount(group)
    first = np.searchsorted(group, np.arange(len(count)))
    compass_deg = frames["compass_deg"]
    strange = np.bincount(group, (compass_deg < 0.0) | (compass_deg >= 360.0), len(count)) > 0
    agrees = difference_deg(compass_deg, frames["computed_deg"]) <= config.compass_tolerance_deg
    agreeing = np.bincount(group, agrees, len(count))
    rules = {
        Fate.SAME_SLOT: ~_is_longest(frames["user"][first], slot[first], count, frames["sequence"][first]),
        Fate.COMPASS_RANGE: strange,
        Fate.COMPASS_DISAGREES: agreeing < config.compass_agreement * count - _ROUNDING,
        Fate.SHORT: count < config.min_frames,
    }
    return np.asarray(np.select(list(rules.values()), list(rules), Fate.KEPT), np.uint8)


def _is_longest(user: Int64, slot: Int64, count: Int64, name: Int64) -> Bool:
    """Is a sequence (G,) the longest of its user in the slot that it begins in? Of equal ones, one is."""
    order = np.lexsort((name, -count, slot, user))
    leads = np.ones(len(order), bool)
    leads[1:] = (np.diff(user[order]) != 0) | (np.diff(slot[order]) != 0)
    longest = np.empty(len(order), bool)
    longest[order] = leads
    return longest


def _split(position_m: Float64, group: Int64, max_gap_m: float) -> Int64:
    """Number (N,) of the stretch, a new one wherever a sequence begins or jumps."""
    step_m = np.linalg.norm(np.diff(position_m, axis=0), axis=1)
    return _numbers((np.diff(group) != 0) | (step_m > max_gap_m), len(group))


def _numbers(changes: Bool, count: int) -> Int64:
    """Number (N,) of the run of each row, given where (N - 1,) the next row begins another."""
    numbers = np.zeros(count, np.int64)
    np.cumsum(changes, out=numbers[1:])
    return numbers


def _renumbered(numbers: Int64) -> Int64:
    return np.asarray(np.unique(numbers, return_inverse=True)[1], np.int64)
