"""The recent past of odometry, to be asked where the base was when an image was taken."""

from __future__ import annotations

from bisect import bisect_left

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.types import OdometryPose, Pose2


class OdometryBuffer:
    """Odometry poses in the order of their stamps; those older than `length_s` before the newest are forgotten."""

    def __init__(self, length_s: float) -> None:
        self._length_ns = int(length_s * 1e9)
        self._stamps_ns: list[int] = []
        self._poses: list[Pose2] = []

    def __len__(self) -> int:
        return len(self._stamps_ns)

    def append(self, odometry: OdometryPose) -> None:
        """Remember a pose.

        Raises:
            ObservationError: If it is not newer than the newest.
        """
        if self._stamps_ns and odometry.stamp_ns <= self._stamps_ns[-1]:
            raise ObservationError(
                f"odometry of {odometry.stamp_ns} ns is not newer than the one of {self._stamps_ns[-1]} ns before it"
            )
        self._stamps_ns.append(odometry.stamp_ns)
        self._poses.append(odometry.pose)
        # Forgetting in blocks keeps an append at constant cost.
        kept = bisect_left(self._stamps_ns, odometry.stamp_ns - self._length_ns)
        if kept > len(self._stamps_ns) // 2:
            del self._stamps_ns[:kept], self._poses[:kept]

    def clear(self) -> None:
        """Forget everything."""
        self._stamps_ns.clear()
        self._poses.clear()

    def reaches(self, stamp_ns: int) -> bool:
        """Is there odometry of this stamp or later?"""
        return bool(self._stamps_ns) and self._stamps_ns[-1] >= stamp_ns

    def at(self, stamp_ns: int) -> Pose2:
        """Pose at a stamp, interpolated between the two around it.

        Raises:
            ObservationError: If the stamp lies before or after everything remembered.
        """
        after = bisect_left(self._stamps_ns, stamp_ns)
        if after == len(self._stamps_ns) or (after == 0 and self._stamps_ns[0] != stamp_ns):
            known = f"{self._stamps_ns[0]} to {self._stamps_ns[-1]} ns" if self._stamps_ns else "nothing"
            raise ObservationError(f"no odometry around stamp {stamp_ns} ns, only of {known}")
        if self._stamps_ns[after] == stamp_ns:
            return self._poses[after]
        before_ns, after_ns = self._stamps_ns[after - 1 : after + 1]
        before, behind = self._poses[after - 1 : after + 1]
        ratio = (stamp_ns - before_ns) / (after_ns - before_ns)
        return Pose2(
            before.x_m + ratio * (behind.x_m - before.x_m),
            before.y_m + ratio * (behind.y_m - before.y_m),
            wrap_angle(before.yaw_rad + ratio * wrap_angle(behind.yaw_rad - before.yaw_rad)),
        )
