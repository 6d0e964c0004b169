from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import MapError
from geoloc_ros.maps.road_kinds import load_road_kinds

from .conftest import CENTRE, OsmText


def write(text: OsmText, path: Path) -> Path:
    path.write_text(text.text())
    return path


def test_the_nearest_road_within_reach_names_the_kind(tmp_path: Path) -> None:
    text = OsmText()
    text.road([(-100.0, 0.0), (0.0, 0.0), (100.0, 0.0)])
    text.way([(-100.0, 12.0), (100.0, 12.0)], {"highway": "footway"})
    text.way([(-100.0, 40.0), (100.0, 40.0)], {"highway": "proposed"})
    roads = load_road_kinds(write(text, tmp_path / "m.osm"))
    assert roads.kinds == ("footway", "residential") and len(roads.kind) == 3
    latitude, longitude = CENTRE.to_geodetic(np.array([(0.0, 1.0), (50.0, 5.9), (50.0, 6.1), (0.0, 23.0), (0.0, 40.0)]))
    assert roads.nearest(latitude, longitude, 10.0).tolist() == [1, 1, 0, -1, -1]
    assert roads.nearest(-latitude, longitude - 180.0, 10.0).tolist() == [-1] * 5
    assert roads.drivable_lonlat_deg().shape == (2, 2, 2)


def test_a_map_without_roads_is_refused(tmp_path: Path) -> None:
    text = OsmText()
    text.box(0.0, 0.0, 10.0, 10.0, building="yes")
    with pytest.raises(MapError, match="holds no roads"):
        load_road_kinds(write(text, tmp_path / "m.osm"))


def test_what_is_no_map_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.osm").write_text("no")
    with pytest.raises(MapError, match="cannot read the map"):
        load_road_kinds(tmp_path / "m.osm")
    with pytest.raises(MapError, match="not a map file"):
        load_road_kinds(tmp_path / "m.csv")
