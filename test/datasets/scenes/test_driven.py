from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.depth_files import measured_depth
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.photo_files import read_photo
from geoloc_ros.core.types import Float32, Pose3
from geoloc_ros.datasets.scenes.driven import write_driven
from geoloc_ros.datasets.scenes.open_scene import open_scene

CAMERA = Camera("pinhole", 8, 6, 5.0, 5.0, 4.0, 3.0, (0.1, 0.0, 0.0, 0.0))
POSE = Pose3(rotation_from_rpy(0.1, 0.2, 0.3), np.array([1.0, 2.0, 3.0]))
IMAGE = np.full((6, 8, 3), (200, 100, 50), np.uint8)


def write(folder: Path, *depths_m: Float32 | None) -> None:
    with write_driven(folder) as writer:
        for number, depth_m in enumerate(depths_m):
            writer.add(IMAGE, depth_m, CAMERA, POSE, number)
        writer.finish("yard")


def test_a_drive_comes_back_as_it_was(tmp_path: Path) -> None:
    depth_m = np.full((6, 8), 7.5, np.float32)
    depth_m[0] = (np.nan, np.inf, -np.inf, 0.0, -1.0, 200.0, 130.0, 0.002)
    write(tmp_path / "a", depth_m, None)
    scene = open_scene(tmp_path / "a")
    images = scene.train
    assert (scene.name, len(images), len(scene.test), scene.surface) == ("yard", 2, 0, None)
    assert images.camera[0] == CAMERA and images.stamp_ns.tolist() == [0, 1] and not images.depth_file[1]
    assert images.scene_from_camera[0].rotation == pytest.approx(POSE.rotation)
    assert images.scene_from_camera[0].translation_m == pytest.approx(POSE.translation_m)
    assert np.abs(read_photo(images.path(0)).astype(int) - IMAGE).max() < 6
    read_m = measured_depth(images, 0)
    assert read_m[1:] == pytest.approx(7.5) and np.isnan(read_m[0, :6]).all()
    assert read_m[0, 6:] == pytest.approx([130.0, 0.002])


def test_images_may_be_kept_apart(tmp_path: Path) -> None:
    write(tmp_path / "a", None, None, None)
    (tmp_path / "a" / "test.txt").write_text("images/1.jpg\n")
    scene = open_scene(tmp_path / "a")
    assert (scene.train.file, scene.test.file) == (("images/0.jpg", "images/2.jpg"), ("images/1.jpg",))


def test_a_scene_replaces_an_older_one_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "a", None)
    write(tmp_path / "a", None, None)
    assert len(open_scene(tmp_path / "a").train) == 2
    (tmp_path / "b").mkdir()
    with pytest.raises(DatasetError, match="no scene of a drive"):
        write(tmp_path / "b", None)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.parametrize("text", ["{", "[]", '{"kind": "other", "format_version": 1}', '{"kind": "driven_scene"}'])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "drive.json").write_text(text)
    with pytest.raises(DatasetError, match=r"drive\.json.*make it again"):
        open_scene(tmp_path)


@pytest.mark.parametrize(
    ("known", "spoilt"),
    [('"stamp_ns": 0', '"stamp_ns": 1e999'), ('"fx": 5.0', '"fx": "long"'), ('"fx": 5.0', '"fx": 0')],
)
def test_numbers_that_are_none_are_told(tmp_path: Path, known: str, spoilt: str) -> None:
    write(tmp_path / "a", None)
    file = tmp_path / "a" / "drive.json"
    assert known in file.read_text()
    file.write_text(file.read_text().replace(known, spoilt))
    with pytest.raises(DatasetError, match=r"drive\.json.*make it again"):
        open_scene(tmp_path / "a")


def test_a_file_that_is_no_text_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "drive.json").write_bytes(b'{"kind": "\xff' + 10_000 * b"x")
    with pytest.raises(DatasetError) as error:
        open_scene(tmp_path)
    assert len(str(error.value)) < 500
