"""The way that odometry has driven, for frames that lie far apart."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np

from geoloc_ros.core.types import OdometryPose, Pose2

# Frames nearer to each other than this need no way between them, and it is kept no finer.
_SPACING_M = 10.0
# 100 km.
_MOST = 10_000


class DrivenWay:
    """Odometry every ten metres, until a frame takes what lies before it. One thread adds, another takes."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Start anew."""
        # Another thread may be taking the old ones.
        self._points: deque[OdometryPose] = deque(maxlen=_MOST)
        self._added: Pose2 | None = None

    def add(self, odometry: OdometryPose) -> None:
        """Remember where odometry is, if it is somewhere else by now."""
        if self._added is None or _distance_m(self._added, odometry.pose) >= _SPACING_M:
            self._points.append(odometry)
            self._added = odometry.pose

    def take(self, last: Pose2, until_ns: int) -> Iterator[OdometryPose]:
        """Points before a stamp, oldest first, that are ten metres or more from each other and from the last frame."""
        points = self._points
        while points and points[0].stamp_ns < until_ns:
            point = points.popleft()
            if _distance_m(last, point.pose) >= _SPACING_M:
                last = point.pose
                yield point


def _distance_m(one: Pose2, other: Pose2) -> float:
    return float(np.hypot(one.x_m - other.x_m, one.y_m - other.y_m))
