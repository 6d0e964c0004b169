from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from geoloc_ros.cli import app
from geoloc_ros.core.camera import Camera
from geoloc_ros.core.depth_files import measured_depth
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.scene_place import read_place
from geoloc_ros.core.types import Pose3
from geoloc_ros.datasets.scenes.open_scene import open_scene
from geoloc_ros.evaluation.tum import write_tum_poses
from geoloc_ros.scene_of_drive import make_scene
from geoloc_ros.sim import messages
from geoloc_ros.sim.recorder import record

CAMERA = Camera("pinhole", 8, 6, 5.0, 5.0, 4.0, 3.0)
SECOND_NS = 1_000_000_000
OPTICAL = np.array([-0.5, 0.5, -0.5, 0.5])
UPRIGHT = np.array([0.0, 0.0, 0.0, 1.0])


def write_bag(bag: Path, east_m: list[float], with_depth: bool = True, with_truth: bool = True) -> Path:
    """An image a second from a vehicle that looks east, its camera 2 m over the ground."""
    with record(bag) as recorder:
        mount = messages.transforms(0, "base_link", messages.CAMERA_FRAME, np.array([0.0, 0.0, 2.0]), OPTICAL)
        recorder.write("/tf_static", 0, mount)
        for number, x_m in enumerate(east_m):
            stamp_ns = (number + 1) * SECOND_NS
            recorder.write("/camera/camera_info", stamp_ns, messages.camera_info(stamp_ns, CAMERA))
            image = np.full((6, 8, 3), 20 * number, np.uint8)
            recorder.write("/camera/image", stamp_ns, messages.image(stamp_ns, image))
            if with_depth:
                depth = messages.image(stamp_ns, np.full((6, 8), 4.0, np.float32))
                recorder.write("/camera/depth", stamp_ns, depth)
            if with_truth:
                at = messages.odometry(stamp_ns, "map", np.array([x_m, 70.0, 0]), UPRIGHT, 0.0, 0.0, (1.0, 1.0))
                recorder.write("/ground_truth", stamp_ns, at)
    return bag


def test_a_drive_with_its_truth_becomes_a_scene_that_knows_where_it_lies(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "a.mcap", [1000.4, 1001.4, 1001.42, 1003.0])
    summary = make_scene(bag, tmp_path / "scene", None, None)
    # The third image is 2 cm from the second.
    assert (summary.images, summary.left_out, summary.with_depth) == (3, 1, True)
    images = open_scene(tmp_path / "scene").train
    assert images.stamp_ns.tolist() == [SECOND_NS, 2 * SECOND_NS, 4 * SECOND_NS]
    place = read_place(tmp_path / "scene")
    assert place is not None and place.origin is None
    map_from_camera = place.map_from_scene @ images.scene_from_camera[2]
    assert map_from_camera.translation_m == pytest.approx([1003.0, 70.0, 2.0])
    assert map_from_camera.apply(np.array([0.0, 0.0, 1.0])) == pytest.approx([1004.0, 70.0, 2.0])
    assert np.abs(images.scene_from_camera[0].translation_m).max() <= 0.5
    assert measured_depth(images, 0) == pytest.approx(4.0)


def test_a_trajectory_in_six_degrees_of_freedom_counts_as_it_is(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "a.mcap", [0.0, 1.0], with_depth=False, with_truth=False)
    tilted = rotation_from_rpy(0.0, -0.1, 0.5)
    poses = [Pose3(tilted, np.array([x_m, 0.0, 0.3])) for x_m in (0.0, 1.0)]
    write_tum_poses(tmp_path / "a.tum", [SECOND_NS // 2 * 2, 5 * SECOND_NS // 2], poses)
    summary = make_scene(bag, tmp_path / "scene", tmp_path / "a.tum", None)
    assert "mesh" in summary.as_text() and not summary.with_depth
    images, place = open_scene(tmp_path / "scene").train, read_place(tmp_path / "scene")
    assert place is not None and summary.images == len(images)
    map_from_camera = place.map_from_scene @ images.scene_from_camera[0]
    assert map_from_camera.translation_m == pytest.approx(tilted @ (0.0, 0.0, 2.0) + (0.0, 0.0, 0.3), abs=1e-3)


def test_images_without_a_pose_are_left_out_and_told(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "a.mcap", [0.0, 1.0, 2.0, 3.0])
    write_tum_poses(
        tmp_path / "a.tum", [2 * SECOND_NS, 3 * SECOND_NS], [Pose3(np.eye(3), np.array([x, 0.0, 0.0])) for x in (1, 2)]
    )
    summary = make_scene(bag, tmp_path / "scene", tmp_path / "a.tum", None)
    assert (summary.images, summary.left_out) == (2, 2) and "outside of the trajectory" in summary.as_text()
    write_tum_poses(tmp_path / "b.tum", [99 * SECOND_NS, 100 * SECOND_NS], [Pose3(np.eye(3), np.zeros(3))] * 2)
    with pytest.raises(DatasetError, match="no image of .* has a pose; the first: it was taken"):
        make_scene(bag, tmp_path / "other", tmp_path / "b.tum", None)
    assert not (tmp_path / "other").exists()


def test_a_drive_without_any_poses_is_refused(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "a.mcap", [0.0], with_truth=False)
    with pytest.raises(DatasetError, match="/ground_truth"):
        make_scene(bag, tmp_path / "scene", None, None)


def test_the_command_takes_the_origin_of_an_index(tiny_drive: Any, tmp_path: Path) -> None:
    index = tmp_path / "tiny.index"
    assert CliRunner().invoke(app, ["index", str(tiny_drive.map_file), "-o", str(index)]).exit_code == 0
    arguments = [str(tiny_drive.bag), "--index", str(index), "-o", str(tmp_path / "scene")]
    done = CliRunner().invoke(app, ["train", "scene", *arguments])
    assert done.exit_code == 0 and "images with depth" in done.output
    place = read_place(tmp_path / "scene")
    assert place is not None and place.origin is not None and place.origin.latitude_deg != 0.0
