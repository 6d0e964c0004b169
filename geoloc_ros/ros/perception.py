"""The perception node: images in, with whatever else is known of them; scan and descriptor out."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import Imu
from tf2_msgs.msg import TFMessage

from geoloc_ros.core.errors import GeolocError, ObservationError
from geoloc_ros.core.node_config import PerceptionNodeConfig
from geoloc_ros.core.types import Float64
from geoloc_ros.msg import SemanticScan as SemanticScanMsg
from geoloc_ros.ros.absences import Absences
from geoloc_ros.ros.clock import BackwardJumps
from geoloc_ros.ros.conversions import to_stamp_ns
from geoloc_ros.ros.gravity import GravityTracker
from geoloc_ros.ros.lifecycle import StagedNode
from geoloc_ros.ros.perception_chain import PerceivedFrame, PerceptionChain
from geoloc_ros.ros.previews import Previews
from geoloc_ros.ros.process import run_nodes
from geoloc_ros.ros.qos import SCAN_QOS
from geoloc_ros.ros.stamps import StampGuard, StampVerdict
from geoloc_ros.ros.synchronizer import FrameSynchronizer
from geoloc_ros.ros.tf import TF_STATIC_QOS
from geoloc_ros.ros.worker import LatestWorker

# An IMU speaks hundreds of times a second.
_IMU_QOS = QoSProfile(depth=100, reliability=qos_profile_sensor_data.reliability)
# What diagnostics may say about, beside missing topics.
_IMU, _NETWORKS = "imu", "networks"

@dataclass(frozen=True)
class _Job:
    """A frame to work on."""

    messages: dict[str, Any]
    gravity: Float64 | None
    complete_s: float
    """When its last message came."""


class PerceptionNode(StagedNode[PerceptionNodeConfig]):
    """Puts messages of one moment together and publishes what they show as `scan`.

    Depth, or a camera of several, may go missing: it is told, and frames go on without until it returns.
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("perception", PerceptionNodeConfig, **node_arguments)
        self._stamps = StampGuard()

    def set_up(self) -> None:
        """Load encoder and networks, make the publishers."""
        self._chain = PerceptionChain(self.config, self.health)
        self._chain.warm_up()
        self.configured.callback(self._forget_networks)
        self._depth_used, self._networks = "none yet", self._chain.networks()
        self._gravity = GravityTracker(self.config.base_frame, self._chain.transforms)
        self._scan_publisher = self.publisher(SemanticScanMsg, "scan", SCAN_QOS)
        self._previews = Previews(self, self.config.cameras, self.config.scan.max_range_m)

    def start(self) -> None:
        """Subscribe to what makes a frame."""
        config = self.config
        self._synchronizer = FrameSynchronizer(
            [inputs.topics for inputs in self._chain.inputs], int(config.sync_tolerance_s * 1e9),
            int(config.missing_after_s * 1e9),
        )
        image_topics = tuple(inputs.topics.required[0] for inputs in self._chain.inputs)
        self._absences = Absences(
            self.health, self._synchronizer, image_topics, config.missing_after_s, self.resolve_topic_name
        )
        self.activated.callback(self._absences.close)
        for about in (_IMU, _NETWORKS):
            self.activated.callback(self.health.settle, about)
        self._stamps.reset()
        self._gravity.clear()
        self._worker = LatestWorker("perception", self._process, config.queue_length)
        self.activated.callback(self._worker.close)
        self.activated.callback(BackwardJumps(self, self._forget).close)
        self.subscribe(TFMessage, "/tf_static", self._on_tf_static, TF_STATIC_QOS)
        for inputs in self._chain.inputs:
            for topic, message_type, name in inputs.subscriptions():
                self.subscribe(message_type, name, partial(self._on_message, topic), qos_profile_sensor_data)
        if config.use_imu:
            self.subscribe(Imu, "imu", self._on_imu, _IMU_QOS)

    def diagnostic_values(self) -> dict[str, Any]:
        """What users want to know, once configured."""
        if self.is_active:
            self._absences.look()
        return {
            "encoder id": self._chain.encoder.encoder_id,
            "encoder": str(self._chain.encoder),
            **{f"network {number}": reader for number, reader in enumerate(self._networks, start=1)},
            "depth of the last frame": self._depth_used,
            "subscribers of scan": self._scan_publisher.get_subscription_count(),
        }

    def _forget(self) -> None:
        self._synchronizer.clear()
        self._stamps.reset()
        self._gravity.clear()

    def _forget_networks(self) -> None:
        del self._chain  # engines hold memory, perhaps of a GPU

    # ---- messages, in the executor's thread

    def _on_tf_static(self, message: TFMessage) -> None:
        try:
            self._chain.transforms.add(message.transforms)
        except ObservationError as error:
            self.health.refuse("transform", error)

    def _on_imu(self, message: Imu) -> None:
        try:
            self._gravity.add(message)
        except ObservationError as error:
            self.health.refuse("imu", error)

    def _on_message(self, topic: str, message: Any) -> None:
        stamp_ns = to_stamp_ns(message.header.stamp)
        messages = self._synchronizer.add(topic, stamp_ns, message)
        for discarded in self._synchronizer.take_discarded():
            missing = ", ".join(discarded.missing)
            self.health.refuse(f"no {missing}", f"nothing on {missing} for stamp {discarded.stamp_ns} ns")
        self._absences.heard(topic)
        if messages is not None:
            self._on_frame({
                name: part for name, part in zip(self._synchronizer.topics, messages, strict=True) if part is not None
            })

    def _on_frame(self, messages: dict[str, Any]) -> None:
        stamp_ns = to_stamp_ns(next(iter(messages.values())).header.stamp)
        verdict = self._stamps.judge(stamp_ns)
        if verdict is StampVerdict.OLD:
            self.health.refuse("stamp", f"{stamp_ns} ns is not newer than the frame before")
            return
        if verdict is StampVerdict.RESTARTED:
            self._synchronizer.clear()
        gravity = self._gravity.at(stamp_ns)
        if gravity is None and self._gravity.was_heard():
            self.health.stand(_IMU, "nothing comes on 'imu' any more: the mount alone says which way is up")
        else:
            self.health.settle(_IMU)
        if self._worker.submit(_Job(messages, gravity, time.monotonic())):
            self.health.count("frames dropped")

    # ---- frames, in the worker's thread

    def _process(self, job: _Job) -> None:
        self._chain.perceiver.observe = self.config.observe
        try:
            frame = self._chain.process(job.messages, job.gravity)
        except ObservationError as error:
            self.health.refuse("observation", error)
            return
        except GeolocError as error:
            self.health.stand(_NETWORKS, error, DiagnosticStatus.ERROR)
            return
        self.health.settle(_NETWORKS)
        self._scan_publisher.publish(frame.message)
        self.health.took("complete to published", time.monotonic() - job.complete_s)
        self.health.count("frames processed")
        self._depth_used, self._networks = ", ".join(_depth_used(frame)), self._chain.networks()
        self._previews.publish(frame)


def _depth_used(frame: PerceivedFrame) -> Iterator[str]:
    for name, view in zip(frame.cameras, frame.perception.views, strict=True):
        sources = " over ".join(depth.source for depth in view.depths)
        yield f"{name}: {sources}" if name else sources


def main() -> int:
    """Run the node until told to stop."""
    return run_nodes(PerceptionNode)


if __name__ == "__main__":
    sys.exit(main())
