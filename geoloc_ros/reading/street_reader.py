"""Our street network as a reader of images: classes, buildings one by one, and depth."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.config import InferenceConfig, NetworksConfig
from geoloc_ros.core.errors import BackendError, ObservationError
from geoloc_ros.core.interfaces import Network
from geoloc_ros.core.types import Float32, Pose3, UInt8
from geoloc_ros.core.view import Reading, ReadingKind
from geoloc_ros.inference.load import load_network
from geoloc_ros.reading.street_buildings import look_round, number_sectors
from geoloc_ros.reading.street_input import StreetInput, ground_channel, input_size, is_full_turn, ray_lengths
from geoloc_ros.reading.street_output import Sectors, cell_classes, number_pixels, spread_cells

STREET_KIND: Final = "street"
STREET_FEATURES: Final = "1"
"""Changes whenever the input does; a network remembers what it was trained on."""
INPUT_NAME: Final = "image"
OUTPUT_NAMES: Final = ("logits", "log_range", "boundary")
STRIDE: Final = 4
"""Pixels of the input along a side of a cell of the outputs."""
_NUM_CHANNELS = 4
_SEAM_PX = 16
"""What a panorama is continued by on either side, so that its borders see as far as its middle."""
_MOST_NETWORKS, _MOST_LAYOUTS = 4, 16


@dataclass(frozen=True)
class _Layout:
    """What stays the same from image to image of one camera on one mount."""

    input: StreetInput
    network: Network
    length: Float32
    """(h, w), range of a cell whose depth is 1."""
    sectors: Sectors
    seam: int
    """Cells."""


class StreetReader:
    """Reads images with our street network; implements `core.interfaces.ImageReader`.

    Networks for a few sizes of input are kept, and what is known of cameras and mounts.
    """

    provides: frozenset[ReadingKind] = frozenset(("labels", "instances", "depth"))

    def __init__(self, file: Path, networks: NetworksConfig, inference: InferenceConfig) -> None:
        """Nothing is loaded before the first image, whose size decides the network's."""
        self._file, self._input_width, self._inference = file, networks.input_width, inference
        self._networks: OrderedDict[tuple[int, int], Network] = OrderedDict()
        self._layouts: OrderedDict[tuple[Camera, bytes], _Layout] = OrderedDict()

    def __str__(self) -> str:
        engines = sorted({network.engine_name for network in self._networks.values()})
        return f"'{self._file}' on {', '.join(engines) or 'whatever runs it'}"

    def read(self, image: UInt8, camera: Camera, base_from_camera: Pose3) -> Reading:
        """What an image (H, W, 3), red first, shows.

        Raises:
            ObservationError: If the image does not fit the camera.
            BackendError: If the file is no street network, or no engine can run it in this size.
        """
        size = (camera.height, camera.width)
        if image.dtype != np.uint8 or image.shape != (*size, 3):
            raise ObservationError(f"image is {image.dtype} {image.shape}, expected uint8 {(*size, 3)} of camera_info")
        layout = self._layout(camera, base_from_camera)
        logits, log_range, boundary = (output[0] for output in layout.network.run(layout.input.put(image)))
        inverse_depth = np.exp(-log_range[0]) * layout.length
        classes = cell_classes(logits)
        labels, depth_m = spread_cells(logits, inverse_depth, classes, *size, layout.seam)
        number = number_sectors(classes, inverse_depth, boundary[0], layout.sectors)
        return Reading(labels, number_pixels(labels, layout.sectors.of_pixel, number), depth_m)

    def _layout(self, camera: Camera, base_from_camera: Pose3) -> _Layout:
        key = (camera, base_from_camera.rotation.tobytes() + base_from_camera.translation_m.tobytes())
        if key not in self._layouts:
            _make_room(self._layouts, _MOST_LAYOUTS)
            self._layouts[key] = self._new_layout(camera, base_from_camera)
        self._layouts.move_to_end(key)
        return self._layouts[key]

    def _new_layout(self, camera: Camera, base_from_camera: Pose3) -> _Layout:
        height, width = input_size(camera, self._input_width)
        seam_px = _SEAM_PX if is_full_turn(camera) else 0
        network = self._network(height, width + 2 * seam_px)
        seam, rows, columns = seam_px // STRIDE, height // STRIDE, width // STRIDE
        length = cv2.resize(ray_lengths(camera), (columns, rows), interpolation=cv2.INTER_LINEAR)
        return _Layout(
            StreetInput(ground_channel(camera, base_from_camera), height, width, seam_px), network,
            np.pad(length, ((0, 0), (seam, seam)), mode="wrap" if seam else "constant"),
            look_round(camera, base_from_camera, rows, columns + 2 * seam, seam), seam,
        )  # fmt: skip

    def _network(self, height: int, width: int) -> Network:
        size = (height, width)
        if size not in self._networks:
            _make_room(self._networks, _MOST_NETWORKS)
            self._networks[size] = _load(self._file, self._inference, height, width)
        self._networks.move_to_end(size)
        return self._networks[size]


def _load(file: Path, inference: InferenceConfig, height: int, width: int) -> Network:
    shape = (_NUM_CHANNELS, height, width)
    network = load_network(file, INPUT_NAME, OUTPUT_NAMES, inference, item_shape=shape)
    for key, value in {"geoloc_kind": STREET_KIND, "geoloc_features": STREET_FEATURES}.items():
        found = network.metadata.get(key, "unset")
        if found != value:
            raise BackendError(
                f"network '{file}' has {key} {found!r}, images are read by one with {value!r}; name one of ours in "
                "networks.segmentation, or describe yours in a YAML file (docs/networks.md)"
            )
    cells = (height // STRIDE, width // STRIDE)
    if network.output_shapes != ((8, *cells), (1, *cells), (1, *cells)):
        raise BackendError(
            f"network '{file}' gives outputs of shapes {network.output_shapes} for inputs of {shape}; wanted are "
            f"{', '.join(OUTPUT_NAMES)} of 8, 1 and 1 channels of {cells}: export it again"
        )
    return network


def _make_room(kept: OrderedDict[Any, Any], most: int) -> None:
    """Forget what was not used for longest."""
    while len(kept) >= most:
        kept.popitem(last=False)
