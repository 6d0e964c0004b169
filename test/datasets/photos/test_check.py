from pathlib import Path

import numpy as np

from geoloc_ros.core.photos import photo_set
from geoloc_ros.core.progress import no_progress
from geoloc_ros.datasets.photos.check import broken_photos

from .trees import put_image, touch


def test_photos_that_cannot_be_decoded_are_named(tmp_path: Path) -> None:
    put_image(tmp_path / "good.jpg")
    touch(tmp_path / "empty.jpg")
    names = ("good.jpg", "empty.jpg", "gone.jpg")
    problems = broken_photos(photo_set("", tmp_path, names, np.zeros((3, 2))), no_progress)
    assert [problem.file for problem in problems] == ["empty.jpg", "gone.jpg"]
