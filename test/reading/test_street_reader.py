from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.config import InferenceConfig, NetworksConfig
from geoloc_ros.core.errors import BackendError, ObservationError
from geoloc_ros.core.types import UInt8
from geoloc_ros.reading.street_reader import StreetReader

from ..scan.room import mount
from .street_by_hand import EVERYWHERE_M, write_colour_network

PANORAMA, PINHOLE = Camera.equirectangular(256, 128), Camera.pinhole(160, 96, np.radians(90.0))
RED, GREEN = (255, 0, 0), (0, 255, 0)


@pytest.fixture
def write_street(tmp_path: Path) -> Callable[..., Path]:
    """As `write_colour_network`, into a folder of the test."""
    return partial(write_colour_network, tmp_path / "street.onnx")


def reader(file: Path, input_width: int = 256) -> StreetReader:
    return StreetReader(file, NetworksConfig(input_width=input_width), InferenceConfig(backend="onnxruntime"))


def painted(camera: Camera) -> UInt8:
    """Black above, red in the middle, green below."""
    image = np.zeros((camera.height, camera.width, 3), np.uint8)
    image[camera.height // 4 :] = RED
    image[camera.height // 2 :] = GREEN
    return image


@pytest.mark.parametrize("camera", [PANORAMA, PINHOLE])
@pytest.mark.parametrize("input_width", [128, 256])
def test_labels_lie_where_the_colours_are(write_street: Callable[..., Path], camera: Camera, input_width: int) -> None:
    reading = reader(write_street(), input_width).read(painted(camera), camera, mount())

    assert reading.labels is not None and reading.labels.shape == (camera.height, camera.width)
    quarter = camera.height // 4
    for rows, label in ((slice(0, quarter), SemanticClass.SKY), (slice(quarter, 2 * quarter), SemanticClass.BUILDING),
                        (slice(2 * quarter, None), SemanticClass.ROAD)):  # fmt: skip
        assert (reading.labels[rows][4:-4] == label).all()
    assert np.array_equal(reading.instances > 0, reading.labels == SemanticClass.BUILDING)


def test_depth_is_a_range_in_a_panorama_and_along_z_in_a_pinhole(write_street: Callable[..., Path]) -> None:
    # Too low to be a camera: the ground channel is zero.
    low, file = mount(0.0), write_street()
    for camera in (PANORAMA, PINHOLE):
        depth_m = reader(file).read(painted(camera), camera, low).depth_m
        assert depth_m is not None
        below = slice(camera.height // 2 + 8, camera.height - 8)
        range_m = (depth_m[..., None] * camera.rays())[below, 8:-8]
        assert np.linalg.norm(range_m, axis=-1) == pytest.approx(EVERYWHERE_M, rel=5e-3)


def test_the_network_is_told_where_the_ground_is(write_street: Callable[..., Path]) -> None:
    depth_m = reader(write_street()).read(painted(PANORAMA), PANORAMA, mount(1.25)).depth_m
    assert depth_m is not None
    # Straight down the ground is 1.25 m away; the cell below the horizon sees it 2 cells of arc lower.
    assert np.log(depth_m[-1, 0]) == pytest.approx(2.0 + 0.8, abs=0.01)
    assert np.log(depth_m[66, 0]) == pytest.approx(2.0 + 0.8 * np.sin(2.5 * 2 * np.pi / 256), abs=0.02)


def test_the_borders_of_a_panorama_are_like_its_middle(write_street: Callable[..., Path]) -> None:
    image = painted(PANORAMA)
    image[:, :64] = 0
    turned = np.roll(image, 128, axis=1)
    street = reader(write_street())
    seen, seen_turned = street.read(image, PANORAMA, mount()), street.read(turned, PANORAMA, mount())
    assert np.array_equal(np.roll(seen.labels, 128, axis=1), seen_turned.labels)


def test_networks_of_several_sizes_are_kept(write_street: Callable[..., Path]) -> None:
    street = reader(write_street())
    assert "whatever runs it" in str(street)
    for camera in (PANORAMA, PINHOLE, PANORAMA):
        reading = street.read(painted(camera), camera, mount())
        assert reading.labels is not None and reading.labels.shape == (camera.height, camera.width)
    assert "onnxruntime" in str(street)


def test_an_image_of_another_size_is_refused(write_street: Callable[..., Path]) -> None:
    with pytest.raises(ObservationError, match="expected uint8"):
        reader(write_street()).read(painted(PANORAMA), replace(PANORAMA, height=96), mount())


def test_another_network_is_refused(write_street: Callable[..., Path]) -> None:
    for wrong, complaint in (({"geoloc_kind": "scan-ours"}, "geoloc_kind"), ({"geoloc_features": "9"}, "features")):
        with pytest.raises(BackendError, match=complaint):
            reader(write_street(**wrong)).read(painted(PANORAMA), PANORAMA, mount())
    with pytest.raises(BackendError, match="outputs of shapes"):
        reader(write_street(stride=8)).read(painted(PANORAMA), PANORAMA, mount())
