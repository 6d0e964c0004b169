"""From the messages of a moment to the scan message: all of the perception node that needs no node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from geometry_msgs.msg import Transform
from std_msgs.msg import Header

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.node_config import PerceptionNodeConfig
from geoloc_ros.core.types import Float64
from geoloc_ros.core.view import CameraFrame, Depth
from geoloc_ros.msg import SemanticScan as SemanticScanMsg
from geoloc_ros.ros.camera_inputs import CameraInputs
from geoloc_ros.ros.conversions import to_pose3, to_scan_msg
from geoloc_ros.ros.health import Health
from geoloc_ros.ros.tf import StaticTransforms
from geoloc_ros.scan.encoders import make_encoder
from geoloc_ros.scan.perceive import Perceiver, Perception


@dataclass(frozen=True)
class PerceivedFrame:
    """What came of a frame."""

    message: SemanticScanMsg
    headers: tuple[Header, ...]
    """Of the images used, by camera."""
    cameras: tuple[str, ...]
    """Their names."""
    frames: tuple[CameraFrame, ...]
    perception: Perception


class PerceptionChain:
    """Decodes, perceives, encodes; latencies of the stages go to `health`. Calls from one thread at a time."""

    def __init__(self, config: PerceptionNodeConfig, health: Health) -> None:
        """Raises GeolocError if the encoder cannot be made."""
        self.inputs = tuple(CameraInputs(name, config) for name in config.cameras)
        self.transforms = StaticTransforms()
        self.encoder = make_encoder(config.descriptor, config.scan, config.inference)
        self.perceiver = Perceiver(
            config.networks, config.inference, config.scan, config.observe,
            use_instances=config.use_instances, use_network_depth="network" in config.depth_sources,
        )
        self._config, self._health = config, health

    @property
    def uses_networks(self) -> bool:
        """May an image be read by a network?"""
        return self._config.labels == "network" or "network" in self._config.depth_sources

    def networks(self) -> tuple[str, ...]:
        """What reads images, and what runs it."""
        return tuple(str(reader) for reader in self.perceiver.readers) if self.uses_networks else ()

    def warm_up(self) -> None:
        """Load now what the first frame would wait for: libraries that are imported late, kernels, networks.

        Raises:
            GeolocError: If a network or an engine cannot be used.
        """
        mount = to_pose3(Transform())
        if self.uses_networks:
            self.perceiver.warm_up(_expected_camera(self._config.image_width, self._config.image_height), mount)
        camera = Camera.equirectangular(64, 32)
        labels, depth_m = np.full((32, 64), SemanticClass.BUILDING, np.uint8), np.full((32, 64), 5.0, np.float32)
        frame = CameraFrame(camera, mount, labels=labels, depths=(Depth("depth", depth_m),))
        self.encoder.encode_query(self.perceiver.perceive([frame]).scan)

    def process(self, messages: Mapping[str, Any], gravity: Float64 | None) -> PerceivedFrame:
        """The scan of one frame; a camera whose messages cannot be used is left out where another one is there.

        Args:
            messages: By topic as in the `topics` of the inputs; those of one moment that came.
            gravity: (3,) unit vector up in the base frame, None if unknown.

        Raises:
            ObservationError: If nothing of the frame can be used.
            BackendError: If a network cannot be run.
        """
        with self._health.timed("decode"):
            used, frames = self._decode(messages)
        perception = self.perceiver.perceive(frames, gravity)
        if perception.networks_s > 0.0:
            self._health.took("networks", perception.networks_s)
        self._health.took("observe", perception.observe_s)
        with self._health.timed("encode"):
            descriptor = self.encoder.encode_query(perception.scan)
        headers = tuple(messages[inputs.topics.required[0]].header for inputs in used)
        header = Header(stamp=headers[0].stamp, frame_id=self._config.base_frame)
        message = to_scan_msg(perception.scan, descriptor, self.encoder.encoder_id, header)
        return PerceivedFrame(message, headers, tuple(inputs.name for inputs in used), frames, perception)

    def _decode(self, messages: Mapping[str, Any]) -> tuple[list[CameraInputs], tuple[CameraFrame, ...]]:
        used, frames, complaints = [], [], []
        for inputs in self.inputs:
            if inputs.header(messages) is None:
                continue
            try:
                frames.append(inputs.frame(messages, self.transforms))
                used.append(inputs)
            except ObservationError as error:
                complaints.append(f"camera '{inputs.name}': {error}" if inputs.name else str(error))
        if not frames:
            raise ObservationError("; ".join(complaints))
        for complaint in complaints:
            self._health.refuse("camera", complaint)
        return used, tuple(frames)


def _expected_camera(width: int, height: int) -> Camera:
    """A camera with images of that size, or the likeliest where it is not known."""
    if width == 0 or height == 0:
        return Camera.equirectangular(1024, 512)
    # Hardly any other camera is as wide.
    return Camera.equirectangular(width, height) if width >= 2 * height else Camera.pinhole(width, height, np.pi / 2.0)
