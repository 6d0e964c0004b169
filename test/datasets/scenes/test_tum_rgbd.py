from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.geometry import quaternion_from_rotation, rotation_from_rpy
from geoloc_ros.core.progress import no_progress
from geoloc_ros.datasets.scenes.tum_rgbd import is_tum_rgbd, load_tum_rgbd

from .trees import words, write_image

START_S = 1305031102


def put_sequence(folder: Path, image_s: list[float], depth_s: list[float], truth_s: list[float]) -> None:
    """A camera that moves 1 m/s along x and turns 1 rad/s about z."""
    write_image(folder / "rgb" / "one.png")
    write_image(folder / "depth" / "one.png", dtype=np.uint16)
    (folder / "rgb.txt").write_text("# colour\n" + "".join(f"{START_S + s:.6f} rgb/one.png\n" for s in image_s))
    (folder / "depth.txt").write_text("# depth\n" + "".join(f"{START_S + s:.6f} depth/one.png\n" for s in depth_s))
    rows = [
        f"{START_S + s:.6f} {s} 0 0 {words(quaternion_from_rotation(rotation_from_rpy(0.0, 0.0, s)))}\n"
        for s in truth_s
    ]
    (folder / "groundtruth.txt").write_text("# truth\n" + "".join(rows))


def test_a_pose_between_two_is_interpolated(tmp_path: Path) -> None:
    folder = tmp_path / "rgbd_dataset_freiburg3_room"
    put_sequence(folder, [0.03], [0.04], [0.0, 0.1])
    assert is_tum_rgbd(folder)
    train = load_tum_rgbd(folder, no_progress).train
    np.testing.assert_allclose(train.scene_from_camera[0].translation_m, [0.03, 0.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(train.scene_from_camera[0].rotation, rotation_from_rpy(0.0, 0.0, 0.03), atol=1e-7)
    assert train.depth_file == ("depth/one.png",)
    assert train.depth_unit_m == pytest.approx(0.0002)
    assert train.stamp_ns.tolist() == [START_S * 1_000_000_000 + 30_000_000]
    assert train.camera[0] == Camera("pinhole", 640, 480, 535.4, 539.2, 320.6, 248.1)


def test_images_outside_and_in_gaps_of_the_trajectory_are_listed(tmp_path: Path) -> None:
    folder = tmp_path / "freiburg2_desk"
    put_sequence(folder, [0.0, 0.9, 2.5], [], [0.0, 0.05, 0.85, 1.2])
    scene = load_tum_rgbd(folder, no_progress)
    assert len(scene.train) == 1
    assert [problem.reason for problem in scene.problems] == [
        "the poses around it are 350 ms apart", "it was taken 1300 ms outside of the trajectory",
    ]


def test_depth_that_is_not_of_the_same_moment_is_not_taken(tmp_path: Path) -> None:
    folder = tmp_path / "freiburg1_xyz"
    put_sequence(folder, [0.0, 0.05], [0.019, 0.075], [0.0, 0.05])
    train = load_tum_rgbd(folder, no_progress).train
    assert train.depth_file == ("depth/one.png", "")
    assert len(train.camera[0].distortion) == 5


@pytest.mark.parametrize("stamp", ["inf", "1e300", "99999999999999999999", "-1", "nan", "noon"])
def test_a_stamp_that_is_none_is_told(tmp_path: Path, stamp: str) -> None:
    folder = tmp_path / "freiburg1_xyz"
    put_sequence(folder, [0.0], [], [0.0, 0.05])
    (folder / "rgb.txt").write_text(f"{stamp} rgb/one.png\n")
    with pytest.raises(DatasetError, match=r"line 1 of .*rgb\.txt"):
        load_tum_rgbd(folder, no_progress)


def test_an_unknown_camera_needs_its_calibration(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    put_sequence(folder, [0.0], [0.0], [0.0, 0.05])
    with pytest.raises(DatasetError, match=r"put a camera\.yaml beside"):
        load_tum_rgbd(folder, no_progress)
    (folder / "camera.yaml").write_text(
        "image_width: 640\nimage_height: 480\ndistortion_model: plumb_bob\n"
        "camera_matrix: {rows: 3, cols: 3, data: [500, 0, 319.5, 0, 501, 239.5, 0, 0, 1]}\n"
        "distortion_coefficients: {rows: 1, cols: 5, data: [0.1, 0, 0, 0, 0]}\n"
    )
    camera = load_tum_rgbd(folder, no_progress).train.camera[0]
    assert camera == Camera("pinhole", 640, 480, 500.0, 501.0, 320.0, 240.0, (0.1, 0.0, 0.0, 0.0, 0.0))


def test_a_broken_calibration_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    put_sequence(folder, [0.0], [0.0], [0.0, 0.05])
    (folder / "camera.yaml").write_text("image_width: [")
    with pytest.raises(DatasetError, match="is no calibration as ROS writes it"):
        load_tum_rgbd(folder, no_progress)
