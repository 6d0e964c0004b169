"""The benchmarks whose figures have promised names, on a made-up town."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.osm_writer import write_osm

METHODS = ("handcrafted", "handcrafted_masked", "bsd_bit", "bsd_joint")

Run = Callable[..., None]


@pytest.fixture
def accuracy(root: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """benchmarks/accuracy.py, to be called with arguments; it imports its neighbours by name."""
    monkeypatch.syspath_prepend(root / "benchmarks")
    module = importlib.import_module("accuracy")

    def run(*arguments: str) -> None:
        monkeypatch.setattr("sys.argv", ["accuracy.py", *arguments])
        module.main()

    return run


@pytest.fixture(scope="module")
def town(tiny_city: GeoMap, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A map file."""
    path = tmp_path_factory.mktemp("town") / "town.osm"
    write_osm(tiny_city, path)
    return path


def test_accuracy_prints_and_writes_the_promised_figures_and_goes_on_where_it_was(
    accuracy: Run, town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "accuracy.json"
    settings = ("--json", str(file), "--map", str(town), "--queries", "12", "--conditions", "paper", "hard")
    accuracy(*settings)
    first = capsys.readouterr()
    result = json.loads(file.read_text())
    figures = {figure["name"]: figure for figure in result["figures"]}
    for measure in ("top1", "top10", "r10m", "r25m"):
        for method in METHODS:
            for condition in ("paper", "hard"):
                figure = figures[f"{measure}_{method}_{condition}"]
                assert figure["n"] == 12
                assert figure["interval"][0] <= figure["value"] <= figure["interval"][1]
    assert "heading_deg_handcrafted_hard" in figures
    assert "heading_deg_handcrafted_paper" not in figures, "it was known"
    assert {"chance", "interval", "value", "n"} <= result["rows"][0]["top1"].keys()
    assert all(word in first.out for word in ("seed 0", "commit", "chance", "12 queries"))
    accuracy(*settings)
    again = capsys.readouterr()
    assert again.err.count("measured before") == 2
    assert again.out == first.out


def test_poses_can_come_from_a_file_and_a_bad_one_is_one_line(
    accuracy: Run, tiny_city: GeoMap, town: Path, tmp_path: Path
) -> None:
    poses, file = tmp_path / "poses.csv", tmp_path / "accuracy.json"
    origin = tiny_city.origin
    poses.write_text(f"lat,lon,yaw_deg\n{origin.latitude_deg},{origin.longitude_deg},90\n")
    settings = ("--json", str(file), "--map", str(town), "--poses", str(poses), "--conditions", "paper")
    accuracy(*settings)
    assert json.loads(file.read_text())["rows"][0]["queries"] == 1
    poses.write_text("latitude\n1\n")
    with pytest.raises(SystemExit, match="error: .*has no column"):
        accuracy(*settings)
