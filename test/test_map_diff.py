import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from geoloc_ros.cli import app
from geoloc_ros.core.config import load_config
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.progress import no_progress
from geoloc_ros.core.types import LocalizationStatus
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.evaluation.metrics import interpolate_poses
from geoloc_ros.evaluation.trace import Trace
from geoloc_ros.index import index_map
from geoloc_ros.map_diff import diff_map

CONFIG = load_config()


@pytest.fixture(scope="module")
def index(tiny_drive: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("index") / "tiny.index"
    index_map(tiny_drive.map_file, path, None, CONFIG, no_progress)
    return path


def know_the_way(bag: Path, monkeypatch: pytest.MonkeyPatch, status: LocalizationStatus) -> None:
    """In place of a localizer: the true poses, said with that status."""
    real = Trace.load

    def load(path: Path) -> Trace:
        trace = real(path)
        pose = interpolate_poses(*BagReader(bag).ground_truth(), trace.stamp_ns)
        covariance = 0.0 * trace.covariance + [[0.01, 0.0, 0.0], [0.0, 0.01, 0.0], [0.0, 0.0, 1e-4]]
        return Trace(**{
            **vars(trace), "pose": pose, "covariance": covariance, "status": 0 * trace.status + int(status)
        })

    monkeypatch.setattr("geoloc_ros.evaluate.Trace.load", load)


def test_a_drive_of_known_poses_tells_how_the_world_differs(
    tiny_drive: Any, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    know_the_way(tiny_drive.bag, monkeypatch, LocalizationStatus.INITIALIZED)
    summary = diff_map([str(tiny_drive.bag)], index, tmp_path, CONFIG, no_progress)
    tree = json.loads((tmp_path / "map_diff.geojson").read_text())
    assert summary.num_drives == 1 and tree["type"] == "FeatureCollection"
    assert all(feature["properties"]["num_drives"] == 1 for feature in tree["features"])
    assert "1 drives: " in summary.as_text()


def test_drives_that_were_never_found_say_nothing_about_the_map(
    tiny_drive: Any, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    know_the_way(tiny_drive.bag, monkeypatch, LocalizationStatus.INITIALIZING)
    with pytest.raises(DatasetError, match="none of 1 drives has a fix"):
        diff_map([str(tiny_drive.bag)], index, tmp_path, CONFIG, no_progress)
    assert not (tmp_path / "map_diff.geojson").exists()


def test_the_command_belongs_to_maps() -> None:
    assert "diff" in CliRunner().invoke(app, ["map", "--help"]).output
