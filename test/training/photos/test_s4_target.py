from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.training.photos.s4_target import unlabelled_photos


def test_all_photos_below_the_folders_are_found_in_order(tmp_path: Path) -> None:
    for name in ("b/2.JPG", "b/1.png", "a/deep/3.jpeg", "a/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = unlabelled_photos((tmp_path / "b", tmp_path / "a"))
    assert [found.path(number).relative_to(tmp_path.resolve()).as_posix() for number in range(3)] == [
        "b/1.png", "b/2.JPG", "a/deep/3.jpeg"
    ]  # fmt: skip
    assert np.all(np.isnan(found.position_m)) and len(found) == 3


def test_folders_without_photos_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no photos"):
        unlabelled_photos((tmp_path,))
