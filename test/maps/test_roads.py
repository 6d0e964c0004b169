from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geoloc_ros.maps.geomap import RoadGraph
from geoloc_ros.maps.osm import load_map

if TYPE_CHECKING:
    from test.maps.conftest import OsmText

Degrees = Callable[[float, float, float, float], tuple[float, float, float, float]]


def load(osm: OsmText, tmp_path: Path, crop: tuple[float, float, float, float] | None = None) -> RoadGraph:
    osm.box(-10.0, 20.0, 10.0, 30.0, building="yes")
    return load_map(osm.write(tmp_path / "map.osm"), crop).roads


def lengths(roads: RoadGraph) -> list[float]:
    return [float(np.linalg.norm(np.diff(roads.polyline(e), axis=0), axis=1).sum()) for e in range(len(roads))]


def test_a_two_way_road_is_two_edges_that_are_each_others_reverse(osm: OsmText, tmp_path: Path) -> None:
    osm.road([(-50.0, 0.0), (0.0, 5.0), (50.0, 0.0)])
    roads = load(osm, tmp_path)
    assert roads.edge_reverse.tolist() == [1, 0]
    assert np.array_equal(roads.polyline(0), roads.polyline(1)[::-1])
    assert (roads.edge_from[0], roads.edge_to[0]) == (roads.edge_to[1], roads.edge_from[1])
    assert np.array_equal(roads.polyline(0)[0], roads.node_m[roads.edge_from[0]])


@pytest.mark.parametrize(("oneway", "heads_east"), [("yes", True), ("-1", False)])
def test_a_one_way_road_is_one_edge(osm: OsmText, tmp_path: Path, oneway: str, heads_east: bool) -> None:
    osm.road([(-50.0, 0.0), (50.0, 0.0)], oneway=oneway)
    roads = load(osm, tmp_path)
    assert roads.edge_reverse.tolist() == [-1]
    assert (roads.polyline(0)[-1, 0] > roads.polyline(0)[0, 0]) == heads_east


def test_a_crossing_with_a_shared_node_is_a_junction(osm: OsmText, tmp_path: Path) -> None:
    osm.road([(-50.0, 0.0), (0.0, 0.0), (50.0, 0.0)])
    osm.road([(0.0, -40.0), (0.0, 0.0), (0.0, 40.0)])
    roads = load(osm, tmp_path)
    assert len(roads.node_m) == 5
    assert sorted(lengths(roads)) == pytest.approx([40.0] * 4 + [50.0] * 4, abs=0.05)


def test_a_bridge_without_a_shared_node_is_no_junction(osm: OsmText, tmp_path: Path) -> None:
    osm.road([(-50.0, 0.0), (50.0, 0.0)])
    osm.road([(0.0, -40.0), (0.0, 40.0)], layer="1", bridge="yes")
    assert len(load(osm, tmp_path).node_m) == 4


def test_ways_that_continue_each_other_are_one_edge(osm: OsmText, tmp_path: Path) -> None:
    osm.road([(-50.0, 0.0), (0.0, 0.0)], name="First Street")
    osm.road([(40.0, 0.0), (0.0, 0.0)], name="Second Street")
    roads = load(osm, tmp_path)
    assert len(roads) == 2
    assert lengths(roads) == pytest.approx([90.0, 90.0], abs=0.05)


def test_where_two_way_becomes_one_way_there_is_a_node(osm: OsmText, tmp_path: Path) -> None:
    osm.road([(-50.0, 0.0), (0.0, 0.0)])
    osm.road([(0.0, 0.0), (50.0, 0.0)], oneway="yes")
    roads = load(osm, tmp_path)
    assert sorted(roads.edge_reverse.tolist()) == [-1, 0, 1]
    assert len(roads.node_m) == 3


def test_a_roundabout_that_nothing_joins_is_one_loop(osm: OsmText, tmp_path: Path) -> None:
    osm.box(0.0, 0.0, 10.0, 10.0, highway="tertiary", junction="roundabout")
    roads = load(osm, tmp_path)
    assert lengths(roads) == pytest.approx([40.0], abs=0.05)
    assert roads.edge_from[0] == roads.edge_to[0]


def test_a_cul_de_sac_with_a_loop_keeps_its_loop(osm: OsmText, tmp_path: Path) -> None:
    osm.road([(-50.0, 0.0), (0.0, 0.0), (20.0, 10.0), (20.0, -10.0), (0.0, 0.0)])
    roads = load(osm, tmp_path)
    assert len(roads) == 4
    loops = roads.edge_from == roads.edge_to
    assert np.count_nonzero(loops) == 2


def test_the_same_street_drawn_twice_counts_once(osm: OsmText, tmp_path: Path) -> None:
    osm.road([(-50.0, 0.0), (50.0, 0.0)])
    osm.road([(50.0, 0.0), (-50.0, 0.0)])
    assert len(load(osm, tmp_path)) == 2


def test_roads_are_cut_at_the_border_of_the_crop(osm: OsmText, tmp_path: Path, degrees: Degrees) -> None:
    osm.road([(-100.0, 0.0), (100.0, 0.0)])
    osm.road([(-100.0, 45.0), (100.0, 45.0)])
    roads = load(osm, tmp_path, degrees(-30.0, -20.0, 40.0, 40.0))
    assert len(roads) == 2
    assert lengths(roads) == pytest.approx([70.0, 70.0], abs=0.05)


def test_a_road_that_leaves_and_comes_back_is_two_roads(osm: OsmText, tmp_path: Path, degrees: Degrees) -> None:
    osm.road([(-20.0, -10.0), (100.0, -10.0), (100.0, 10.0), (-20.0, 10.0)])
    roads = load(osm, tmp_path, degrees(-30.0, -20.0, 40.0, 40.0))
    assert len(roads) == 4
    assert lengths(roads) == pytest.approx([60.0] * 4, abs=0.05)


def test_a_road_breaks_where_a_node_is_missing(osm: OsmText, tmp_path: Path) -> None:
    osm.road([(-50.0, 0.0), (-20.0, 0.0), (20.0, 0.0), (50.0, 0.0), (80.0, 0.0)])
    path = osm.write(tmp_path / "map.osm")
    osm.box(-10.0, 20.0, 10.0, 30.0, building="yes")
    lines = osm.text().splitlines()
    path.write_text("\n".join(line for line in lines if '<node id="3"' not in line))
    assert sorted(lengths(load_map(path).roads)) == pytest.approx([30.0] * 4, abs=0.05)


def test_one_way_roads_that_end_in_the_same_place_are_not_joined(osm: OsmText, tmp_path: Path) -> None:
    osm.road([(-50.0, 0.0), (0.0, 0.0)], oneway="yes")
    osm.road([(50.0, 0.0), (0.0, 0.0)], oneway="yes")
    roads = load(osm, tmp_path)
    assert lengths(roads) == pytest.approx([50.0, 50.0], abs=0.05)
    assert roads.edge_to[0] == roads.edge_to[1]
