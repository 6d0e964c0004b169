"""Publishes the legs of a soak at their times, makes things go wrong, and listens to what the localizer says of it."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import rclpy
from _soak_log import Log
from _soak_nodes import NodeProcess
from _soak_road import ODOMETRY_HZ, Leg, Mishap
from geometry_msgs.msg import PoseWithCovarianceStamped
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from nav_msgs.msg import Odometry
from rcl_interfaces.srv import SetParameters
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import NavSatFix
from std_msgs.msg import Header

from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.types import SemanticScan
from geoloc_ros.msg import LocalizationState
from geoloc_ros.msg import SemanticScan as SemanticScanMsg
from geoloc_ros.ros.conversions import to_pose_msg, to_scan_msg, to_stamp_ns, to_time
from geoloc_ros.ros.qos import LATCHED_QOS, SCAN_QOS

_TICKS_PER_CLOCK = 5
_SAMPLE_PERIOD_S = 2.0
_CAMERA_PAUSE_S = 20.0
_BAG_PAUSE_S = 3.0
_RESTART_S = 1.0
_SERVICE_TIMEOUT_S = 20.0
_GPS_SIGMA_M = 5.0
_START_TIMEOUT_S = 60.0


class Driver:
    """A node that stands for the vehicle, and whoever plays tricks on it."""

    def __init__(self, nodes: dict[str, NodeProcess], encoder_id: str, origin: GeoOrigin, speed: float) -> None:
        rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
        self.log = Log()
        self._nodes, self._encoder_id, self._origin, self._speed = nodes, encoder_id, origin, speed
        self._node = Node("soak")
        many = QoSProfile(depth=200)
        self._scan = self._node.create_publisher(SemanticScanMsg, "scan", SCAN_QOS)
        self._odom = self._node.create_publisher(Odometry, "odom", many)
        self._fix = self._node.create_publisher(NavSatFix, "fix", 10)
        self._clock = self._node.create_publisher(Clock, "/clock", 10)
        self._node.create_subscription(LocalizationState, "localization_state", self._on_state, many)
        self._node.create_subscription(PoseWithCovarianceStamped, "pose", self._on_pose, LATCHED_QOS)
        self._node.create_subscription(Odometry, "odometry/global", lambda message: self.log.carried(), many)
        self._set: Any = self._node.create_client(SetParameters, "localizer/set_parameters")
        self._change: Any = self._node.create_client(ChangeState, "localizer/change_state")
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()
        self._sampled_s = 0.0
        self._uses_fix = False
        self._await_localizer()

    def close(self) -> None:
        """Leave ROS."""
        self._stopping.set()
        self._thread.join()
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.shutdown()

    def drive(self, leg: Leg) -> None:
        """One leg from end to end."""
        begun_s = due_s = time.monotonic()
        self.log.begin(leg.begins_with, leg.number, self.log.driven_s)
        step_ns, frame, fix, scans_from_ns = int(1e9 / ODOMETRY_HZ), 0, 0, 0
        middle_ns = int(leg.stamp_ns[len(leg.stamp_ns) // 2])
        mishap_is_due = True
        for tick, stamp_ns in enumerate(range(int(leg.stamp_ns[0]), int(leg.stamp_ns[-1]) + 1, step_ns)):
            self._wait_until(due_s)
            due_s += 1.0 / (ODOMETRY_HZ * self._speed)
            if tick % _TICKS_PER_CLOCK == 0:
                self._clock.publish(Clock(clock=to_time(stamp_ns)))
            self._publish_odometry(leg, stamp_ns)
            while fix < len(leg.fix_stamp_ns) and leg.fix_stamp_ns[fix] <= stamp_ns:
                self._publish_fix(int(leg.fix_stamp_ns[fix]), leg.fix_m[fix])
                fix += 1
            while frame < len(leg.stamp_ns) and leg.stamp_ns[frame] <= stamp_ns:
                if stamp_ns >= scans_from_ns:
                    self._publish_scan(leg, frame)
                frame += 1
            if mishap_is_due and stamp_ns >= middle_ns:
                mishap_is_due = False
                self.log.begin(leg.mishap, leg.number, self._simulated_s(leg, stamp_ns))
                if leg.mishap == "camera pauses":
                    scans_from_ns = stamp_ns + int(_CAMERA_PAUSE_S * 1e9)
                self._happen(leg.mishap)
                due_s = max(due_s, time.monotonic())
        self.log.driven_s += leg.duration_s
        self.log.wall_s += time.monotonic() - begun_s

    def _happen(self, mishap: Mishap) -> None:
        if mishap in ("localizer killed", "map server killed"):
            node = self._nodes["localizer" if mishap == "localizer killed" else "map_server"]
            node.kill()
            time.sleep(_RESTART_S)
            node.start()
            self._uses_fix = False if mishap == "localizer killed" else self._uses_fix
        elif mishap == "bag paused":
            time.sleep(_BAG_PAUSE_S)
        elif mishap == "deactivated":
            for transition in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_ACTIVATE):
                self._call(self._change, ChangeState.Request(transition=Transition(id=transition)))
        elif mishap == "parameters":
            self._uses_fix = not self._uses_fix
            changed = {
                "fix": "always" if self._uses_fix else "ignore", "transform_tolerance_s": 0.5, "path_length": 500,
                "localizer.fix_probability": 0.92,
            }
            parameters = [Parameter(name, value=value).to_parameter_msg() for name, value in changed.items()]
            self._call(self._set, SetParameters.Request(parameters=parameters))

    def _call(self, client: Any, request: Any) -> None:
        """Ask, and look after the processes while waiting."""
        future, until_s = client.call_async(request), time.monotonic() + _SERVICE_TIMEOUT_S
        while not future.done() and time.monotonic() < until_s:
            self._wait_until(time.monotonic() + 0.05)
        if not future.done():
            raise SystemExit(f"'{client.srv_name}' did not answer for {_SERVICE_TIMEOUT_S:.0f} s")

    def _publish_odometry(self, leg: Leg, stamp_ns: int) -> None:
        message = Odometry(header=Header(stamp=to_time(stamp_ns), frame_id="odom"), child_frame_id="base_link")
        message.pose.pose = to_pose_msg(leg.odometry_at(stamp_ns))
        self._odom.publish(message)

    def _publish_fix(self, stamp_ns: int, position_m: Any) -> None:
        latitude_deg, longitude_deg = self._origin.to_geodetic(np.asarray(position_m, np.float64))
        message = NavSatFix(
            header=Header(stamp=to_time(stamp_ns), frame_id="gps"), latitude=float(latitude_deg),
            longitude=float(longitude_deg), position_covariance_type=NavSatFix.COVARIANCE_TYPE_APPROXIMATED,
        )
        message.position_covariance = (np.eye(3) * _GPS_SIGMA_M**2).reshape(-1)
        self._fix.publish(message)

    def _publish_scan(self, leg: Leg, frame: int) -> None:
        stamp_ns, scan = int(leg.stamp_ns[frame]), leg.scan
        header = Header(stamp=to_time(stamp_ns), frame_id="base_link")
        one = SemanticScan(scan.range_m[frame], scan.instance[frame], scan.observed[frame])
        message = to_scan_msg(one, leg.query[frame], self._encoder_id, header)
        x_m, y_m, _ = map(float, leg.truth[frame])
        self.log.sent(stamp_ns, self._simulated_s(leg, stamp_ns), x_m, y_m)
        self._scan.publish(message)

    def _simulated_s(self, leg: Leg, stamp_ns: int) -> float:
        return self.log.driven_s + (stamp_ns - int(leg.stamp_ns[0])) * 1e-9

    def _wait_until(self, due_s: float) -> None:
        now_s = time.monotonic()
        if now_s - self._sampled_s > _SAMPLE_PERIOD_S:
            self._sampled_s = now_s
            self._look_after_nodes(now_s)
        if (left_s := due_s - time.monotonic()) > 0.0:
            time.sleep(left_s)

    def _look_after_nodes(self, now_s: float) -> None:
        for node in self._nodes.values():
            if node.is_alive():
                node.sample(now_s)
            else:
                self.log.crashes += 1
                node.start()

    def _await_localizer(self) -> None:
        """It loads an index first, which takes some seconds."""
        until_s = time.monotonic() + _START_TIMEOUT_S
        while self._scan.get_subscription_count() == 0:
            if time.monotonic() > until_s:
                raise SystemExit(f"the localizer did not subscribe within {_START_TIMEOUT_S:.0f} s")
            time.sleep(0.1)

    def _on_state(self, message: LocalizationState) -> None:
        self.log.heard_state(to_stamp_ns(message.header.stamp), message.state, message.reason)

    def _on_pose(self, message: PoseWithCovarianceStamped) -> None:
        position = message.pose.pose.position
        self.log.heard_pose(to_stamp_ns(message.header.stamp), position.x, position.y)

    def _spin(self) -> None:
        while not self._stopping.is_set():
            self._executor.spin_once(timeout_sec=0.1)
