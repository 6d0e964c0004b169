from pathlib import Path

import cv2
import numpy as np
import pytest

from geoloc_ros.core.photos import PhotoSet, photo_set
from geoloc_ros.core.types import UInt8
from geoloc_ros.evaluation.photos.found import Found
from geoloc_ros.evaluation.photos.second_look import SecondLook, compare_again


def _street(seed: int) -> UInt8:
    rng = np.random.default_rng(seed)
    image = np.full((240, 320, 3), 128, np.uint8)
    for _ in range(150):
        x, y, w, h = rng.integers(0, (320, 240, 40, 40))
        cv2.rectangle(image, (int(x), int(y)), (int(x + w), int(y + h)), rng.integers(0, 256, 3).tolist(), -1)
    return image


@pytest.fixture
def photos(tmp_path: Path) -> PhotoSet:
    """Photos of four streets."""
    for number in range(4):
        cv2.imwrite(str(tmp_path / f"{number}.png"), _street(number))
    return photo_set("streets", tmp_path, tuple(f"{number}.png" for number in range(4)), np.zeros((4, 2)))


def test_the_photo_of_the_same_street_comes_first_among_those_compared(photos: PhotoSet) -> None:
    found = Found(np.array([[0, 1, 2, 3]]), np.array([[0.9, 0.8, 0.7, 0.6]], np.float32))
    queries = photos.take(np.array([2]))
    assert compare_again(found, queries, photos, 3).row.tolist()[0][0] == 2
    kept = compare_again(found, queries, photos, 2)
    assert sorted(kept.row[0, :2]) == [0, 1] and kept.row[0, 2:].tolist() == [2, 3]
    again = compare_again(found, queries, photos, 3)
    assert dict(zip(again.row[0], again.similarity[0], strict=True)) == pytest.approx(
        dict(zip(found.row[0], found.similarity[0], strict=True))
    )


def test_where_nothing_was_found_nothing_is_compared(photos: PhotoSet) -> None:
    found = Found(np.array([[3, -1]]), np.array([[0.9, -np.inf]], np.float32))
    assert compare_again(found, photos.take(np.array([0])), photos, 2).row.tolist() == [[3, -1]]


def test_it_says_what_follows() -> None:
    assert str(SecondLook()) == "none"
    assert str(SecondLook(True, 20)) == "nearest of six views, best 20 compared by local features"
