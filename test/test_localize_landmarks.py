import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from geoloc_ros.cli import app
from geoloc_ros.core.camera import Camera
from geoloc_ros.core.config import Config, load_config
from geoloc_ros.core.errors import ArtifactError, ConfigError, DatasetError, ObservationError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.landmarks import CameraAnswer, CameraPose, NotFound
from geoloc_ros.core.progress import no_progress
from geoloc_ros.core.scene_place import ScenePlace
from geoloc_ros.core.types import Pose3, UInt8
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.evaluation.metrics import interpolate_poses
from geoloc_ros.evaluation.tum import read_tum, read_tum_poses
from geoloc_ros.index import index_map
from geoloc_ros.landmarks.finder import Sighting
from geoloc_ros.landmarks.landmark_map import LandmarkMap
from geoloc_ros.landmarks.prior import CameraPrior
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.localize import localize_bag
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


def test_the_page_does_not_land_in_the_scene_that_was_learnt(tmp_path: Path) -> None:
    learnt = write_painted_scene(tmp_path, None, "hall.landmarks")
    files = sorted(learnt.iterdir())
    write_colmap(tmp_path / "hall", 6)
    assert localize(tmp_path / "hall", learnt, tmp_path / "hall.tum").page is not None
    assert sorted(learnt.iterdir()) == files


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


def test_scenes_of_which_one_knows_no_origin_are_not_mixed(tmp_path: Path) -> None:
    write_painted_scene(tmp_path, replace(PLACE, origin=None), "hall")
    write_painted_scene(tmp_path, PLACE, "yard")
    write_folder(tmp_path / "images", 2)
    with pytest.raises(ArtifactError, match="hall do not say where they lie on the earth"):
        localize(tmp_path / "images", tmp_path, tmp_path / "out.tum")
    assert "origin" not in localize(tmp_path / "images", tmp_path / "hall", tmp_path / "out.tum").frame


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


class KnowsTheTruth:
    """In place of all finders: the truth of a drive, now and then nothing, in the frame of a scene."""

    def __init__(self, bag: Path, map_from_scene: Pose3, error_m: float) -> None:
        reader = BagReader(bag)
        frames = list(reader.frames(("image",)))
        poses = interpolate_poses(*reader.ground_truth(), np.array([frame.stamp_ns for frame in frames]))
        rng = np.random.default_rng(0)
        self.map_from_base = [
            Pose3(rotation_from_rpy(0.0, 0.0, yaw), np.array([x + rng.normal(0.0, error_m), y, 0.3]))
            for x, y, yaw in poses
        ]
        self._seen_from = [
            map_from_scene.inverse() @ pose @ frame.base_from_camera
            for pose, frame in zip(self.map_from_base, frames, strict=True)
        ]
        self.priors: list[CameraPrior | None] = []

    def look(self, image: UInt8, camera: Camera, rng: np.random.Generator, prior: CameraPrior | None) -> Sighting:
        """The truth about the next frame."""
        number = len(self.priors)
        self.priors.append(prior)
        if number == 5:
            raise ObservationError("the image does not fit the camera")
        answer: CameraAnswer = NotFound("a lorry stands before it", 2)
        if number % 4 != 3:
            covariance = np.diag([1e-3] * 3 + [1e-5] * 3)
            answer = CameraPose(self._seen_from[number], covariance, 40, np.arange(1, 31, dtype=np.int32), 0.5, -40.0)
        nothing: Any = None
        return Sighting(answer, nothing, nothing, camera, {})


@pytest.fixture
def drive_index(tiny_drive: Any, tmp_path: Path) -> Path:
    index_map(tiny_drive.map_file, tmp_path / "tiny.index", None, Config(), no_progress)
    return tmp_path / "tiny.index"


def test_a_drive_through_a_scene_is_refined(
    tiny_drive: Any, drive_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = PlaceIndex.load(drive_index)
    place = ScenePlace(Pose3(rotation_from_rpy(0.0, 0.0, 1.0), np.array([20.0, -10.0, 0.0])), index.geomap.origin)
    (tmp_path / "scenes").mkdir()
    scene = LandmarkMap.load(write_painted_scene(tmp_path / "scenes", place, "depot"))
    truth = KnowsTheTruth(tiny_drive.bag, place.map_from_scene, 0.02)
    spots_m = place.map_from_scene.inverse().apply(np.array([pose.translation_m for pose in truth.map_from_base]))
    replace(scene, camera_position_m=spots_m).save(tmp_path / "scenes" / "depot")
    monkeypatch.setattr("geoloc_ros.localize_landmarks.load_finder", lambda *_: truth)
    summary = localize_bag(
        tiny_drive.bag, drive_index, tmp_path / "out.tum", Config(), landmarks=tmp_path / "scenes"
    )
    asked = len(truth.priors)
    assert asked == summary.frames and summary.num_refined == asked - asked // 4 - 1
    assert summary.refined is not None and f"{summary.num_refined} poses" in summary.as_text()
    stamp_ns, poses = read_tum_poses(summary.refined)
    wanted = [pose for number, pose in enumerate(truth.map_from_base) if number % 4 != 3 and number != 5]
    assert max(differ(one, other)[0] for one, other in zip(poses, wanted, strict=True)) < 1e-3
    rows = read_table(tmp_path / "out.tum")
    assert (rows[3]["reason"], rows[3]["scene"], rows[3]["landmarks"]) == ("a lorry stands before it", "depot", "2")
    assert (rows[5]["found"], rows[5]["reason"]) == ("0", "the image does not fit the camera")
    assert truth.priors[0] is None
    # With landmarks from the first frame on, no wall is needed to know where the vehicle is.
    stamps_ns, found = read_tum(tmp_path / "out.tum")
    true = interpolate_poses(*BagReader(tiny_drive.bag).ground_truth(), stamps_ns)
    assert len(found) > 0.5 * summary.frames
    assert np.median(np.hypot(*(found - true)[:, :2].T)) < 0.2
    sure = next(prior for prior in truth.priors if prior is not None)
    assert sure.sigma_m < 5.0


def test_scenes_for_a_map_must_say_where_they_lie(tiny_drive: Any, drive_index: Path, tmp_path: Path) -> None:
    (tmp_path / "scenes").mkdir()
    write_painted_scene(tmp_path / "scenes", None, "depot")
    with pytest.raises(ArtifactError, match=r"depot.*place\.json"):
        localize_bag(tiny_drive.bag, drive_index, tmp_path / "out.tum", Config(), landmarks=tmp_path / "scenes")


def test_the_command_finds_images_without_an_index(tmp_path: Path) -> None:
    write_painted_scene(tmp_path, None, "hall")
    write_folder(tmp_path / "images", 3)
    arguments = [str(tmp_path / "images"), "--landmarks", str(tmp_path / "hall"), "-o", str(tmp_path / "out.tum")]
    done = CliRunner().invoke(app, ["localize", *arguments])
    assert done.exit_code == 0 and "2 of 3 images found (hall 2)" in done.output


@pytest.mark.parametrize("options", [(), ("--landmarks", "x", "--use", "image"), ("--landmarks", "x", "--photos", "y")])
def test_the_command_says_what_goes_together(options: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, ["localize", "a.mcap", "-o", "out.tum", *options])
    assert isinstance(done.exception, ConfigError) and "--index" in str(done.exception)
