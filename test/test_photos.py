from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from geoloc_ros.cli import app
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.progress import no_progress
from geoloc_ros.datasets.photos.collection import load_collection
from geoloc_ros.photos import list_photos, split_photos


def touch_street(folder: Path, east_m: list[float]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for each in east_m:
        (folder / f"@{500000 + each:.2f}@4477000.00@17@T@.jpg").touch()


def test_the_command_tells_what_is_there_and_what_is_not(tmp_path: Path) -> None:
    touch_street(tmp_path / "database", [0, 10])
    touch_street(tmp_path / "queries_night", [5])
    (tmp_path / "database" / "holiday.jpg").touch()
    result = CliRunner().invoke(app, ["photos", "list", str(tmp_path)])
    assert result.exit_code == 0
    assert "2 in the database, 1 queries, 1 left out" in result.stdout
    assert "names with UTM coordinates" in result.stdout and "holiday.jpg" in result.stdout


def test_checking_leaves_out_what_cannot_be_decoded(tmp_path: Path) -> None:
    touch_street(tmp_path, [0, 10])
    summary = list_photos(str(tmp_path), "auto", None, False, no_progress)
    assert summary.contents.problems == ()
    with pytest.raises(DatasetError, match="not one photo"):
        list_photos(str(tmp_path), "utm", None, True, no_progress)
    _, jpeg = cv2.imencode(".jpg", np.zeros((6, 8, 3), np.uint8))
    (tmp_path / "@500000.00@4477000.00@17@T@.jpg").write_bytes(jpeg.tobytes())
    summary = list_photos(str(tmp_path), "utm", None, True, no_progress)
    assert [problem.file for problem in summary.contents.problems] == ["@500010.00@4477000.00@17@T@.jpg"]


def test_near_photos_are_dropped_of_database_and_queries(tmp_path: Path) -> None:
    touch_street(tmp_path / "test" / "database", [0, 99, 101, 500])
    touch_street(tmp_path / "test" / "queries", [50, 400])
    touch_street(tmp_path / "train" / "database", [-50])
    touch_street(tmp_path / "train" / "queries", [0])
    output = tmp_path / "apart.split.json"
    summary = split_photos(f"{tmp_path}@test", [f"{tmp_path}@train"], output, 100.0, no_progress)
    assert (summary.dropped_database, summary.dropped_queries) == (2, 1)
    assert "dropped 3 of 6 photos (50.0%) closer than 100 m" in summary.as_text()
    left = load_collection(output)
    assert (len(left.database), len(left.queries)) == (2, 1)
    with pytest.raises(DatasetError, match="is a split already"):
        split_photos(str(output), [f"{tmp_path}@train"], output, 100.0, no_progress)


def test_a_split_that_leaves_nothing_and_a_wrong_name_are_refused(tmp_path: Path) -> None:
    touch_street(tmp_path / "test", [0])
    touch_street(tmp_path / "train", [0])
    with pytest.raises(DatasetError, match="all photos of"):
        split_photos(f"{tmp_path}@test", [f"{tmp_path}@train"], tmp_path / "a.split.json", 100.0, no_progress)
    with pytest.raises(DatasetError, match="must end with .split.json"):
        split_photos(f"{tmp_path}@test", [f"{tmp_path}@train"], tmp_path / "a.json", 100.0, no_progress)
