"""benchmarks/map_diff.py in a made-up town."""

import importlib
import json
from pathlib import Path

import pytest

from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.osm_writer import write_osm


def test_shares_of_what_is_gone_and_new_are_written(
    root: Path, tiny_city: GeoMap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(root / "benchmarks")
    write_osm(tiny_city, tmp_path / "town.osm")
    benchmark = importlib.import_module("map_diff")
    files = ("--json", str(tmp_path / "out.json"), "--map", str(tmp_path / "town.osm"))
    monkeypatch.setattr("sys.argv", ["map_diff.py", *files, "--quick"])
    benchmark.main()
    result = json.loads((tmp_path / "out.json").read_text())
    (row,) = result["rows"]
    assert row["after"] == 1 and 0 < row["gone"] <= row["looked_at"]
    figures = {figure["name"]: figure for figure in result["figures"]}
    assert 0.0 <= figures["removed_recall_1"]["value"] <= 100.0 and figures["removed_recall_1"]["n"] == row["gone"]
