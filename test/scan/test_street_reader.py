from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.config import InferenceConfig, NetworksConfig
from geoloc_ros.core.errors import BackendError, ObservationError
from geoloc_ros.core.types import UInt8
from geoloc_ros.scan.street_reader import StreetReader

from .room import mount

onnx = pytest.importorskip("onnx", reason="onnx is not installed: make dev")

PANORAMA, PINHOLE = Camera.equirectangular(256, 128), Camera.pinhole(160, 96, np.radians(90.0))
RED, GREEN = (255, 0, 0), (0, 255, 0)
# Range in the network below, where the ground channel is zero.
EVERYWHERE_M = float(np.exp(2.0))


@pytest.fixture
def write_street(tmp_path: Path) -> Callable[..., Path]:
    """Writes a network: red is building, green is road, black is sky; the log range is 2 plus the ground channel."""

    def write(name: str = "street.onnx", stride: int = 4, **metadata: str) -> Path:
        helper, tensor = onnx.helper, onnx.TensorProto
        weights = np.zeros((10, 4, 1, 1), np.float32)
        weights[SemanticClass.BUILDING, 0] = weights[SemanticClass.ROAD, 1] = 1.0
        weights[8, 3] = 1.0
        bias = np.zeros(10, np.float32)
        bias[[SemanticClass.SKY, 8, 9]] = 60.0, 2.0, -8.0
        splits = np.array([8, 1, 1], np.int64)
        constants = [onnx.numpy_helper.from_array(value, key) for key, value in
                     (("weights", weights), ("bias", bias), ("splits", splits))]  # fmt: skip
        nodes = [
            helper.make_node("AveragePool", ["image"], ["cells"], kernel_shape=[stride] * 2, strides=[stride] * 2),
            helper.make_node("Conv", ["cells", "weights", "bias"], ["all"]),
            helper.make_node("Split", ["all", "splits"], ["logits", "log_range", "boundary"], axis=1),
        ]
        outputs = [helper.make_tensor_value_info(key, tensor.FLOAT, ["N", channels, "h", "w"])
                   for key, channels in (("logits", 8), ("log_range", 1), ("boundary", 1))]  # fmt: skip
        image = helper.make_tensor_value_info("image", tensor.FLOAT, ["N", 4, "H", "W"])
        graph = helper.make_graph(nodes, "colours", [image], outputs, constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        helper.set_model_props(model, {"geoloc_kind": "street", "geoloc_features": "1"} | metadata)
        onnx.save(model, str(tmp_path / name))
        return tmp_path / name

    return write


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
