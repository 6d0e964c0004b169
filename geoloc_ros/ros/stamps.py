"""What to do with a stamp that is not newer than the one before."""

from __future__ import annotations

from enum import Enum

# So many frames in a row, ascending among themselves but older than what was seen: the source has started again.
_RESTART_AFTER = 5


class StampVerdict(Enum):
    """Of one frame."""

    NEW = "new"
    OLD = "old"
    RESTARTED = "restarted"


class StampGuard:
    """Tells frames that come late or twice from a source that has started again, e.g. a bag played in a loop."""

    def __init__(self) -> None:
        self._newest_ns: int | None = None
        self._old_in_a_row: list[int] = []

    def judge(self, stamp_ns: int) -> StampVerdict:
        """Verdict on the next frame; after RESTARTED the frame counts as new."""
        if self._newest_ns is None or stamp_ns > self._newest_ns:
            self._newest_ns = stamp_ns
            self._old_in_a_row.clear()
            return StampVerdict.NEW
        if self._old_in_a_row and stamp_ns <= self._old_in_a_row[-1]:
            self._old_in_a_row.clear()
        self._old_in_a_row.append(stamp_ns)
        if len(self._old_in_a_row) < _RESTART_AFTER:
            return StampVerdict.OLD
        self.reset()
        self._newest_ns = stamp_ns
        return StampVerdict.RESTARTED

    def reset(self) -> None:
        """Accept any stamp next."""
        self._newest_ns = None
        self._old_in_a_row.clear()
