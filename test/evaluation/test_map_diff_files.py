import json
from pathlib import Path

import numpy as np
import pytest
import shapely

from geoloc_ros.evaluation.map_diff import MapDiff
from geoloc_ros.evaluation.map_diff_files import building_outlines, map_differences, write_geojson
from geoloc_ros.maps.geomap import Buildings

from .street import NUM_HOUSES, along_the_street, seen, street, with_house_in_the_south


@pytest.fixture(scope="module")
def diff() -> MapDiff:
    made = MapDiff(street())
    keep = np.append(np.arange(NUM_HOUSES) != 3, True)
    for _ in range(2):
        made.add(seen(along_the_street(), keep, world=with_house_in_the_south()))
    return made


def test_differences_are_features_on_the_earth(diff: MapDiff, tmp_path: Path) -> None:
    write_geojson(map_differences(diff, street(), 0.5), street(), tmp_path / "diff.geojson")
    tree = json.loads((tmp_path / "diff.geojson").read_text())
    gone, new = tree["features"]
    assert tree["type"] == "FeatureCollection" and tree["attribution"] == "us"
    assert (gone["properties"]["kind"], gone["properties"]["osm_id"], gone["properties"]["num_drives"]) == (
        "removed", 103, 2,
    )  # fmt: skip
    assert new["properties"]["kind"] == "new" and 0.5 <= new["properties"]["probability"] <= 1.0
    longitude, latitude = np.array(gone["geometry"]["coordinates"][0]).mean(axis=0)
    assert street().origin.to_map(np.array(latitude), np.array(longitude)) == pytest.approx([51.0, 13.0], abs=4.0)


def test_the_same_differences_give_the_same_bytes(diff: MapDiff, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_geojson(map_differences(diff, street()), street(), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_courtyard_is_a_hole_and_a_second_part_a_part() -> None:
    square = np.array([(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)])
    rings = np.concatenate([square, (0.2 * square + 4.0)[::-1], square + [20.0, 0.0]])
    buildings = Buildings(
        rings, np.array([0, 4, 8, 12]), np.zeros(3, np.int32), np.ones(1, np.float32), np.zeros(1, np.float32),
        np.ones(1, np.int64),
    )
    (outline,) = building_outlines(buildings, np.zeros(1, np.int32))
    assert isinstance(outline, shapely.MultiPolygon) and outline.area == pytest.approx(100.0 - 4.0 + 100.0)
