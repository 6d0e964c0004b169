"""A localizer node, a simulated vehicle and a navigation stack between them, one tick after the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from geoloc_ros.core.config import Config
from geoloc_ros.core.geometry import compose
from geoloc_ros.core.types import Float64, Pose2
from geoloc_ros.index import index_map
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.msg import LocalizationState, SemanticScan
from geoloc_ros.ros.conversions import (
    to_pose3,
    to_pose_msg,
    to_pose_with_covariance,
    to_scan_msg,
    to_stamp_ns,
    to_time,
)
from geoloc_ros.ros.localizer import LocalizerNode
from geoloc_ros.ros.qos import LATCHED_QOS
from geoloc_ros.ros.speaker import FIX_STATES
from geoloc_ros.scan.encoders import make_encoder
from geoloc_ros.sim.city import make_city
from geoloc_ros.sim.osm_writer import write_osm

from .driving import TICK_S, PathFollower, SimulatedVehicle, StaleTransformError, TransformBuffer, make_vehicle

SEED = 4
TICKS_PER_SCAN = 5
TOLERANCE_S = 0.3
_START_NS = 1_000_000_000_000


def index_town(folder: Path) -> Path:
    """Index of a made-up town half a kilometre across, large enough that errors of single houses even out."""
    write_osm(make_city(0, 500.0), folder / "town.osm")
    index_map(folder / "town.osm", folder / "town.index", None, Config())
    return folder / "town.index"


@dataclass(frozen=True)
class Moment:
    """What was true at a tick."""

    stamp_ns: int
    truth: Pose2
    odometry: Pose2


class Drive:
    """Along a planned path (N, 3), by nothing but the transforms that are heard."""

    def __init__(self, world: Any, index_path: Path, path: Float64) -> None:
        index, config = PlaceIndex.load(index_path), Config()
        self.path, self._world = path, world
        self.vehicle: SimulatedVehicle = make_vehicle(index.geomap, Pose2(*path[0]), SEED)
        self.moments: list[Moment] = []
        self._encoder = make_encoder(config.descriptor, config.scan)
        self._follower, self._tf = PathFollower(path[:, :2]), TransformBuffer()
        self.states: list[LocalizationState] = world.hear(LocalizationState, "localization_state", 100)
        self.poses: list[PoseWithCovarianceStamped] = world.hear(PoseWithCovarianceStamped, "pose", LATCHED_QOS)
        self.carried: list[Odometry] = world.hear(Odometry, "odometry/global", 1000)
        world.node.create_subscription(TFMessage, "/tf", self._on_tf, 100)
        self._scan = world.node.create_publisher(SemanticScan, "scan", 10)
        self._odom = world.node.create_publisher(Odometry, "odom", 100)
        self._initial = world.node.create_publisher(PoseWithCovarianceStamped, "initialpose", QoSProfile(depth=1))
        self.node = LocalizerNode(parameter_overrides=[
            Parameter("index_path", value=str(index_path)), Parameter("transform_tolerance_s", value=TOLERANCE_S)
        ])
        self.node.trigger_configure()
        self.node.trigger_activate()
        world.add(self.node)
        for publisher in (self._scan, self._odom, self._initial):
            world.until(lambda publisher=publisher: publisher.get_subscription_count() > 0)
        for topic in ("localization_state", "pose", "odometry/global", "/tf"):
            world.until(lambda topic=topic: self.node.count_subscribers(topic) > 0)
        for topic in ("scan", "odom", "initialpose"):
            world.until(lambda topic=topic: self.node.count_publishers(topic) > 0)

    @property
    def has_fix(self) -> bool:
        """Does the localizer say that it knows where the vehicle is?"""
        return bool(self.states) and self.states[-1].state in FIX_STATES and self.node.is_active

    def set_off(self, off_m: float) -> None:
        """Somebody points at the map, not quite where the vehicle stands; then it waits for a transform of the past."""
        start = self.vehicle.truth
        about = Pose2(start.x_m + off_m, start.y_m - off_m, start.yaw_rad + 0.05)
        self._initial.publish(to_pose_with_covariance(about, np.diag([4.0, 4.0, 0.02]), Header(frame_id="map")))
        self._world.until(lambda: self.node.health.counted("initial poses"))
        self.tick(with_scan=True)
        # The first transform is post-dated too, and tf2 does not look back beyond it: nor with AMCL.
        self._world.until(lambda: self._tf)
        while not self.tick(with_scan=False):
            assert len(self.moments) <= TOLERANCE_S / TICK_S + 1, self.states[-1].reason

    def tick(self, with_scan: bool) -> bool:
        """Odometry, perhaps a scan, then a command from what tf says; False where the vehicle stands."""
        stamp_ns = _START_NS + int(len(self.moments) * TICK_S * 1e9)
        vehicle = self.vehicle
        self.moments.append(Moment(stamp_ns, vehicle.truth, vehicle.odometry))
        message = Odometry(header=Header(stamp=to_time(stamp_ns), frame_id="odom"), child_frame_id="base_link")
        message.pose.pose = to_pose_msg(vehicle.odometry)
        self._odom.publish(message)
        if with_scan:
            self._see(stamp_ns)
        elif self.has_fix:
            # Not to run ahead of DDS: a real vehicle would not in 50 ms.
            self._world.until(lambda: self.carried and to_stamp_ns(self.carried[-1].header.stamp) >= stamp_ns)
        try:
            speed_mps, turn_radps = self._follower.command(compose(self._tf.at(stamp_ns), vehicle.odometry))
        except StaleTransformError:
            speed_mps, turn_radps = 0.0, 0.0
        vehicle.move(speed_mps, turn_radps)
        return speed_mps > 0.0

    def _see(self, stamp_ns: int) -> None:
        scan = self.vehicle.look()
        header = Header(stamp=to_time(stamp_ns), frame_id="base_link")
        self._scan.publish(to_scan_msg(scan, self._encoder.encode_query(scan), self._encoder.encoder_id, header))
        self._world.until(lambda: self.states and to_stamp_ns(self.states[-1].header.stamp) == stamp_ns)

    def _on_tf(self, message: TFMessage) -> None:
        for transform in message.transforms:
            if (transform.header.frame_id, transform.child_frame_id) == ("map", "odom"):
                pose = to_pose3(transform.transform)
                yaw_rad = float(np.arctan2(pose.rotation[1, 0], pose.rotation[0, 0]))
                there = Pose2(float(pose.translation_m[0]), float(pose.translation_m[1]), yaw_rad)
                self._tf.add(to_stamp_ns(transform.header.stamp), there)
