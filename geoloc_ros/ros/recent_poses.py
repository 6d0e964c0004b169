"""Where a tracker believed the vehicle to be within the last seconds."""

from __future__ import annotations

from collections import deque

import numpy as np

from geoloc_ros.core.types import Float64, Pose2

# Seconds of poses at the rate of odometry. Who has not spoken for one of them has no pose.
_MOST, _STALE_NS = 200, 1_000_000_000
# Between the stamp of a pose and that of an image a vehicle drives and turns no faster.
_FASTEST_MPS, _FASTEST_RADPS = 20.0, 1.0


class RecentPoses:
    """Poses by their stamps; the nearest to that of an image is what is known of it."""

    def __init__(self) -> None:
        self._poses: deque[tuple[int, Pose2, Float64]] = deque(maxlen=_MOST)

    def clear(self) -> None:
        """Time starts anew."""
        self._poses.clear()

    def add(self, stamp_ns: int, pose: Pose2, covariance: Float64) -> None:
        """Remember one with its covariance (3, 3)."""
        self._poses.append((stamp_ns, pose, covariance))

    def at(self, stamp_ns: int) -> tuple[Pose2, Float64] | None:
        """Pose and covariance at a stamp, grown by what may have been driven since; None where nobody knew lately."""
        poses = tuple(self._poses)  # another thread may add
        if not poses:
            return None
        nearest_ns, pose, covariance = min(poses, key=lambda entry: abs(entry[0] - stamp_ns))
        apart_ns = abs(nearest_ns - stamp_ns)
        if apart_ns > _STALE_NS:
            return None
        driven = np.array([_FASTEST_MPS, _FASTEST_MPS, _FASTEST_RADPS]) * apart_ns * 1e-9
        return pose, covariance + np.diag(np.square(driven))
