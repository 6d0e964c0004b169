from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoSet, photo_set
from geoloc_ros.core.types import UInt8
from geoloc_ros.training.photos.s4_labels import LabelImages, read_labels


def photos(root: Path, *labels: str) -> PhotoSet:
    names = tuple(f"{number}.jpg" for number in range(len(labels)))
    return photo_set("test", root, names, np.zeros((len(labels), 2)), label_file=labels)


def test_labels_keep_their_classes_when_they_shrink(tmp_path: Path) -> None:
    labels = np.zeros((40, 60), np.uint8)
    labels[:, 30:], labels[20:] = 7, 255
    cv2.imwrite(str(tmp_path / "0.png"), labels)
    found = LabelImages(photos(tmp_path, "0.png", ""), 4, 6).load(np.array([0, 1, 0]))
    assert found.shape == (3, 4, 6) and np.array_equal(found[0], found[2])
    assert found[0].tolist() == [[0, 0, 0, 7, 7, 7]] * 2 + [[255] * 6] * 2
    assert np.all(found[1] == 255)


def test_photos_without_any_labels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no photo of 'test' has labels"):
        LabelImages(photos(tmp_path, "", ""), 4, 6)


def test_labels_that_cannot_be_read_are_told_once_and_teach_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "0.png").write_bytes(b"no image")
    labels = LabelImages(photos(tmp_path, "0.png", "1.png"), 4, 6)
    for _ in range(2):
        assert np.all(labels.load(np.array([0, 1])) == 255)
    assert [record.message.count("missing or broken") for record in caplog.records] == [1, 1]


@pytest.mark.parametrize(("image", "said"), [(np.zeros((4, 6, 3), np.uint8), "one class per pixel"),
                                             (np.full((4, 6), 9, np.uint8), "hold 9, which is no class")])
def test_files_that_are_no_labels_are_refused(image: UInt8, said: str, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "0.png"), image)
    with pytest.raises(DatasetError, match=said):
        read_labels(tmp_path / "0.png", 4, 6)
