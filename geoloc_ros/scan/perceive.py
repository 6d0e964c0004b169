"""From what cameras gave to a scan: networks tell what nobody gave, and only that."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.config import InferenceConfig, NetworksConfig, ObserveConfig, ScanConfig
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.interfaces import ImageReader
from geoloc_ros.core.types import Float64, Pose3, SemanticScan, UInt8
from geoloc_ros.core.view import CameraFrame, Depth, Reading, ReadingKind, View
from geoloc_ros.reading.readers import make_readers
from geoloc_ros.scan.observe import observe_scan

# Of the columns that show buildings; where fewer have a measured depth, a network is run for the rest.
_LEAST_COVERED_RATIO = 0.5
_ROW_STRIDE = 4


@dataclass(frozen=True)
class Perception:
    """What the cameras showed at one moment."""

    scan: SemanticScan
    views: tuple[View, ...]
    """What the scan was made of, in the order of the frames."""
    networks_s: float
    """Wall time of reading the images; 0 if no network ran."""
    observe_s: float
    """Wall time from views to the scan."""


class Perceiver:
    """Completes the frames of all cameras of a moment and makes a scan of them. Calls from one thread at a time.

    What is given wins over what a network says. A network runs where labels are not given, and where no depth is or it
    covers little; depth that comes with the labels is kept for the rays that nobody measured.
    """

    def __init__(
        self, networks: NetworksConfig, inference: InferenceConfig, scan: ScanConfig, observe: ObserveConfig, *,
        use_instances: bool = True, use_network_depth: bool = True,
    ) -> None:
        """Nothing is loaded before it is needed, or before `warm_up`.

        Args:
            networks: What reads images.
            inference: What runs the networks.
            scan: Rays and reach.
            observe: As of `observe_scan`; may be exchanged later.
            use_instances: Off: jumps of the range alone separate buildings.
            use_network_depth: Off: only measured depth counts.
        """
        self.observe = observe
        self._networks, self._inference, self._scan = networks, inference, scan
        self._use_instances, self._use_network_depth = use_instances, use_network_depth
        self._readers: tuple[ImageReader, ...] | None = None
        self._networks_s = 0.0

    @property
    def readers(self) -> tuple[ImageReader, ...]:
        """Those that read images, each for something else.

        Raises:
            BackendError: If a network is missing or broken.
            ConfigError: If the description of one is wrong.
        """
        if self._readers is None:
            self._readers = make_readers(self._networks, self._inference)
        return self._readers

    def warm_up(self, camera: Camera, base_from_camera: Pose3) -> None:
        """Load the networks and make engines ready for images of a camera, which its first image would wait for.

        Raises:
            BackendError: If a network is missing or broken, or cannot be run for that size.
            ConfigError: If the description of one is wrong.
        """
        black = np.zeros((camera.height, camera.width, 3), np.uint8)
        for reader in self.readers:
            if self._use_network_depth or reader.provides != {"depth"}:
                reader.read(black, camera, base_from_camera)

    def perceive(self, frames: Sequence[CameraFrame], gravity: Float64 | None = None) -> Perception:
        """The scan that the cameras show together, and what it was made of.

        Args:
            frames: At least one; of cameras that look different ways, taken at the same time.
            gravity: (3,) unit vector up in the base frame, where an IMU tells it.

        Raises:
            ObservationError: If something that is given does not fit, or something is missing that no network tells.
            BackendError: If no engine can run a network.
        """
        self._networks_s = 0.0
        views = tuple(self._view(frame) for frame in frames)
        start_s = time.perf_counter()
        scan = observe_scan(views, self._scan, self.observe, gravity)
        return Perception(scan, views, self._networks_s, time.perf_counter() - start_s)

    def _view(self, frame: CameraFrame) -> View:
        reading = Reading() if frame.labels is not None else self._read(frame, {"labels", "instances"})
        labels = frame.labels if frame.labels is not None else reading.labels
        assert labels is not None, "one of the readers tells labels"
        instances = frame.instances if frame.instances is not None else reading.instances
        depths = (*frame.depths, *self._network_depth(frame, labels, reading))
        if not depths:
            raise ObservationError(
                "nobody measured depth, and networks may not tell it; give a depth image or points, or allow 'network'"
            )
        used = instances if self._use_instances else None
        return View(frame.camera, frame.base_from_camera, labels, used, depths)

    def _network_depth(self, frame: CameraFrame, labels: UInt8, reading: Reading) -> tuple[Depth, ...]:
        if not self._use_network_depth:
            return ()
        depth_m = reading.depth_m
        is_needed = not frame.depths or (frame.image is not None and not _is_covered(labels, frame.depths))
        if depth_m is None and is_needed:
            depth_m = self._read(frame, {"depth"}).depth_m
        return () if depth_m is None else (Depth("network", depth_m),)

    def _read(self, frame: CameraFrame, wanted: set[ReadingKind]) -> Reading:
        """All that those networks say that tell something `wanted`."""
        image = frame.image
        if image is None:
            raise ObservationError(f"nobody gave {' or '.join(sorted(wanted))}, and there is no image to read it from")
        size = (frame.camera.height, frame.camera.width, 3)
        if image.dtype != np.uint8 or image.shape != size:
            raise ObservationError(f"image is {image.dtype} {image.shape}, expected uint8 {size} of camera_info")
        readers = [reader for reader in self.readers if reader.provides & wanted]
        start_s = time.perf_counter()
        said = [reader.read(image, frame.camera, frame.base_from_camera) for reader in readers]
        self._networks_s += time.perf_counter() - start_s
        return Reading(
            next((one.labels for one in said if one.labels is not None), None),
            next((one.instances for one in said if one.instances is not None), None),
            next((one.depth_m for one in said if one.depth_m is not None), None),
        )


def _is_covered(labels: UInt8, depths: Sequence[Depth]) -> bool:
    """Have most columns that show buildings a measured depth, so that a network's is not worth its time?"""
    shows_building = np.any(labels[::_ROW_STRIDE] == SemanticClass.BUILDING, axis=0)
    measured = np.zeros(labels.shape[1], bool)
    for depth in depths:
        if depth.depth_m.shape != labels.shape:
            return True  # refused by `observe_scan`, with a reason
        measured |= np.any(depth.depth_m > 0.0, axis=0)
    return bool(np.count_nonzero(measured & shows_building) >= _LEAST_COVERED_RATIO * np.count_nonzero(shows_building))
