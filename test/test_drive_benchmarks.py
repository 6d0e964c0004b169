"""benchmarks/tracking.py and trust.py on a made-up town, in this process."""

import importlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import pytest

from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.osm_writer import write_osm

SETTINGS = ("--drives", "2", "--conditions", "paper", "fov90")


class Here:
    """Does at once what it is asked to do some time."""

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        future.set_result(function(*arguments))
        return future


@contextmanager
def no_processes(count: int) -> Iterator[Here]:
    yield Here()


@pytest.fixture
def run(root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Calls benchmarks/NAME.py with arguments; it imports its neighbours by name."""
    monkeypatch.syspath_prepend(root / "benchmarks")
    for name in ("_drives", "_baselines"):
        monkeypatch.setattr(importlib.import_module(name), "processes", no_processes)
    drives = importlib.import_module("_drives")
    monkeypatch.setattr(drives, "_TIMED", {"paper": 1})
    monkeypatch.setattr(drives, "has_other_cities", lambda: False)
    monkeypatch.setattr("geoloc_ros.evaluation.drive_conditions.LENGTH_M", 340.0)

    def call(name: str, *arguments: str) -> None:
        monkeypatch.setattr("sys.argv", [f"{name}.py", *arguments])
        importlib.import_module(name).main()

    return call


def figures_of(file: Path) -> dict[str, dict[str, Any]]:
    return {figure["name"]: figure for figure in json.loads(file.read_text())["figures"]}


def test_both_write_the_promised_figures_of_drives_that_are_driven_once(
    run: Callable[..., None], tiny_city: GeoMap, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    town, work = tmp_path / "town.osm", tmp_path / "work"
    write_osm(tiny_city, town)
    where = ("--map", str(town), "--work", str(work))
    run("tracking", "--json", str(tmp_path / "tracking.json"), "--candidates", "100", *where, *SETTINGS)
    first = capsys.readouterr()
    tracking = figures_of(tmp_path / "tracking.json")
    for condition in ("paper", "fov90"):
        for name in ("found", "first_fix_m", "path80", "path160", "path320"):
            figure = tracking[f"town_{name}_{condition}"]
            assert figure["n"] == 2 and figure["interval"][0] <= figure["value"] <= figure["interval"][1]
    assert {"town_path320_published_paper", "town_path320_summed_paper", "town_frame10m_summed_paper"} < set(tracking)
    assert tracking["town_frame_ms_p99"]["value"] > 0.0
    assert all(word in first.out for word in ("seed 0", "commit", "chance", "2 drives"))
    run("trust", "--json", str(tmp_path / "trust.json"), "--figure", str(tmp_path), *where, *SETTINGS)
    assert "4 of 4 drives: measured before" in capsys.readouterr().err
    trust = figures_of(tmp_path / "trust.json")
    assert {"town_fix_rate_paper", "town_fix_rate_fov90"} <= set(trust)
    assert cv2.imread(str(tmp_path / "trust_town.png")).shape[2] == 3


def test_a_condition_that_cannot_be_is_one_line(
    run: Callable[..., None], tiny_city: GeoMap, tmp_path: Path
) -> None:
    town = tmp_path / "town.osm"
    write_osm(tiny_city, town)
    with pytest.raises(SystemExit, match="error: no condition 'fog'"):
        run("tracking", "--json", str(tmp_path / "t.json"), "--map", str(town), "--conditions", "fog")
