"""The place recognition node: images in, places where photos like them were taken out."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from geoloc_ros.core.errors import ConfigError, GeolocError, ObservationError
from geoloc_ros.core.images import color_image
from geoloc_ros.core.node_config import PlaceRecognitionNodeConfig
from geoloc_ros.msg import MapInfo, PlaceHypotheses
from geoloc_ros.ros.clock import BackwardJumps
from geoloc_ros.ros.conversions import to_stamp_ns
from geoloc_ros.ros.lifecycle import StagedNode
from geoloc_ros.ros.photo_messages import to_origin, to_photo_hypotheses
from geoloc_ros.ros.process import run_nodes
from geoloc_ros.ros.qos import LATCHED_QOS, SCAN_QOS
from geoloc_ros.ros.sensors import to_camera
from geoloc_ros.ros.stamps import StampGuard, StampVerdict
from geoloc_ros.ros.tf import TF_STATIC_QOS, StaticTransforms
from geoloc_ros.ros.worker import LatestWorker
from geoloc_ros.vpr.encoder import make_photo_encoder
from geoloc_ros.vpr.photo_index import PhotoIndex
from geoloc_ros.vpr.recognizer import PhotoRecognizer

_MAP, _NETWORK = "map", "network"
# Looked up is the newest image; what waits while one is in work is old.
_QUEUE_LENGTH = 1


@dataclass(frozen=True)
class _Job:
    image: Image | CompressedImage
    info: CameraInfo


class PlaceRecognitionNode(StagedNode[PlaceRecognitionNodeConfig]):
    """Looks the newest image of a camera up in a photo index, a few times a second.

    The map that positions refer to is the one on `map/info`: until somebody serves it, images wait in vain. An image
    is taken with the last `camera_info`, which drivers repeat unchanged.
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("place_recognition", PlaceRecognitionNodeConfig, **node_arguments)

    def set_up(self) -> None:
        """Load photos and network."""
        config = self.config
        if not config.photos_path:
            raise ConfigError("parameter 'photos_path' is empty; set it to an index made with `geoloc photos index`")
        self._index = PhotoIndex.load(Path(config.photos_path))
        self._encoder = make_photo_encoder(config.photo, config.inference)
        # Now, where it fails the transition, and not when the map comes.
        if self._index.origin is not None:
            PhotoRecognizer(self._index, self._encoder, self._index.origin, config.photo).warm_up()
        else:
            self._index.positions_on(to_origin(MapInfo()))
        self.configured.callback(self._forget_network)
        self._recognizer: PhotoRecognizer | None = None
        self._map_id = ""
        self._publisher = self.publisher(PlaceHypotheses, "photo/hypotheses", SCAN_QOS)

    def start(self) -> None:
        """Subscribe to camera and map."""
        self._transforms, self._stamps = StaticTransforms(), StampGuard()
        self._info: CameraInfo | None = None
        self._last_ns = 0
        self._best = "none yet"
        self.health.stand(_MAP, f"nothing came on '{self.resolve_topic_name('map/info')}' yet: start a map server")
        for about in (_MAP, _NETWORK):
            self.activated.callback(self.health.settle, about)
        self._worker = LatestWorker("place_recognition", self._process, _QUEUE_LENGTH)
        self.activated.callback(self._worker.close)
        self.activated.callback(BackwardJumps(self, self._forget).close)
        self.subscribe(TFMessage, "/tf_static", self._on_tf_static, TF_STATIC_QOS)
        self.subscribe(MapInfo, "map/info", self._on_map, LATCHED_QOS)
        prefix = f"{self.config.camera}/" if self.config.camera else ""
        self.subscribe(CameraInfo, f"{prefix}camera_info", self._on_info, qos_profile_sensor_data)
        image_type, suffix = (CompressedImage, "/compressed") if self.config.compressed else (Image, "")
        self.subscribe(image_type, f"{prefix}image{suffix}", self._on_image, qos_profile_sensor_data)

    def diagnostic_values(self) -> dict[str, Any]:
        """What users want to know, once configured."""
        return {
            "photos": len(self._index), "photo index id": self._index.index_id, "encoder": str(self._encoder),
            "search": self._index.search.name, "map index id": self._map_id or "none yet",
            "probability of the best place of the last image": self._best if self.is_active else "none",
        }

    def _forget_network(self) -> None:
        self._recognizer = None
        del self._encoder  # engines hold memory, perhaps of a GPU

    def _forget(self) -> None:
        self._stamps.reset()
        self._last_ns = 0

    # ---- messages, in the executor's thread

    def _on_tf_static(self, message: TFMessage) -> None:
        try:
            self._transforms.add(message.transforms)
        except ObservationError as error:
            self.health.refuse("transform", error)

    def _on_map(self, message: MapInfo) -> None:
        if message.index_id == self._map_id and self._recognizer is not None:
            return
        try:
            recognizer = PhotoRecognizer(self._index, self._encoder, to_origin(message), self.config.photo)
        except GeolocError as error:
            self.health.stand(_MAP, error, DiagnosticStatus.ERROR)
            return
        self._recognizer, self._map_id = recognizer, message.index_id
        self.health.settle(_MAP)

    def _on_info(self, message: CameraInfo) -> None:
        self._info = message

    def _on_image(self, message: Image | CompressedImage) -> None:
        stamp_ns = to_stamp_ns(message.header.stamp)
        verdict = self._stamps.judge(stamp_ns)
        if verdict is StampVerdict.OLD:
            self.health.refuse("stamp", f"{stamp_ns} ns is not newer than the image before")
            return
        if verdict is StampVerdict.RESTARTED:
            self._last_ns = 0
        if self._recognizer is None or stamp_ns - self._last_ns < 1e9 / self.config.max_rate_hz:
            return
        if self._info is None:
            self.health.refuse("camera", "an image, but no camera_info yet")
            return
        self._last_ns = stamp_ns
        if self._worker.submit(_Job(message, self._info)):
            self.health.count("images dropped")

    # ---- images, in the worker's thread

    def _process(self, job: _Job) -> None:
        recognizer, map_id, header = self._recognizer, self._map_id, job.image.header
        if recognizer is None:
            return
        try:
            with self.health.timed("look up"):
                camera = to_camera(job.info, self.config.rectified)
                mount = self._transforms.lookup(self.config.base_frame, header.frame_id)
                seen = recognizer.recognize(color_image(job.image), camera, mount)
        except ObservationError as error:
            self.health.refuse("image", error)
            return
        except GeolocError as error:
            self.health.stand(_NETWORK, error, DiagnosticStatus.ERROR)
            return
        self.health.settle(_NETWORK)
        self._publisher.publish(
            to_photo_hypotheses(seen, Header(stamp=header.stamp, frame_id=self.config.map_frame), map_id)
        )
        self._best = f"{seen.probability[0]:.2f}" if len(seen.probability) else "none"
        self.health.count("images looked up")


def main() -> int:
    """Run the node until told to stop."""
    return run_nodes(PlaceRecognitionNode)


if __name__ == "__main__":
    sys.exit(main())
