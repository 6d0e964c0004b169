from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra [train]")

from geoloc_ros.core.camera import Camera  # noqa: E402
from geoloc_ros.core.classes import SemanticClass  # noqa: E402
from geoloc_ros.core.errors import DatasetError  # noqa: E402
from geoloc_ros.training.street_data import PhotoFolder, SampleFolder, lidar_range  # noqa: E402
from geoloc_ros.training.street_samples import StreetSample, save_sample  # noqa: E402

CAMERA = Camera("pinhole", 40, 20, fx=20.0, fy=20.0, cx=20.0, cy=10.0)


def write_photo(folder: Path, label: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    red = np.zeros((*label.shape, 3), np.uint8)
    red[..., 2] = 255  # OpenCV has blue first
    cv2.imwrite(str(folder / "images" / "a.png"), red)
    cv2.imwrite(str(folder / "labels" / "a.png"), label)


def test_photos_get_our_classes_and_red_first(tmp_path: Path) -> None:
    write_photo(tmp_path, np.arange(12, dtype=np.uint8).reshape(3, 4))

    sample = PhotoFolder(tmp_path).sample(0)

    sky, building, other, road, pavement, tree, vehicle, person = 5, 1, 0, 3, 4, 2, 6, 7
    assert sample.label.ravel().tolist() == [
        sky, building, other, road, pavement, tree, other, other, vehicle, person, person, SemanticClass.UNLABELLED,
    ]  # fmt: skip
    assert sample.image[0, 0].tolist() == [255, 0, 0]
    assert np.isnan(sample.range_m).all() and not sample.ground.any() and (sample.building == -1).all()


def test_labels_of_another_size_are_refused(tmp_path: Path) -> None:
    write_photo(tmp_path, np.zeros((3, 4), np.uint8))
    cv2.imwrite(str(tmp_path / "labels" / "a.png"), np.zeros((4, 4), np.uint8))
    with pytest.raises(DatasetError, match="not of the same size"):
        PhotoFolder(tmp_path).sample(0)


def test_folders_with_nothing_in_them_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="images/ and labels/"):
        PhotoFolder(tmp_path)
    with pytest.raises(DatasetError, match="geoloc train samples"):
        SampleFolder(tmp_path)


def test_samples_are_read_as_they_were_written(tmp_path: Path) -> None:
    shape = (4, 6)
    sample = StreetSample(
        np.full((*shape, 3), 7, np.uint8), np.ones(shape, np.uint8), np.full(shape, 2.5, np.float32),
        np.zeros(shape, np.int32), np.full(shape, 0.25, np.float32),
    )  # fmt: skip
    save_sample(sample, tmp_path / "000000.npz")

    folder = SampleFolder(tmp_path)

    assert len(folder) == 1 and folder.knows_buildings
    np.testing.assert_array_equal(folder.sample(0).range_m, sample.range_m)
    np.testing.assert_array_equal(folder.sample(0).building, sample.building)


def test_a_point_straight_ahead_falls_into_the_middle_at_its_distance() -> None:
    found = lidar_range(np.array([[0.0, 0.0, 8.0], [6.0, 0.0, 8.0], [0.0, 0.0, -3.0]]), CAMERA)

    assert found[10, 20] == pytest.approx(8.0)
    assert found[10, 35] == pytest.approx(10.0)
    assert np.isfinite(found).sum() == 2


def test_points_behind_something_near_are_left_out() -> None:
    near, beside_it, far_away = [0.0, 0.0, 4.0], [0.6, 0.0, 6.0], [9.0, 0.0, 12.0]
    found = lidar_range(np.array([near, beside_it, far_away]), CAMERA)

    assert sorted(found[np.isfinite(found)].tolist()) == pytest.approx([4.0, 15.0])
