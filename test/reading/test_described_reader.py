"""Networks made by hand, whose answers are known, behind descriptions."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.config import InferenceConfig, NetworksConfig, ObserveConfig, ScanConfig
from geoloc_ros.core.errors import BackendError, ConfigError, ObservationError
from geoloc_ros.core.types import Pose3, UInt8
from geoloc_ros.core.view import CameraFrame
from geoloc_ros.reading.described_reader import DescribedReader
from geoloc_ros.scan.perceive import Perceiver

from ..scan.room import draw_room, mount, room_range_m
from .networks_by_hand import PALETTE, color_network, constant_network, describe, red_network

LEVEL = Pose3(np.array([(0.0, 0.0, 1.0), (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0)]), np.array([0.0, 0.0, 1.5]))
"""An optical frame that looks ahead."""
CLASSES = {"building": [1], "vegetation": [2], "sky": [3], "vehicle": [4]}
OURS = np.array([0, 1, 2, 5, 6], np.uint8)
"""Of the colours of PALETTE."""
LOGITS = {"kind": "logits", "classes": CLASSES}
ENGINE = InferenceConfig()


def striped(height: int, width: int, stripe: int) -> tuple[UInt8, UInt8]:
    """An image of vertical stripes in the colours of PALETTE, and the label image that it shows."""
    column = np.arange(width) // stripe % len(PALETTE)
    kinds = np.broadcast_to(column, (height, width))
    return PALETTE[kinds], OURS[kinds]


def test_an_image_of_the_input_size_is_read_pixel_by_pixel(tmp_path: Path) -> None:
    color_network(tmp_path / "net.onnx")
    reader = DescribedReader(describe(tmp_path / "net.yaml", "net.onnx", LOGITS), ENGINE)
    image, labels = striped(32, 64, 5)
    reading = reader.read(image, Camera.pinhole(64, 32, 1.5), LEVEL)
    assert reading.labels is not None
    assert reading.labels.dtype == np.uint8
    np.testing.assert_array_equal(reading.labels, labels)
    assert reading.instances is None and reading.depth_m is None and reader.provides == {"labels"}
    assert "net.yaml" in str(reader) and "onnxruntime" in str(reader).lower()


@pytest.mark.parametrize("fit", ["stretch", "pad"])
@pytest.mark.parametrize("size", [(90, 200), (48, 40)])
def test_labels_come_back_where_they_were(tmp_path: Path, fit: str, size: tuple[int, int]) -> None:
    height, width = size
    color_network(tmp_path / "net.onnx", stride=2)
    file = describe(tmp_path / "net.yaml", "net.onnx", LOGITS, input={"width": 128, "height": 64, "fit": fit})
    image, labels = striped(height, width, width // 4)
    reading = DescribedReader(file, ENGINE).read(image, Camera.pinhole(width, height, 1.5), LEVEL)
    assert reading.labels is not None
    middle = np.arange(width) % (width // 4) - (width // 8)
    np.testing.assert_array_equal(reading.labels[:, np.abs(middle) < 4], labels[:, np.abs(middle) < 4])


def test_a_file_of_open_size_gets_the_shape_of_the_image(tmp_path: Path) -> None:
    color_network(tmp_path / "net.onnx")
    file = describe(tmp_path / "net.yaml", "net.onnx", LOGITS, input={"width": 64, "multiple_of": 8})
    image, labels = striped(128, 96, 96)
    reader = DescribedReader(file, ENGINE)
    reading = reader.read(image, Camera.pinhole(96, 128, 1.5), LEVEL)
    np.testing.assert_array_equal(reading.labels, labels)
    assert reader._network((88, 64)).input_shape == (3, 88, 64)


@pytest.mark.parametrize("yaw_deg", [0.0, 33.0])
@pytest.mark.parametrize("num_faces", [4, 6])
def test_a_panorama_survives_being_cut_and_joined(tmp_path: Path, num_faces: int, yaw_deg: float) -> None:
    color_network(tmp_path / "net.onnx")
    file = describe(
        tmp_path / "net.yaml", "net.onnx", LOGITS, input={"width": 128, "multiple_of": 8},
        panorama={"num_faces": num_faces, "overlap_deg": 12.0},
    )  # fmt: skip
    camera = Camera.equirectangular(360, 90)
    turned = np.array([(np.cos(np.deg2rad(yaw_deg)), -np.sin(np.deg2rad(yaw_deg)), 0.0),
                       (np.sin(np.deg2rad(yaw_deg)), np.cos(np.deg2rad(yaw_deg)), 0.0), (0.0, 0.0, 1.0)])  # fmt: skip
    image, labels = striped(90, 360, 36)
    reading = DescribedReader(file, ENGINE).read(image, camera, Pose3(turned @ LEVEL.rotation, LEVEL.translation_m))
    assert reading.labels is not None
    inside_stripe = np.abs(np.arange(360) % 36 - 17.5) < 15.0
    np.testing.assert_array_equal(reading.labels[:, inside_stripe], labels[:, inside_stripe])


def test_rows_that_no_face_reaches_are_unlabelled_and_have_no_depth(tmp_path: Path) -> None:
    color_network(tmp_path / "net.onnx")
    red_network(tmp_path / "depth.onnx", 10.0)
    camera = Camera.equirectangular(128, 64)
    image = np.full((64, 128, 3), 255, np.uint8)
    size = {"width": 64, "height": 32}  # 100 degrees wide, 61.6 degrees high
    labels = DescribedReader(describe(tmp_path / "net.yaml", "net.onnx", LOGITS, input=size), ENGINE)
    depth = DescribedReader(
        describe(tmp_path / "depth.yaml", "depth.onnx", {"kind": "depth_m", "name": "depth"}, input=size), ENGINE
    )
    seen = labels.read(image, camera, LEVEL).labels
    depth_m = depth.read(image, camera, LEVEL).depth_m
    assert seen is not None and depth_m is not None
    assert (seen[:8] == SemanticClass.UNLABELLED).all() and (seen[28:36] != SemanticClass.UNLABELLED).all()
    assert np.isnan(depth_m[:8]).all() and np.isfinite(depth_m[28:36]).all()


def test_four_faces_of_equal_depth_are_a_square_room(tmp_path: Path) -> None:
    red_network(tmp_path / "net.onnx", 10.0)
    file = describe(tmp_path / "net.yaml", "net.onnx", {"kind": "depth_m", "name": "depth"})
    camera = Camera.equirectangular(256, 64)
    reading = DescribedReader(file, ENGINE).read(np.full((64, 256, 3), 255, np.uint8), camera, LEVEL)
    rays = camera.rays()
    wall = 10.0 / np.maximum(np.abs(rays[..., 0]), np.abs(rays[..., 2]))
    assert reading.depth_m is not None
    known = np.isfinite(reading.depth_m)
    assert known[20:44].all()
    np.testing.assert_allclose(reading.depth_m[known], wall[known], rtol=1e-4)


@pytest.mark.parametrize("pitch", [0.0, 0.1])
def test_a_scan_of_a_panorama_by_networks_for_photos_is_the_room(tmp_path: Path, pitch: float) -> None:
    # Green and blue tell the class, red the depth along the axis of the face that sees a pixel.
    palette = np.array([(0, 250, 0), (0, 0, 250), (0, 250, 250)], np.uint8)
    color_network(tmp_path / "labels.onnx", palette=palette)
    red_network(tmp_path / "depth.onnx", 25.0)
    size = {"width": 512, "multiple_of": 32}
    classes = {"building": [0], "road": [1], "sky": [2]}
    labels = describe(tmp_path / "labels.yaml", "labels.onnx", {"kind": "logits", "classes": classes}, input=size)
    depth = describe(tmp_path / "depth.yaml", "depth.onnx", {"kind": "depth_m", "name": "depth"}, input=size)

    camera, base_from_camera = Camera.equirectangular(1024, 400), mount(2.0, pitch=pitch)
    room = draw_room(camera, base_from_camera)
    code = np.zeros(256, np.intp)
    code[[SemanticClass.BUILDING, SemanticClass.ROAD, SemanticClass.SKY]] = 0, 1, 2
    image = palette[code[room.labels]]
    directions = camera.rays() @ base_from_camera.rotation.T
    axial_m = room.depth_m * np.abs(directions[..., :2]).max(axis=-1)
    image[..., 0] = np.nan_to_num(axial_m * (255.0 / 25.0)).clip(0, 255).round()

    networks = NetworksConfig(segmentation=str(labels), depth=str(depth))
    perceiver = Perceiver(networks, ENGINE, ScanConfig(), ObserveConfig())
    scan = perceiver.perceive([CameraFrame(camera, base_from_camera, image)]).scan
    assert scan.observed.all()
    np.testing.assert_allclose(scan.range_m, room_range_m(360, 10.0), atol=0.3)


def test_a_fisheye_that_looks_up_is_cut_into_level_faces(tmp_path: Path) -> None:
    red_network(tmp_path / "net.onnx", 10.0)
    output = {"kind": "depth_m", "name": "depth"}
    file = describe(tmp_path / "net.yaml", "net.onnx", output, input={"width": 64, "height": 64})
    camera = Camera.fisheye(128, 128, np.deg2rad(200.0))
    up = Pose3(np.array([(0.0, 1.0, 0.0), (-1.0, 0.0, 0.0), (0.0, 0.0, 1.0)]), np.zeros(3))
    reading = DescribedReader(file, ENGINE).read(np.full((128, 128, 3), 255, np.uint8), camera, up)
    directions = camera.rays() @ up.rotation.T
    wall = 10.0 / np.maximum(np.abs(directions[..., 0]), np.abs(directions[..., 1]))
    is_level = (directions[..., 2] > 0.0) & (directions[..., 2] < 0.4)
    assert np.count_nonzero(is_level) > 1000
    assert reading.depth_m is not None
    np.testing.assert_allclose(reading.depth_m[is_level], wall[is_level], rtol=1e-3)


def test_depth_of_another_focal_length_is_scaled(tmp_path: Path) -> None:
    red_network(tmp_path / "net.onnx", 10.0)
    output = {"kind": "depth_m", "name": "depth", "trained_focal_px": 50.0}
    file = describe(tmp_path / "net.yaml", "net.onnx", output)
    camera = Camera("pinhole", 128, 64, 200.0, 200.0, 64.0, 32.0)  # 100 px once the image is 64 wide
    reading = DescribedReader(file, ENGINE).read(np.full((64, 128, 3), 255, np.uint8), camera, LEVEL)
    np.testing.assert_allclose(reading.depth_m, 20.0, rtol=1e-5)


def test_disparity_becomes_metres(tmp_path: Path) -> None:
    red_network(tmp_path / "net.onnx", 1.0)
    output = {"kind": "inverse_depth", "name": "depth", "scale": 0.5, "shift": -0.25}
    file = describe(tmp_path / "net.yaml", "net.onnx", output)
    image = np.zeros((32, 64, 3), np.uint8)
    image[:, 32:] = 255
    reading = DescribedReader(file, ENGINE).read(image, Camera.pinhole(64, 32, 1.5), LEVEL)
    assert reading.depth_m is not None
    assert np.isnan(reading.depth_m[:, :32]).all(), "1 / depth is negative there"
    np.testing.assert_allclose(reading.depth_m[:, 32:], 4.0, rtol=1e-5)


def test_channels_mean_and_std_are_applied_as_described(tmp_path: Path) -> None:
    red_network(tmp_path / "net.onnx", 1.0)
    said = {"width": 64, "height": 32, "channels": "bgr", "scale": 1.0, "mean": [3.0, 0.0, 0.0], "std": [2.0, 1.0, 1.0]}
    file = describe(tmp_path / "net.yaml", "net.onnx", {"kind": "depth_m", "name": "depth"}, input=said)
    image = np.zeros((32, 64, 3), np.uint8)
    image[..., 2] = 23  # blue, which comes first
    reading = DescribedReader(file, ENGINE).read(image, Camera.pinhole(64, 32, 1.5), LEVEL)
    np.testing.assert_allclose(reading.depth_m, 10.0, rtol=1e-6)


def test_class_ids_are_looked_up_and_unknown_ones_are_unlabelled(tmp_path: Path) -> None:
    ids = np.zeros((4, 8), np.float32)
    ids[:, 2:4], ids[:, 4:6], ids[:, 6:] = 1, 4, -1
    constant_network(tmp_path / "net.onnx", {"class_ids": ids})
    file = describe(tmp_path / "net.yaml", "net.onnx", {"kind": "class_ids", "classes": CLASSES})
    black = np.zeros((8, 16, 3), np.uint8)
    labels = DescribedReader(file, ENGINE).read(black, Camera.pinhole(16, 8, 1.5), LEVEL).labels
    assert labels is not None
    np.testing.assert_array_equal(labels, np.tile(np.repeat(np.array([0, 1, 6, 255], np.uint8), 4), (8, 1)))


def test_buildings_of_queries_fill_the_columns_they_are_most_of(tmp_path: Path) -> None:
    certain = np.full((4, 6), -10.0, np.float32)  # 5 classes and "no object"
    certain[0, 1] = certain[1, 1] = certain[2, 3] = 10.0
    certain[3], certain[3, 1] = 0.0, 0.5  # some building perhaps: not sure enough
    masks = np.full((4, 8, 16), -20.0, np.float32)
    masks[0, 2:, :8] = masks[1, 4:, 8:] = 20.0
    masks[2, :2, :8] = masks[2, :4, 8:] = masks[3, 2:4, 8:] = 15.0
    constant_network(tmp_path / "net.onnx", {"class_queries_logits": certain, "masks_queries_logits": masks})
    output = {"kind": "mask2former", "classes": CLASSES, "building_instances": True}
    reader = DescribedReader(describe(tmp_path / "net.yaml", "net.onnx", output), ENGINE)
    reading = reader.read(np.zeros((8, 16, 3), np.uint8), Camera.pinhole(16, 8, 1.5), LEVEL)
    assert reader.provides == {"labels", "instances"}
    assert reading.labels is not None and reading.instances is not None
    assert (reading.labels[2:, :8] == 1).all() and (reading.labels[:2, :8] == 5).all()
    assert (reading.instances[2:, :8] == 1).all() and (reading.instances[4:, 8:] == 2).all()
    assert (reading.instances[:2] == 0).all()


@pytest.mark.parametrize("masks", ["in the boxes", "of the image"])
def test_detections_that_are_sure_to_be_buildings_become_instances(tmp_path: Path, masks: str) -> None:
    boxes = np.array([(0, 8, 32, 32), (32, 16, 64, 32), (0, 0, 64, 32), (10, 10, 20, 20), (0, 0, 0, 0)], np.float32)
    labels = np.array([1, 1, 1, 4, 0], np.float32)
    scores = np.array([0.99, 0.95, 0.89, 0.99, 0.0], np.float32)
    image_masks = np.zeros((5, 1, 32, 64), np.float32)
    for mask, (x0, y0, x1, y1) in zip(image_masks, boxes.astype(int), strict=True):
        mask[0, y0:y1, x0:x1] = 1.0
    outputs = {"boxes": boxes, "labels": labels, "scores": scores,
               "masks": image_masks if masks == "of the image" else np.ones((5, 28, 28), np.float32)}  # fmt: skip
    constant_network(tmp_path / "net.onnx", outputs)
    reader = DescribedReader(
        describe(tmp_path / "net.yaml", "net.onnx", {"kind": "maskrcnn", "classes": {"building": [1]}}), ENGINE
    )
    assert reader.provides == {"instances"}
    instances = reader.read(np.zeros((32, 64, 3), np.uint8), Camera.pinhole(64, 32, 1.5), LEVEL).instances
    expected = np.zeros((32, 64), np.uint16)
    expected[8:, :32], expected[16:, 32:] = 2, 1  # the surest is painted last
    np.testing.assert_array_equal(instances, expected)


def test_detections_with_numbers_that_are_none_show_nothing(tmp_path: Path) -> None:
    boxes = np.array([(0, 0, 9, 9), (np.nan, 0, 9, 9), (0, 0, np.inf, 9), (0, 0, 9, 9)], np.float32)
    broken = {
        "boxes": boxes, "labels": np.array([np.nan, 1, 1, 1], np.float32),
        "scores": np.array([1, 1, 1, np.nan], np.float32), "masks": np.ones((4, 28, 28), np.float32),
    }  # fmt: skip
    constant_network(tmp_path / "net.onnx", broken)
    file = describe(tmp_path / "net.yaml", "net.onnx", {"kind": "maskrcnn", "classes": {"building": [1]}})
    reading = DescribedReader(file, ENGINE).read(np.zeros((32, 64, 3), np.uint8), Camera.pinhole(64, 32, 1.5), LEVEL)
    assert reading.instances is not None and not reading.instances.any()


def test_a_building_across_two_faces_is_one(tmp_path: Path) -> None:
    whole = {
        "boxes": np.array([(0, 0, 64, 32)], np.float32), "labels": np.ones(1, np.float32),
        "scores": np.ones(1, np.float32), "masks": np.ones((1, 28, 28), np.float32),
    }  # fmt: skip
    constant_network(tmp_path / "net.onnx", whole)
    file = describe(tmp_path / "net.yaml", "net.onnx", {"kind": "maskrcnn", "classes": {"building": [1]}})
    camera = Camera.equirectangular(128, 16)
    instances = DescribedReader(file, ENGINE).read(np.zeros((16, 128, 3), np.uint8), camera, LEVEL).instances
    np.testing.assert_array_equal(instances, np.ones((16, 128), np.uint16))


@pytest.mark.parametrize(
    ("output", "complaint"),
    [
        ({"kind": "logits", "classes": {"building": [5]}}, "tells 5 classes apart and 'output.classes' lists id 5"),
        ({"kind": "logits", "classes": "cityscapes"}, "tells 5 classes apart and 'output.classes' has 19"),
        ({"kind": "depth_m", "name": "logits"}, "depth is (height, width) per image, not (5, 32, 64)"),
        ({"kind": "class_ids", "name": "logits", "classes": CLASSES}, "'kind: logits'"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(tmp_path: Path, output: dict[str, object], complaint: str) -> None:
    color_network(tmp_path / "net.onnx")
    with pytest.raises(ConfigError, match=re.escape(complaint)):
        DescribedReader(describe(tmp_path / "net.yaml", "net.onnx", output), ENGINE)


def test_outputs_of_other_names_are_refused_with_the_names_there_are(tmp_path: Path) -> None:
    color_network(tmp_path / "net.onnx")
    file = describe(tmp_path / "net.yaml", "net.onnx", {**LOGITS, "name": "scores"})
    with pytest.raises(BackendError, match="logits.*scores"):
        DescribedReader(file, ENGINE)


def test_a_file_of_another_size_is_refused(tmp_path: Path) -> None:
    color_network(tmp_path / "net.onnx", size=(64, 64))
    with pytest.raises(BackendError, match="64, 64.*32, 64"):
        DescribedReader(describe(tmp_path / "net.yaml", "net.onnx", LOGITS), ENGINE)


def test_a_missing_or_broken_network_is_an_error_that_names_the_description(tmp_path: Path) -> None:
    file = describe(tmp_path / "net.yaml", "net.onnx", LOGITS, input={"width": 64})
    with pytest.raises(BackendError, match=r"net\.yaml.*net\.onnx.*not there.*geoloc export"):
        DescribedReader(file, ENGINE)
    (tmp_path / "net.onnx").write_bytes(b"<html>404</html>")
    with pytest.raises(BackendError, match=r"net\.yaml.*no network"):
        DescribedReader(describe(tmp_path / "net.yaml", "net.onnx", LOGITS), ENGINE)


def test_an_image_that_does_not_fit_the_camera_is_refused(tmp_path: Path) -> None:
    color_network(tmp_path / "net.onnx")
    reader = DescribedReader(describe(tmp_path / "net.yaml", "net.onnx", LOGITS), ENGINE)
    with pytest.raises(ObservationError, match="camera_info"):
        reader.read(np.zeros((32, 60, 3), np.uint8), Camera.pinhole(64, 32, 1.5), LEVEL)
