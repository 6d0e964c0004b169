from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.depth_files import depth_in_image, depth_view, measured_depth, usable_depth
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.posed_images import DepthCamera, PosedImages
from geoloc_ros.core.types import Pose3

CAMERA = Camera("pinhole", 8, 6, 4.0, 4.0, 4.0, 3.0)


@pytest.fixture
def images(tmp_path: Path) -> PosedImages:
    steps = np.full((6, 8), 500, np.uint16)
    steps[0, 0], steps[0, 1] = 0, 65535
    assert cv2.imwrite(str(tmp_path / "depth.png"), steps)
    pose = Pose3(np.eye(3), np.array([1.0, 2.0, 3.0]))
    return PosedImages("", tmp_path, ("a.png",), (CAMERA,), (pose,), ("depth.png",), 0.002, np.array([-1]))


def test_steps_become_metres_and_holes_stay_holes(images: PosedImages) -> None:
    depth_m = measured_depth(images, 0)
    assert np.isnan(depth_m[0, :2]).all()
    np.testing.assert_allclose(depth_m[1:], 1.0)
    np.testing.assert_array_equal(depth_in_image(images, 0), depth_m)


def test_depth_is_where_the_image_is_unless_told(images: PosedImages) -> None:
    assert depth_view(images, 0) == (CAMERA, images.scene_from_camera[0])
    apart = replace(images, depth_camera=DepthCamera(CAMERA, Pose3(np.eye(3), np.array([0.0, 0.0, -0.5]))))
    np.testing.assert_allclose(depth_view(apart, 0)[1].translation_m, [1.0, 2.0, 2.5])


def test_depth_of_a_camera_behind_is_nearer_in_the_image(images: PosedImages) -> None:
    apart = replace(images, depth_camera=DepthCamera(CAMERA, Pose3(np.eye(3), np.array([0.0, 0.0, -0.5]))))
    seen_m = depth_in_image(apart, 0)
    # 0.5 m ahead all is twice as large: every second pixel gets a point, and most points fall outside.
    assert np.unique(seen_m[np.isfinite(seen_m)]) == pytest.approx([0.5])
    assert np.isfinite(seen_m).sum() == 12


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is broken"),
        (b"no image", "is broken"),
        (np.zeros((6, 8), np.uint8), "is uint8 of 8x6 pixels; expected 16 bit of 8x6 pixels"),
        (np.zeros((5, 8), np.uint16), "is uint16 of 8x5 pixels"),
    ],
)
def test_what_is_no_depth_is_told(images: PosedImages, content: bytes | np.ndarray, told: str) -> None:
    coded = content if isinstance(content, bytes) else cv2.imencode(".png", content)[1].tobytes()
    (images.root / "depth.png").write_bytes(coded)
    with pytest.raises(DatasetError, match=told):
        measured_depth(images, 0)


def test_missing_depth_is_told(images: PosedImages) -> None:
    (images.root / "depth.png").unlink()
    with pytest.raises(DatasetError, match="cannot read depth"):
        measured_depth(images, 0)
    with pytest.raises(DatasetError, match="has no depth; give a mesh"):
        measured_depth(replace(images, depth_file=("",)), 0)


def test_depth_that_is_broken_or_missing_is_none_and_told(
    images: PosedImages, caplog: pytest.LogCaptureFixture
) -> None:
    assert usable_depth(images, 0) is not None
    (images.root / images.depth_file[0]).write_bytes(b"nothing")
    assert usable_depth(images, 0) is None and "is broken" in caplog.text
    assert usable_depth(replace(images, depth_file=("",) * len(images)), 0) is None
