from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.datasets.shots import is_bag, open_recording

CALIBRATION = {
    "image_width": 8, "image_height": 6, "distortion_model": "plumb_bob",
    "camera_matrix": {"data": [5.0, 0.0, 3.5, 0.0, 5.0, 2.5, 0.0, 0.0, 1.0]},
    "distortion_coefficients": {"data": [0.0] * 5},
}


def write_images(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        cv2.imwrite(str(folder / name), np.full((6, 8, 3), (0, 0, 10 * number), np.uint8))


def test_a_folder_of_images_with_a_calibration_is_read_by_name(tmp_path: Path) -> None:
    write_images(tmp_path, "b.png", "a.jpg")
    (tmp_path / "camera.yaml").write_text(yaml.safe_dump(CALIBRATION))
    (tmp_path / "notes.txt").write_text("cloudy")
    recording = open_recording(tmp_path)
    shots = list(recording.shots)
    assert [shot.name for shot in shots] == ["a.jpg", "b.png"] and recording.count == 2
    assert [shot.stamp_ns for shot in shots] == [0, 1_000_000_000]
    image, camera = shots[1].read()
    assert image[0, 0].tolist() == [0, 0, 0] and (camera.width, camera.cx) == (8, 4.0)
    assert recording.truth is None and not recording.is_of_vehicle


def test_of_a_scene_the_views_to_test_with_are_taken(tmp_path: Path) -> None:
    write_images(tmp_path / "images", "0.png", "1.png")
    (tmp_path / "cameras.txt").write_text("1 PINHOLE 8 6 5 5 4 3\n")
    (tmp_path / "images.txt").write_text("1 1 0 0 0 0 0 0 1 0.png\n\n2 1 0 0 0 -1 0 0 1 1.png\n\n")
    (tmp_path / "points3D.txt").write_text("")
    assert open_recording(tmp_path).count == 2
    (tmp_path / "test.txt").write_text("1.png\n")
    recording = open_recording(tmp_path)
    (shot,) = recording.shots
    assert shot.name.endswith("1.png") and recording.truth is not None
    assert recording.truth.scene_from_camera[0].translation_m.tolist() == [1.0, 0.0, 0.0]


def test_a_bag_is_known_by_its_name_or_metadata(tmp_path: Path) -> None:
    (tmp_path / "metadata.yaml").write_text("")
    assert is_bag(tmp_path) and is_bag(Path("a.mcap")) and not is_bag(tmp_path / "images")


def test_a_calibration_without_images_and_images_without_a_calibration_are_refused(tmp_path: Path) -> None:
    write_images(tmp_path / "a", "a.png")
    with pytest.raises(DatasetError, match=r"camera\.yaml"):
        open_recording(tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "camera.yaml").write_text(yaml.safe_dump(CALIBRATION))
    with pytest.raises(DatasetError, match="no image"):
        open_recording(tmp_path / "b")
