import csv
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from geoloc_ros.core.config import load_config
from geoloc_ros.core.errors import ArtifactError, DatasetError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.scene_place import ScenePlace
from geoloc_ros.core.types import Pose3, UInt8
from geoloc_ros.evaluation.tum import read_tum_poses
from geoloc_ros.landmarks.landmark_map import LandmarkMap
from geoloc_ros.localize_landmarks import LandmarksSummary, localize_landmarks, page_folder, table_path
from geoloc_ros.sim import messages
from geoloc_ros.sim.recorder import record

from .landmarks.painted_scene import CAMERA, WALL, painted, write_painted_scene
from .landmarks.voted_scenes import differ, standing

SECOND_NS = 1_000_000_000
# The camera looks ahead of the vehicle, 1.5 m over the ground.
MOUNT = Pose3(np.array([(0.0, 0.0, 1.0), (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0)]), np.array([0.5, 0.0, 1.5]))
OPTICAL = np.array([-0.5, 0.5, -0.5, 0.5])
PLACE = ScenePlace(Pose3(rotation_from_rpy(-np.pi / 2, 0.0, 0.7), np.array([100.0, 50.0, 1.5])), GeoOrigin(48.4, 9.98))


def write_image(file: Path, image: UInt8) -> None:
    cv2.imwrite(str(file), image[..., ::-1])


def write_folder(folder: Path, count: int) -> list[Pose3]:
    """Images with `camera.yaml`, the last of another place; poses of the others."""
    folder.mkdir()
    truth = [standing(np.random.default_rng(number)) for number in range(count - 1)]
    for number, pose in enumerate(truth):
        write_image(folder / f"{number:03d}.png", painted(pose))
    noise = np.random.default_rng(7).integers(0, 255, (CAMERA.height, CAMERA.width, 3)).astype(np.uint8)
    write_image(folder / f"{count:03d}.png", noise)
    # ROS counts from the centre of the first pixel.
    matrix = [CAMERA.fx, 0.0, CAMERA.cx - 0.5, 0.0, CAMERA.fy, CAMERA.cy - 0.5, 0.0, 0.0, 1.0]
    calibration = {
        "image_width": CAMERA.width, "image_height": CAMERA.height, "distortion_model": "plumb_bob",
        "camera_matrix": {"rows": 3, "cols": 3, "data": matrix},
        "distortion_coefficients": {"rows": 1, "cols": 5, "data": [0.0] * 5},
    }
    (folder / "camera.yaml").write_text(yaml.safe_dump(calibration))
    return truth


def write_bag(bag: Path, count: int, mounted: bool = True) -> list[Pose3]:
    """Images of a camera without odometry; poses of the camera."""
    truth = [standing(np.random.default_rng(number)) for number in range(count)]
    with record(bag) as recorder:
        if mounted:
            transform = messages.transforms(0, "base_link", messages.CAMERA_FRAME, MOUNT.translation_m, OPTICAL)
            recorder.write("/tf_static", 0, transform)
        for number, pose in enumerate(truth):
            stamp_ns = (number + 1) * SECOND_NS
            recorder.write("/camera/camera_info", stamp_ns, messages.camera_info(stamp_ns, CAMERA))
            recorder.write("/camera/image", stamp_ns, messages.image(stamp_ns, painted(pose)))
    return truth


def write_colmap(folder: Path, count: int) -> list[Pose3]:
    """A scene with truth, as COLMAP writes it."""
    (folder / "images").mkdir(parents=True)
    (folder / "cameras.txt").write_text(
        f"1 PINHOLE {CAMERA.width} {CAMERA.height} {CAMERA.fx} {CAMERA.fy} {CAMERA.cx} {CAMERA.cy}\n"
    )
    truth, lines = [standing(np.random.default_rng(number)) for number in range(count)], []
    for number, pose in enumerate(truth):
        write_image(folder / "images" / f"{number}.png", painted(pose))
        camera_from_scene = pose.inverse()
        angle = np.asarray(cv2.Rodrigues(camera_from_scene.rotation)[0])[:, 0]
        length = max(1e-12, float(np.linalg.norm(angle)))
        quaternion = [np.cos(length / 2.0), *(angle / length * np.sin(length / 2.0))]
        numbers = " ".join(f"{value:.12g}" for value in [*quaternion, *camera_from_scene.translation_m])
        lines += [f"{number + 1} {numbers} 1 {number}.png", ""]
    (folder / "images.txt").write_text("\n".join(lines) + "\n")
    (folder / "points3D.txt").write_text("")
    return truth


def localize(source: Path, landmarks: Path, output: Path, *overrides: str) -> LandmarksSummary:
    return localize_landmarks(source, landmarks, output, load_config(None, overrides))


def read_table(trajectory: Path) -> list[dict[str, str]]:
    with table_path(trajectory).open() as stream:
        return list(csv.DictReader(stream))


def test_images_of_a_folder_are_found_and_one_of_another_place_is_not(tmp_path: Path) -> None:
    write_painted_scene(tmp_path, None, "hall")
    truth = write_folder(tmp_path / "images", 5)
    summary = localize(tmp_path / "images", tmp_path / "hall", tmp_path / "out.tum")
    assert (summary.images, summary.found, summary.bad_images, summary.page) == (5, 4, 0, None)
    assert summary.scenes == (("hall", 4),) and "optical" in summary.frame and "scene hall" in summary.frame
    stamp_ns, poses = read_tum_poses(tmp_path / "out.tum")
    assert stamp_ns.tolist() == [0, SECOND_NS, 2 * SECOND_NS, 3 * SECOND_NS]
    for pose, true in zip(poses, truth, strict=True):
        metres, radians = differ(pose, true)
        assert metres < 0.02 and radians < 0.01
    rows = read_table(tmp_path / "out.tum")
    assert [row["found"] for row in rows] == ["1"] * 4 + ["0"] and rows[4]["reason"] and not rows[4]["x_m"]
    assert float(rows[0]["sigma_m"]) > 0.0
    assert "4 of 5 images" in summary.as_text() and rows[4]["reason"] in summary.as_text()


def test_the_same_images_give_the_same_bytes(tmp_path: Path) -> None:
    write_painted_scene(tmp_path, None, "hall")
    write_folder(tmp_path / "images", 3)
    for name in "ab":
        localize(tmp_path / "images", tmp_path / "hall", tmp_path / f"{name}.tum")
    assert (tmp_path / "a.tum").read_bytes() == (tmp_path / "b.tum").read_bytes()
    assert table_path(tmp_path / "a.tum").read_bytes() == table_path(tmp_path / "b.tum").read_bytes()


def test_a_bag_gives_poses_of_the_vehicle_on_the_map_where_the_scene_says_where_it_lies(tmp_path: Path) -> None:
    write_painted_scene(tmp_path, PLACE, "hall")
    truth = write_bag(tmp_path / "a.mcap", 3)
    summary = localize(tmp_path / "a.mcap", tmp_path / "hall", tmp_path / "out.tum")
    assert summary.found == 3 and summary.frame == "base_link on the map of origin 48.4, 9.98"
    stamp_ns, poses = read_tum_poses(tmp_path / "out.tum")
    assert stamp_ns[0] == SECOND_NS
    for pose, true in zip(poses, truth, strict=True):
        metres, radians = differ(pose, PLACE.map_from_scene @ true @ MOUNT.inverse())
        assert metres < 0.03 and radians < 0.01


def test_without_mounts_a_bag_gives_poses_of_the_camera(tmp_path: Path) -> None:
    write_painted_scene(tmp_path, None, "hall")
    truth = write_bag(tmp_path / "a.mcap", 1, mounted=False)
    summary = localize(tmp_path / "a.mcap", tmp_path / "hall", tmp_path / "out.tum")
    assert summary.frame == "camera (optical frame) in the frame of scene hall"
    assert differ(read_tum_poses(tmp_path / "out.tum")[1][0], truth[0])[0] < 0.02


def test_of_a_scene_whose_truth_is_known_the_error_is_told_and_a_page_written(tmp_path: Path) -> None:
    write_painted_scene(tmp_path, None, "hall")
    write_colmap(tmp_path / "scene", 6)
    summary = localize(tmp_path / "scene", tmp_path / "hall", tmp_path / "out.tum")
    assert summary.found == 6 and summary.page == page_folder(tmp_path / "out.tum") / "landmarks.html"
    assert summary.page.is_file() and (summary.page.parent / "results.json").is_file()
    assert "100 % of all within 5 cm" in summary.accuracy and str(summary.page) in summary.as_text()


def test_a_broken_image_is_left_out_and_counted(tmp_path: Path) -> None:
    write_painted_scene(tmp_path, None, "hall")
    write_folder(tmp_path / "images", 3)
    (tmp_path / "images" / "000.png").write_bytes(b"\x89PNG")
    write_image(tmp_path / "images" / "001.png", np.zeros((10, 10, 3), np.uint8))
    summary = localize(tmp_path / "images", tmp_path / "hall", tmp_path / "out.tum")
    assert (summary.images, summary.bad_images) == (1, 2)
    (tmp_path / "images" / "003.png").unlink()
    with pytest.raises(DatasetError, match="no image"):
        localize(tmp_path / "images", tmp_path / "hall", tmp_path / "out.tum")


def test_of_several_scenes_the_right_one_is_found(tmp_path: Path) -> None:
    (tmp_path / "scenes").mkdir()
    write_painted_scene(tmp_path / "scenes", PLACE, "hall")
    far = ScenePlace(Pose3(np.eye(3), np.array([1e4, 0.0, 0.0])), GeoOrigin(48.4, 9.98))
    other = LandmarkMap.load(write_painted_scene(tmp_path / "scenes", far, "aisle"))
    # Its landmarks are where those of the hall are, but not the same ones.
    shuffled = replace(WALL, position_m=np.random.default_rng(3).permutation(WALL.position_m))
    replace(other, landmarks=shuffled).save(tmp_path / "scenes" / "aisle")
    write_folder(tmp_path / "images", 3)
    summary = localize(tmp_path / "images", tmp_path / "scenes", tmp_path / "out.tum")
    assert summary.scenes == (("hall", 2),)


def test_scenes_in_frames_of_their_own_are_not_mixed(tmp_path: Path) -> None:
    for name in ("hall", "yard"):
        write_painted_scene(tmp_path, None, name)
    write_folder(tmp_path / "images", 2)
    with pytest.raises(ArtifactError, match=r"hall, yard.*place\.json"):
        localize(tmp_path / "images", tmp_path, tmp_path / "out.tum")


def test_what_is_no_recording_is_told_what_would_be_one(tmp_path: Path) -> None:
    write_painted_scene(tmp_path, None, "hall")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match=r"camera\.yaml"):
        localize(tmp_path / "empty", tmp_path / "hall", tmp_path / "out.tum")
    with pytest.raises(DatasetError, match="no bag and no folder"):
        localize(tmp_path / "gone", tmp_path / "hall", tmp_path / "out.tum")


def test_a_scene_that_takes_too_much_memory_is_told(tmp_path: Path) -> None:
    write_painted_scene(tmp_path, None, "hall")
    write_folder(tmp_path / "images", 2)
    with pytest.raises(ArtifactError, match="MB"):
        localize(tmp_path / "images", tmp_path / "hall", tmp_path / "out.tum", "scenes.memory_mb=0.001")
