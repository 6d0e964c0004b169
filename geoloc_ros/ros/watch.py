"""What the localizer says, as lines for a person in a terminal: one per second of the drive and one per change."""

from __future__ import annotations

import os
import sys

import numpy as np
import rclpy
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import PointCloud2

from geoloc_ros.core.types import Float32, LocalizationStatus, Pose2
from geoloc_ros.msg import LocalizationState
from geoloc_ros.ros.conversions import to_pose2, to_stamp_ns
from geoloc_ros.ros.environment import set_ros_defaults
from geoloc_ros.ros.qos import LATCHED_QOS
from geoloc_ros.ros.sensors import to_structured

_QOS = QoSProfile(depth=100)
_PERIOD_NS = 1_000_000_000
_HELD_RATIO = 0.9
_FIX_STATES = (LocalizationStatus.INITIALIZED, LocalizationStatus.DEGRADED)


class Commentary:
    """Puts together what belongs to one stamp. Time runs from the first true pose."""

    def __init__(self) -> None:
        self._truth: dict[int, Pose2] = {}
        self._pose: tuple[int, Pose2] = (-1, Pose2(0.0, 0.0, 0.0))
        self._num_places: tuple[int, int] = (-1, 0)
        self._last_ns = -_PERIOD_NS
        self._last_status = LocalizationStatus.UNINITIALIZED
        self._was_found = False

    def hear_truth(self, stamp_ns: int, pose: Pose2) -> None:
        """Where the vehicle really is."""
        self._truth[stamp_ns] = pose

    def hear_pose(self, stamp_ns: int, pose: Pose2) -> None:
        """A fix."""
        self._pose = (stamp_ns, pose)

    def hear_belief(self, stamp_ns: int, probability: Float32) -> None:
        """Probabilities (k,) of the viewpoints in the belief."""
        held = np.cumsum(np.sort(probability)[::-1])
        self._num_places = (stamp_ns, int(np.searchsorted(held, _HELD_RATIO * held[-1])) + 1 if len(held) else 0)

    def hear_state(self, stamp_ns: int, status: LocalizationStatus, probability: float) -> str | None:
        """The line to print, if it is time for one."""
        changed = status != self._last_status
        idle = status == LocalizationStatus.UNINITIALIZED
        if not changed and (idle or stamp_ns - self._last_ns < _PERIOD_NS):
            return None
        self._last_ns, self._last_status = stamp_ns, status
        time_s = (stamp_ns - next(iter(self._truth), stamp_ns)) * 1e-9
        return f"t = {time_s:5.1f} s  {self._event(status):<13} {self._details(stamp_ns, probability)}"

    def _event(self, status: LocalizationStatus) -> str:
        if status in _FIX_STATES and not self._was_found:
            self._was_found = True
            return "FOUND"
        return status.name

    def _details(self, stamp_ns: int, probability: float) -> str:
        details = f"belief {probability:.2f}"
        if self._num_places[0] == stamp_ns:
            details += f", 90 % of it in {self._num_places[1]} viewpoints"
        if self._pose[0] == stamp_ns and stamp_ns in self._truth:
            pose, truth = self._pose[1], self._truth[stamp_ns]
            details += f", error {np.hypot(pose.x_m - truth.x_m, pose.y_m - truth.y_m):.1f} m"
        return details


def _watch(node: Node, commentary: Commentary) -> None:
    """Subscribe to what the commentary needs; the state of a frame comes after everything else about it."""

    def on_state(message: LocalizationState) -> None:
        line = commentary.hear_state(
            to_stamp_ns(message.header.stamp), LocalizationStatus(message.state), message.probability
        )
        if line is not None:
            print(line, flush=True)

    def on_truth(message: Odometry) -> None:
        commentary.hear_truth(to_stamp_ns(message.header.stamp), to_pose2(message.pose.pose))

    def on_pose(message: PoseWithCovarianceStamped) -> None:
        commentary.hear_pose(to_stamp_ns(message.header.stamp), to_pose2(message.pose.pose))

    def on_belief(message: PointCloud2) -> None:
        commentary.hear_belief(to_stamp_ns(message.header.stamp), to_structured(message)["intensity"])

    node.create_subscription(LocalizationState, "localization_state", on_state, _QOS)
    node.create_subscription(PoseWithCovarianceStamped, "pose", on_pose, LATCHED_QOS)
    node.create_subscription(PointCloud2, "similarity", on_belief, _QOS)
    node.create_subscription(Odometry, "/ground_truth", on_truth, _QOS)


def main() -> int:
    """Print until told to stop."""
    set_ros_defaults(os.environ)
    rclpy.init()
    node = Node("watch")
    try:
        _watch(node, Commentary())
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
