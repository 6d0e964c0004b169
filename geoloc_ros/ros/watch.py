"""What the localizer says, as lines for a person in a terminal: now and then, and at every change."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import rclpy
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import PointCloud2

from geoloc_ros.core.types import Float32, LocalizationStatus, Pose2
from geoloc_ros.evaluation.metrics import FOUND_M
from geoloc_ros.msg import LocalizationState
from geoloc_ros.ros.conversions import to_pose2, to_stamp_ns
from geoloc_ros.ros.environment import set_ros_defaults
from geoloc_ros.ros.qos import LATCHED_QOS
from geoloc_ros.ros.sensors import to_structured

Value = TypeVar("Value")

_QOS = QoSProfile(depth=100)
_SEARCHING_PERIOD_NS = 1_000_000_000
_FIXED_PERIOD_NS = 5_000_000_000
_HELD_RATIO = 0.9
_FIX_STATES = (LocalizationStatus.INITIALIZED, LocalizationStatus.DEGRADED)
# What belongs to older frames than so many is forgotten.
_REMEMBERED = 1000


@dataclass(frozen=True)
class _State:
    stamp_ns: int
    status: LocalizationStatus
    probability: float


class Commentary:
    """Puts together what belongs to one stamp. Tells of a frame when the next one comes, since topics overtake others.

    Time runs from the first true pose.
    """

    def __init__(self) -> None:
        self._start_ns: int | None = None
        self._truth: dict[int, Pose2] = {}
        self._poses: dict[int, Pose2] = {}
        self._num_viewpoints: dict[int, int] = {}
        self._pending: _State | None = None
        self._told = _State(-_FIXED_PERIOD_NS, LocalizationStatus.UNINITIALIZED, 0.0)
        self._was_found = False

    def hear_truth(self, stamp_ns: int, pose: Pose2) -> None:
        """Where the vehicle really is."""
        if self._start_ns is None:
            self._start_ns = stamp_ns
        _remember(self._truth, stamp_ns, pose)

    def hear_pose(self, stamp_ns: int, pose: Pose2) -> None:
        """A fix."""
        _remember(self._poses, stamp_ns, pose)

    def hear_belief(self, stamp_ns: int, probability: Float32) -> None:
        """Probabilities (k,) of the viewpoints in the belief."""
        held = np.cumsum(np.sort(probability)[::-1])
        count = int(np.searchsorted(held, _HELD_RATIO * held[-1])) + 1 if len(held) else 0
        _remember(self._num_viewpoints, stamp_ns, count)

    def hear_state(self, stamp_ns: int, status: LocalizationStatus, probability: float) -> str | None:
        """The line about the frame before, if it is worth one."""
        state, self._pending = self._pending, _State(stamp_ns, status, probability)
        return self._line(state) if state is not None and self._is_news(state) else None

    def last_line(self) -> str | None:
        """The line about the last frame, whatever it says."""
        return self._line(self._pending) if self._pending is not None else None

    def _is_news(self, state: _State) -> bool:
        if state.status != self._told.status:
            return True
        period_ns = _FIXED_PERIOD_NS if state.status in _FIX_STATES else _SEARCHING_PERIOD_NS
        waiting = state.status == LocalizationStatus.UNINITIALIZED
        return not waiting and state.stamp_ns - self._told.stamp_ns >= period_ns

    def _line(self, state: _State) -> str:
        self._told = state
        error_m = self._error_m(state.stamp_ns)
        event = state.status.name
        if state.status in _FIX_STATES and not self._was_found and (error_m is None or error_m <= FOUND_M):
            self._was_found, event = True, "FOUND"
        time_s = (state.stamp_ns - (self._start_ns or state.stamp_ns)) * 1e-9
        error = f", error {error_m:.1f} m" if error_m is not None else ""
        return f"t = {time_s:5.1f} s  {event:<13} {self._details(state)}{error}"

    def _error_m(self, stamp_ns: int) -> float | None:
        pose, truth = self._poses.get(stamp_ns), self._truth.get(stamp_ns)
        if pose is None or truth is None:
            return None
        return float(np.hypot(pose.x_m - truth.x_m, pose.y_m - truth.y_m))

    def _details(self, state: _State) -> str:
        details = f"belief {state.probability:.2f}"
        if state.stamp_ns in self._num_viewpoints:
            details += f", 90 % of it in {self._num_viewpoints[state.stamp_ns]} viewpoints"
        return details


def _remember(known: dict[int, Value], stamp_ns: int, value: Value) -> None:
    known[stamp_ns] = value
    if len(known) > _REMEMBERED:
        del known[next(iter(known))]


def _watch(node: Node, commentary: Commentary) -> None:
    """Subscribe to what the commentary needs."""

    def on_state(message: LocalizationState) -> None:
        line = commentary.hear_state(
            to_stamp_ns(message.header.stamp), LocalizationStatus(message.state), message.probability
        )
        _print(line)

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


def _print(line: str | None) -> None:
    if line is not None:
        print(line, flush=True)


def main() -> int:
    """Print until told to stop."""
    set_ros_defaults(os.environ)
    rclpy.init()
    node, commentary = Node("watch"), Commentary()
    _watch(node, commentary)
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        _print(commentary.last_line())
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
