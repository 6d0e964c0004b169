from pathlib import Path

import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.sim.photo_record import RECORD, begin_photo_folder, check_photo_folder


def test_the_same_is_gone_on_with_and_anything_else_is_refused_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "photos"
    check_photo_folder(folder)
    begin_photo_folder(folder, {"places": 3, "crop": (1.0, 2.0)})
    check_photo_folder(folder)
    begin_photo_folder(folder, {"places": 3, "crop": (1.0, 2.0)})
    with pytest.raises(DatasetError, match="places 3, not 4"):
        begin_photo_folder(folder, {"places": 4, "crop": (1.0, 2.0)})


def test_photos_of_others_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "photos.csv").write_text("mine")
    with pytest.raises(DatasetError, match=RECORD):
        check_photo_folder(tmp_path)
    with pytest.raises(DatasetError, match="Not a directory"):
        check_photo_folder(tmp_path / "photos.csv")


def test_a_broken_record_is_told(tmp_path: Path) -> None:
    for broken in (b"", b"[1]", b"\xff"):
        (tmp_path / RECORD).write_bytes(broken)
        with pytest.raises(DatasetError, match="cannot be read"):
            begin_photo_folder(tmp_path, {"places": 3})
