"""A localizer node, and somebody who sends it what a viewpoint of the index looks like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from nav_msgs.msg import Odometry
from rclpy.parameter import Parameter
from std_msgs.msg import Header

from geoloc_ros.core.config import Config
from geoloc_ros.core.types import Pose2, SemanticScan
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.msg import LocalizationState, MapInfo
from geoloc_ros.msg import SemanticScan as SemanticScanMsg
from geoloc_ros.ros.conversions import to_pose_msg, to_scan_msg, to_stamp_ns, to_time
from geoloc_ros.ros.localizer import LocalizerNode
from geoloc_ros.ros.qos import LATCHED_QOS
from geoloc_ros.scan.encoders import make_encoder


class Vehicle:
    """An active localizer and somebody who sends it what viewpoint 0 of the index looks like."""

    def __init__(self, world: Any, index_path: Path, **parameters: Any) -> None:
        self.world, self.path = world, index_path
        self.index, self.config = PlaceIndex.load(index_path), Config()
        self.caster = RayCaster(self.index.geomap.buildings.walls())
        self.encoder = make_encoder(self.config.descriptor, self.config.scan)
        self.states = world.hear(LocalizationState, "localization_state", LATCHED_QOS)
        self.diagnostics = world.hear(DiagnosticArray, "/diagnostics")
        self.scan = world.node.create_publisher(SemanticScanMsg, "scan", 10)
        self.odom = world.node.create_publisher(Odometry, "odom", 10)
        self.map_info = world.node.create_publisher(MapInfo, "map/info", LATCHED_QOS)
        given = [Parameter(name, value=value) for name, value in {"index_path": str(index_path), **parameters}.items()]
        self.node = LocalizerNode(parameter_overrides=given)
        assert self.node.trigger_configure().name == "SUCCESS"
        assert self.node.trigger_activate().name == "SUCCESS"
        world.add(self.node)
        for publisher in (self.scan, self.map_info, *([] if "odometry_source" in parameters else [self.odom])):
            world.until(lambda publisher=publisher: publisher.get_subscription_count() > 0)
        for topic in ("scan", "odom", "map/info"):
            world.until(lambda topic=topic: self.node.count_publishers(topic) > 0)
        world.until(lambda: self.states)

    def send_odometry(self, stamp_ns: int, x_m: float = 0.0) -> None:
        message = Odometry(header=Header(stamp=to_time(stamp_ns), frame_id="odom"), child_frame_id="base_link")
        message.pose.pose = to_pose_msg(Pose2(x_m, 0.0, 0.0))
        message.twist.twist.linear.x = 3.0
        self.odom.publish(message)

    def view(self, viewpoint: int) -> SemanticScan:
        """What the map predicts."""
        scan = self.caster.cast(self.index.places.poses()[[viewpoint]], self.config.scan.num_rays, 100.0)
        return SemanticScan(scan.range_m[0], scan.instance[0], scan.observed[0])

    def query(self, viewpoint: int) -> np.ndarray:
        """Of the scan that the map predicts."""
        return self.encoder.encode_query(self.view(viewpoint))

    def send_scan(self, stamp_ns: int, viewpoint: int = 0, encoder_id: str = "") -> None:
        header = Header(stamp=to_time(stamp_ns), frame_id="base_link")
        encoder_id = encoder_id or self.index.encoder_id
        self.scan.publish(to_scan_msg(self.view(viewpoint), self.query(viewpoint), encoder_id, header))

    @property
    def values(self) -> dict[str, str]:
        """What diagnostics say."""
        return {entry.key: entry.value for entry in self.worst_diagnostics().values}

    def send_frame(self, stamp_ns: int, x_m: float = 0.0) -> LocalizationState:
        """Scan and odometry of one stamp; the state that follows."""
        self.send_odometry(stamp_ns, x_m)
        self.send_scan(stamp_ns)
        self.world.until(lambda: any(to_stamp_ns(state.header.stamp) == stamp_ns for state in self.states))
        return self.states[-1]

    @property
    def localizer(self) -> Any:
        """Of the node under test."""
        with self.node._shared.use() as localizer:
            return localizer

    def until_refused(self, reason: str) -> None:
        self.world.until(lambda: self.node.health.counted(f"refused: {reason}") > 0)

    def worst_diagnostics(self) -> DiagnosticStatus:
        self.diagnostics.clear()
        self.node.publish_diagnostics()
        self.world.until(lambda: self.diagnostics)
        return self.diagnostics[-1].status[0]
