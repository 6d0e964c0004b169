"""Frames of a table as arrays, and what becomes of each of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

FRAME = np.dtype([
    ("window", np.int64),  # `windows.window_of`
    ("user", np.uint64),  # digests of names: `digest`
    ("sequence", np.uint64),  # 0 where the table has none
    ("stamp_ms", np.int64),  # since 1970, UTC
    ("latitude_deg", np.float64),
    ("longitude_deg", np.float64),
    ("compass_deg", np.float64),  # of the device, clockwise from north
    ("computed_deg", np.float64),  # of structure from motion; NaN where there is none
    ("digest", np.uint64),  # of the id
    ("text", np.int64),  # where the spool holds id and file
    ("length", np.int32),
])
"""One frame. The order of a window's frames: user, sequence, time, id; the order of the table's rows says nothing."""

Frames = NDArray[Any]
"""(N,) of `FRAME`."""


class Fate(IntEnum):
    """Why a frame is in no cluster; in the order of the steps."""

    KEPT = 0
    REPEATED = 1
    SAME_SLOT = 2
    COMPASS_RANGE = 3
    COMPASS_DISAGREES = 4
    SHORT = 5
    SPLIT = 6
    UNMATCHED = 7
    ONE_DATE = 8
    UNCOMMON = 9


FATE_WORDS = {
    Fate.KEPT: "in a cluster",
    Fate.REPEATED: "an id that came before",
    Fate.SAME_SLOT: "another sequence of the same user and slot",
    Fate.COMPASS_RANGE: "a sequence with compass angles off 0 to 360 degrees",
    Fate.COMPASS_DISAGREES: "a sequence whose compasses disagree",
    Fate.SHORT: "a sequence of too few frames",
    Fate.SPLIT: "too few frames between two gaps",
    Fate.UNMATCHED: "no other sequence there, looking and moving the same way",
    Fate.ONE_DATE: "other sequences there on the same day only",
    Fate.UNCOMMON: "not on the stretch that a cluster has in common",
}
"""For people."""


@dataclass(frozen=True)
class TableProblem:
    """A row that cannot be used."""

    place: str
    """File and row."""
    frame: str
    """Its id; "" where even that is missing."""
    reason: str
    """What is wrong, without the value: rows are counted by it."""
    value: str
    """What was seen."""
