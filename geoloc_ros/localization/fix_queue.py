"""What others say of the vehicle, until the frame comes that it belongs to."""

from __future__ import annotations

from collections import deque

import numpy as np

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import HeadingFix, PlaceEvidence, PositionFix

Fix = PositionFix | HeadingFix | PlaceEvidence

# A receiver says ten positions a second at most, and frames come more than once in ten seconds.
_MOST = 100


class FixQueue:
    """Fixes in the order of their stamps. They come at any time; each belongs to the frame nearest to its stamp."""

    def __init__(self) -> None:
        self._waiting: deque[Fix] = deque(maxlen=_MOST)

    def clear(self) -> None:
        """Forget those that wait."""
        self._waiting.clear()

    def add(self, fix: Fix) -> None:
        """Let a fix wait; the oldest one makes room where very many do.

        Raises:
            ObservationError: If something in it is no number.
        """
        if not _is_finite(fix):
            raise ObservationError(f"{type(fix).__name__} of {fix.stamp_ns} ns is not finite: {fix}")
        self._waiting.append(fix)

    def forget(self, before_ns: int) -> None:
        """Drop what is older than a stamp."""
        self._waiting = deque((fix for fix in self._waiting if fix.stamp_ns >= before_ns), maxlen=_MOST)

    def take(self, until_ns: int) -> tuple[Fix, ...]:
        """Fixes up to a stamp, oldest first; they wait no longer."""
        taken = [fix for fix in self._waiting if fix.stamp_ns <= until_ns]
        self._waiting = deque((fix for fix in self._waiting if fix.stamp_ns > until_ns), maxlen=_MOST)
        return tuple(sorted(taken, key=lambda fix: fix.stamp_ns))


def _is_finite(fix: Fix) -> bool:
    if isinstance(fix, HeadingFix):
        return bool(np.isfinite([fix.yaw_rad, fix.sigma_rad]).all())
    if isinstance(fix, PositionFix):
        return bool(np.isfinite(fix.position_m).all() and np.isfinite(fix.covariance_m2).all())
    # A yaw that is NaN is one that nobody said.
    return bool(np.isfinite(fix.position_m).all() and np.isfinite(fix.log_ratio).all() and np.isfinite(fix.sigma_m))
