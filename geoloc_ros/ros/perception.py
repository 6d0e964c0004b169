"""The perception node: label image, depth and camera model in, scan and descriptor out."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import numpy as np
from geometry_msgs.msg import Transform
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.images import depth_image, instance_image, label_image
from geoloc_ros.core.node_config import PerceptionNodeConfig
from geoloc_ros.core.types import Float32, SemanticScan
from geoloc_ros.core.view import Depth, View
from geoloc_ros.msg import SemanticScan as SemanticScanMsg
from geoloc_ros.ros.clock import BackwardJumps
from geoloc_ros.ros.conversions import to_pose3, to_scan_msg, to_stamp_ns
from geoloc_ros.ros.lifecycle import StagedNode
from geoloc_ros.ros.process import run_nodes
from geoloc_ros.ros.qos import SCAN_QOS
from geoloc_ros.ros.sensors import to_camera, to_points
from geoloc_ros.ros.stamps import StampGuard, StampVerdict
from geoloc_ros.ros.synchronizer import FrameSynchronizer
from geoloc_ros.ros.tf import TF_STATIC_QOS, StaticTransforms
from geoloc_ros.ros.worker import LatestWorker
from geoloc_ros.scan.encoders import make_encoder
from geoloc_ros.scan.observe import observe_scan
from geoloc_ros.scan.project import depth_from_points

_Frame = dict[str, Any]


class PerceptionNode(StagedNode[PerceptionNodeConfig]):
    """Puts messages of one stamp together and publishes what they show as `scan`."""

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("perception", PerceptionNodeConfig, **node_arguments)
        self._transforms = StaticTransforms()
        self._stamps = StampGuard()

    def set_up(self) -> None:
        """Make the encoder and the publisher."""
        self._encoder = make_encoder(self.config.descriptor, self.config.scan)
        self._scan_publisher = self.publisher(SemanticScanMsg, "scan", SCAN_QOS)
        self._warm_up()
        instances = ("instances",) if self.config.use_instances else ()
        self._topics: tuple[str, ...] = ("segmentation", self.config.depth_source, "camera_info", *instances)

    def start(self) -> None:
        """Subscribe to what makes a frame."""
        self._synchronizer = FrameSynchronizer(self._topics, int(self.config.sync_tolerance_s * 1e9))
        self._stamps.reset()
        self._worker = LatestWorker("perception", self._process, self.config.queue_length)
        self.activated.callback(self._worker.close)
        self.activated.callback(BackwardJumps(self, self._forget).close)
        self.subscribe(TFMessage, "/tf_static", self._on_tf_static, TF_STATIC_QOS)
        for topic in self._topics:
            message_type, name = self._transport(topic)
            self.subscribe(message_type, name, partial(self._on_message, topic), qos_profile_sensor_data)

    def diagnostic_values(self) -> dict[str, Any]:
        """What users want to know, once configured."""
        return {
            "encoder id": self._encoder.encoder_id,
            "encoder": str(self._encoder),
            "subscribers of scan": self._scan_publisher.get_subscription_count(),
        }

    def _warm_up(self) -> None:
        """Load now what the first frame would wait for: libraries that are imported late, kernels, a network."""
        camera = Camera.equirectangular(64, 32)
        labels, depth_m = np.full((32, 64), SemanticClass.BUILDING, np.uint8), np.full((32, 64), 5.0, np.float32)
        mount = to_pose3(Transform())
        view = View(camera, mount, labels, None, (Depth("depth", depth_m),))
        scan = observe_scan([view], self.config.scan, self.config.observe)
        self._encoder.encode_query(scan)

    def _transport(self, topic: str) -> tuple[type[Any], str]:
        if topic == "camera_info":
            return CameraInfo, topic
        if topic == "points":
            return PointCloud2, topic
        if not self.config.compressed:
            return Image, topic
        return CompressedImage, f"{topic}/compressedDepth" if topic == "depth" else f"{topic}/compressed"

    def _forget(self) -> None:
        self._synchronizer.clear()
        self._stamps.reset()

    def _on_tf_static(self, message: TFMessage) -> None:
        try:
            self._transforms.add(message.transforms)
        except ObservationError as error:
            self.health.refuse("transform", error)

    def _on_message(self, topic: str, message: Any) -> None:
        messages = self._synchronizer.add(topic, to_stamp_ns(message.header.stamp), message)
        for discarded in self._synchronizer.take_discarded():
            missing = ", ".join(discarded.missing)
            self.health.refuse(f"no {missing}", f"nothing on {missing} for stamp {discarded.stamp_ns} ns")
        if messages is None:
            return
        header: Header = messages[0].header
        if self._stamps.judge(to_stamp_ns(header.stamp)) is StampVerdict.OLD:
            self.health.refuse("stamp", f"{to_stamp_ns(header.stamp)} ns is not newer than the frame before")
        elif self._worker.submit(dict(zip(self._topics, messages, strict=True))):
            self.health.count("frames dropped")

    def _process(self, frame: _Frame) -> None:
        header: Header = frame["segmentation"].header
        try:
            with self.health.timed("observe"):
                scan = self._observe(frame)
            with self.health.timed("encode"):
                descriptor = self._encoder.encode_query(scan)
        except ObservationError as error:
            self.health.refuse("observation", error)
            return
        base_header = Header(stamp=header.stamp, frame_id=self.config.base_frame)
        self._scan_publisher.publish(to_scan_msg(scan, descriptor, self._encoder.encoder_id, base_header))
        self.health.count("frames processed")

    def _observe(self, frame: _Frame) -> SemanticScan:
        config = self.config
        labels = label_image(frame["segmentation"])
        instances = instance_image(frame["instances"]) if config.use_instances else None
        camera = to_camera(frame["camera_info"])
        base_from_camera = self._transforms.lookup(config.base_frame, frame["segmentation"].header.frame_id)
        depth = Depth(config.depth_source, self._depth(frame, camera))
        view = View(camera, base_from_camera, labels, instances, (depth,))
        return observe_scan([view], config.scan, config.observe)

    def _depth(self, frame: _Frame, camera: Camera) -> Float32:
        if self.config.depth_source == "depth":
            return depth_image(frame["depth"])
        camera_frame, points_frame = (frame[name].header.frame_id for name in ("segmentation", "points"))
        camera_from_points = self._transforms.lookup(camera_frame, points_frame)
        return depth_from_points(camera_from_points.apply(to_points(frame["points"]).astype(np.float64)), camera)


def main() -> int:
    """Run the node until told to stop."""
    return run_nodes(PerceptionNode)


if __name__ == "__main__":
    sys.exit(main())
