from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoSet, photo_set
from geoloc_ros.training.photos.images import PhotoImages


def write_photos(folder: Path, count: int) -> PhotoSet:
    """Photo n is all of (n, 0, 100)."""
    for number in range(count):
        blue_first = np.full((20, 30, 3), (100, 0, number), np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), blue_first)
    return photo_set("made up", folder, tuple(f"{number}.png" for number in range(count)), np.zeros((count, 2)))


def test_rows_come_in_the_order_asked_red_first_and_small(tmp_path: Path) -> None:
    images = PhotoImages(write_photos(tmp_path, 5), 4, 6).load(np.array([3, 0, 3]))
    assert images.shape == (3, 4, 6, 3)
    assert images[:, 0, 0].tolist() == [[3, 0, 100], [0, 0, 100], [3, 0, 100]]


def test_what_is_changed_outside_is_not_changed_in_memory(tmp_path: Path) -> None:
    images = PhotoImages(write_photos(tmp_path, 1), 4, 6)
    images.load(np.array([0]))[:] = 77
    assert images.load(np.array([0]))[0, 0, 0].tolist() == [0, 0, 100]


def test_memory_is_bounded_and_what_was_used_last_stays(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, 20)
    images = PhotoImages(photos, 4, 6, budget_bytes=3 * 4 * 6 * 3)
    images.load(np.arange(5))
    assert images.num_kept == 3
    for number in range(5):
        photos.path(number).unlink()
    assert images.load(np.array([2, 3, 4]))[:, 0, 0, 0].tolist() == [2, 3, 4] and not images.problems
    assert images.load(np.array([1]))[0, 0, 0].tolist() == [128, 128, 128]


def test_a_broken_photo_is_told_once_and_grey_but_not_more_than_a_tenth_of_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    photos = write_photos(tmp_path, 20)
    for number in (0, 1, 2):
        photos.path(number).write_bytes(b"broken")
    images = PhotoImages(photos, 4, 6, budget_bytes=0)
    for _ in range(3):
        assert np.all(images.load(np.array([0, 1])) == 128)
    assert [Path(problem.file).name for problem in images.problems] == ["0.png", "1.png"]
    assert len(caplog.records) == 2
    with pytest.raises(DatasetError, match=r"3 of 20 photos cannot be read, the last one because .*2\.png"):
        images.load(np.array([2]))


def test_threads_change_nothing(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, 8)
    rows = np.array([5, 1, 7, 7, 0])
    assert np.array_equal(PhotoImages(photos, 4, 6).load(rows), PhotoImages(photos, 4, 6, num_threads=4).load(rows))
