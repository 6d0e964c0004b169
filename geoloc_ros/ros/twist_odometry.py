"""Odometry out of velocities, for stacks that have no odometry of their own, like Autoware."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import TwistWithCovarianceStamped
from nav_msgs.msg import Odometry
from std_msgs.msg import Header

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.geometry import compose
from geoloc_ros.core.types import Pose2
from geoloc_ros.ros.conversions import to_pose_msg, to_stamp_ns


class TwistOdometry:
    """Adds up velocities of the base, starting at the origin of a frame of its own."""

    def __init__(self, odom_frame: str) -> None:
        self._odom_frame = odom_frame
        self.clear()

    def clear(self) -> None:
        """Start anew."""
        self._pose = Pose2(0.0, 0.0, 0.0)
        self._last: tuple[int, Pose2] | None = None

    def add(self, message: TwistWithCovarianceStamped) -> Odometry:
        """Where the base is by now, with its velocity; the velocity changed evenly since the message before.

        Raises:
            ObservationError: If the velocity is not finite, or not newer than the one before.
        """
        stamp_ns, twist = to_stamp_ns(message.header.stamp), message.twist.twist
        velocity = Pose2(twist.linear.x, twist.linear.y, twist.angular.z)
        if not np.isfinite(velocity.as_array()).all():
            raise ObservationError(f"twist at {stamp_ns} ns is not finite: {velocity}")
        if self._last is not None and stamp_ns <= self._last[0]:
            raise ObservationError(f"twist of {stamp_ns} ns is not newer than the one of {self._last[0]} ns before it")
        if self._last is not None:
            before_ns, before = self._last
            mean = 0.5 * (before.as_array() + velocity.as_array()) * (stamp_ns - before_ns) * 1e-9
            # Half of the turn first: an arc's chord looks the way of its middle.
            middle = compose(self._pose, Pose2(0.0, 0.0, float(mean[2]) / 2.0))
            self._pose = compose(middle, Pose2(float(mean[0]), float(mean[1]), float(mean[2]) / 2.0))
        self._last = stamp_ns, velocity
        header = Header(stamp=message.header.stamp, frame_id=self._odom_frame)
        odometry = Odometry(header=header, child_frame_id=message.header.frame_id, twist=message.twist)
        odometry.pose.pose = to_pose_msg(self._pose)
        return odometry
