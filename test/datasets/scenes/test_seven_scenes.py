from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.depth_files import depth_in_image, depth_view, measured_depth
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.posed_images import PosedScene
from geoloc_ros.core.progress import no_progress
from geoloc_ros.datasets.scenes.seven_scenes import is_seven_scenes, load_seven_scenes

from .trees import matrix, pose, words, write_image


def put_frame(folder: Path, sequence: int, number: int, text: str = "") -> None:
    stem = folder / f"seq-{sequence:02d}" / f"frame-{number:06d}"
    write_image(stem.with_name(stem.name + ".color.png"))
    write_image(stem.with_name(stem.name + ".depth.png"), dtype=np.uint16)
    stem.with_name(stem.name + ".pose.txt").write_text(text or words(matrix(pose(number))))


@pytest.fixture
def scene(tmp_path: Path) -> PosedScene:
    for number in range(3):
        put_frame(tmp_path, 1, number)
    put_frame(tmp_path, 2, 5)
    put_frame(tmp_path, 2, 6, words(np.full((4, 4), np.inf)))
    put_frame(tmp_path, 2, 7, words(2.0 * np.eye(4)))
    put_frame(tmp_path, 2, 8, "1 2 3")
    (tmp_path / "TrainSplit.txt").write_text("sequence1\n")
    (tmp_path / "TestSplit.txt").write_text("sequence2\n")
    return load_seven_scenes(tmp_path, no_progress)


def test_splits_divide_the_sequences(scene: PosedScene) -> None:
    assert scene.train.file == tuple(f"seq-01/frame-00000{number}.color.png" for number in range(3))
    assert scene.test.file == ("seq-02/frame-000005.color.png",)


def test_frames_without_a_pose_are_listed(scene: PosedScene) -> None:
    assert {problem.file: problem.reason for problem in scene.problems} == {
        "seq-02/frame-000006.pose.txt": "its pose is not finite: tracking was lost there",
        "seq-02/frame-000007.pose.txt": "its pose is no rigid transform (axes off unit length or a right angle by 3)",
        "seq-02/frame-000008.pose.txt": "its pose has 3 numbers instead of 16",
    }


def test_published_poses_are_those_of_the_depth_camera(scene: PosedScene) -> None:
    camera, scene_from_depth = depth_view(scene.train, 2)
    assert camera.fx == 585.0 and scene.train.camera[2].fx == 525.0
    np.testing.assert_allclose(scene_from_depth.translation_m, pose(2).translation_m, atol=1e-6)
    # The colour camera is 2.5 cm to the right of it.
    right = scene.train.scene_from_camera[2].translation_m - pose(2).translation_m
    np.testing.assert_allclose(right, 0.025 * pose(2).rotation[:, 0], atol=1e-6)


def test_depth_is_in_metres_and_the_largest_number_is_none(scene: PosedScene) -> None:
    import cv2

    steps = np.full((480, 640), 2000, np.uint16)
    steps[0, :100], steps[1, :100] = 65535, 0
    cv2.imwrite(str(scene.train.root / scene.train.depth_file[0]), steps)
    depth_m = measured_depth(scene.train, 0)
    assert np.isnan(depth_m[:2, :100]).all() and np.isfinite(depth_m[2:]).all()
    assert depth_m[5, 5] == pytest.approx(2.0)


def test_depth_in_the_image_is_moved_by_the_parallax(scene: PosedScene) -> None:
    import cv2

    steps = np.full((480, 640), 2000, np.uint16)
    steps[:, 400] = 1000
    cv2.imwrite(str(scene.train.root / scene.train.depth_file[0]), steps)
    seen_m = depth_in_image(scene.train, 0)
    # A line at u = 400.5 of the depth image, 1 m ahead: 525 ((400.5 - 320) / 585 - 0.025) + 320 = 379.1.
    assert np.nanmin(seen_m[240, :379]) == pytest.approx(2.0)
    assert seen_m[240, 379] == pytest.approx(1.0)


def test_a_sequence_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    put_frame(tmp_path, 1, 0)
    (tmp_path / "TrainSplit.txt").write_text("sequence1\nsequence3\n")
    with pytest.raises(DatasetError, match="names seq-03"):
        load_seven_scenes(tmp_path, no_progress)


def test_without_splits_everything_is_to_learn_from(tmp_path: Path) -> None:
    put_frame(tmp_path, 1, 0)
    put_frame(tmp_path, 2, 0)
    assert is_seven_scenes(tmp_path)
    assert len(load_seven_scenes(tmp_path, no_progress).train) == 2
