from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from geoloc_ros.maps.geomap import Buildings, GeoMap
from geoloc_ros.maps.osm import load_map

if TYPE_CHECKING:
    from test.maps.conftest import OsmText

Degrees = Callable[[float, float, float, float], tuple[float, float, float, float]]


def load(osm: OsmText, tmp_path: Path) -> Buildings:
    osm.road([(-500.0, -500.0), (500.0, -500.0)])
    return load_map(osm.write(tmp_path / "map.osm")).buildings


def signed_areas(buildings: Buildings) -> list[float]:
    """Of the rings: positive where counter-clockwise."""
    rings = np.split(buildings.vertices_m, buildings.ring_start[1:-1])
    return [0.5 * float(np.sum(r[:, 0] * np.roll(r[:, 1], -1) - r[:, 1] * np.roll(r[:, 0], -1))) for r in rings]


@pytest.mark.parametrize("turn", [1, -1])
def test_outer_rings_run_counter_clockwise_whichever_way_they_were_drawn(
    osm: OsmText, tmp_path: Path, turn: int
) -> None:
    osm.ring([(0.0, 0.0), (20.0, 0.0), (20.0, 10.0), (0.0, 10.0)][::turn], building="yes")
    buildings = load(osm, tmp_path)
    assert signed_areas(buildings) == pytest.approx([200.0], abs=1.0)
    assert len(buildings.vertices_m) == 4


def test_the_building_is_left_of_its_walls(osm: OsmText, tmp_path: Path) -> None:
    osm.box(0.0, 0.0, 20.0, 10.0, building="yes")
    buildings = load(osm, tmp_path)
    walls = buildings.walls()
    middle = buildings.vertices_m.mean(axis=0)
    step, to_middle = walls.end_m - walls.start_m, middle - walls.start_m
    assert (step[:, 0] * to_middle[:, 1] - step[:, 1] * to_middle[:, 0] > 0.0).all()


def test_a_courtyard_runs_clockwise(osm: OsmText, tmp_path: Path) -> None:
    outer = osm.box(0.0, 0.0, 40.0, 40.0)
    inner = osm.box(10.0, 10.0, 30.0, 30.0)
    relation = osm.multipolygon([(outer, "outer"), (inner, "inner")], building="yes", height="15")
    buildings = load(osm, tmp_path)
    assert len(buildings) == 1
    assert sorted(signed_areas(buildings)) == pytest.approx([-400.0, 1600.0], abs=4.0)
    assert (buildings.osm_id[0], buildings.height_m[0]) == (-relation, 15.0)


def test_rings_are_joined_from_several_ways(osm: OsmText, tmp_path: Path) -> None:
    half = osm.way([(0.0, 0.0), (20.0, 0.0), (20.0, 20.0)], {})
    other = osm.way([(0.0, 0.0), (0.0, 20.0), (20.0, 20.0)], {})
    osm.multipolygon([(half, "outer"), (other, "outer")], building="yes")
    assert signed_areas(load(osm, tmp_path)) == pytest.approx([400.0], abs=1.0)


def test_an_outer_way_with_the_tags_of_its_relation_counts_once(osm: OsmText, tmp_path: Path) -> None:
    outer = osm.box(0.0, 0.0, 40.0, 40.0, building="yes")
    inner = osm.box(10.0, 10.0, 30.0, 30.0)
    osm.multipolygon([(outer, "outer"), (inner, "inner")], building="yes")
    assert len(load(osm, tmp_path)) == 1


def test_a_house_in_a_courtyard_is_a_building_of_its_own(osm: OsmText, tmp_path: Path) -> None:
    outer = osm.box(0.0, 0.0, 40.0, 40.0)
    inner = osm.box(10.0, 10.0, 30.0, 30.0)
    osm.box(15.0, 15.0, 25.0, 25.0, building="shed")
    osm.multipolygon([(outer, "outer"), (inner, "inner")], building="yes")
    assert len(load(osm, tmp_path)) == 2


def test_a_relation_with_a_member_missing_is_dropped_and_counted(
    osm: OsmText, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    outer = osm.box(0.0, 0.0, 40.0, 40.0)
    osm.multipolygon([(outer, "outer"), (999_999, "inner")], building="yes")
    osm.box(100.0, 0.0, 110.0, 10.0, building="yes")
    assert len(load(osm, tmp_path)) == 1
    assert "dropped 1" in caplog.text


def test_an_open_outline_is_dropped_and_counted(osm: OsmText, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    osm.way([(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)], {"building": "yes"})
    osm.box(100.0, 0.0, 110.0, 10.0, building="yes")
    assert len(load(osm, tmp_path)) == 1
    assert "dropped 1" in caplog.text


def test_a_bow_tie_is_mended_into_its_two_halves(
    osm: OsmText, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    osm.ring([(0.0, 0.0), (20.0, 20.0), (20.0, 0.0), (0.0, 20.0)], building="yes")
    buildings = load(osm, tmp_path)
    assert len(buildings) == 1
    assert signed_areas(buildings) == pytest.approx([100.0, 100.0], abs=1.0)
    assert "mended 1" in caplog.text


def test_an_outline_is_as_high_as_its_tallest_part(osm: OsmText, tmp_path: Path) -> None:
    osm.box(0.0, 0.0, 40.0, 40.0, building="yes", height="12")
    osm.box(0.0, 0.0, 10.0, 10.0, **{"building:part": "yes", "height": "30"})
    osm.box(20.0, 20.0, 30.0, 30.0, **{"building:part": "yes", "height": "8"})
    buildings = load(osm, tmp_path)
    assert buildings.height_m.tolist() == [30.0]
    assert buildings.base_m.tolist() == [0.0]


def test_a_part_outside_of_any_outline_is_a_building(osm: OsmText, tmp_path: Path) -> None:
    osm.box(0.0, 0.0, 40.0, 40.0, building="yes", height="12")
    osm.box(100.0, 0.0, 110.0, 10.0, **{"building:part": "yes", "height": "9", "min_height": "4"})
    buildings = load(osm, tmp_path)
    assert buildings.height_m.tolist() == [12.0, 9.0]
    assert buildings.base_m.tolist() == [0.0, 4.0]


def test_unknown_height_becomes_the_default(osm: OsmText, tmp_path: Path) -> None:
    osm.box(0.0, 0.0, 40.0, 40.0, building="yes")
    assert load(osm, tmp_path).height_m.tolist() == [8.0]


def test_what_the_crop_cuts_off_is_gone(osm: OsmText, tmp_path: Path, degrees: Degrees) -> None:
    osm.road([(-100.0, -10.0), (100.0, -10.0)])
    osm.box(-10.0, 0.0, 10.0, 10.0, building="yes")
    osm.box(40.0, 0.0, 60.0, 10.0, building="yes")
    osm.box(80.0, 0.0, 90.0, 10.0, building="yes")
    city: GeoMap = load_map(osm.write(tmp_path / "map.osm"), degrees(-50.0, -20.0, 50.0, 20.0))
    assert signed_areas(city.buildings) == pytest.approx([200.0, 100.0], abs=1.0)
    assert city.buildings.vertices_m[:, 0].max() < 50.02


def test_polygons_of_a_real_city_are_valid(shared_data: Path) -> None:
    buildings = load_map(shared_data / "osm" / "berlin_adlershof.osm.pbf").buildings
    rings = np.split(buildings.vertices_m, buildings.ring_start[1:-1])
    assert all(shapely.Polygon(ring).is_valid for ring in rings)
    assert (np.diff(buildings.ring_building) >= 0).all()
    assert np.unique(buildings.ring_building).tolist() == list(range(len(buildings)))
    assert (buildings.height_m > buildings.base_m).all()
