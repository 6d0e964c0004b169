from dataclasses import replace

import numpy as np
import pytest

from geoloc_ros.core.errors import MapError
from geoloc_ros.maps.geomap import GeoMap, RoadGraph
from geoloc_ros.sim.city import make_city
from geoloc_ros.sim.route import choose_route


def empty_roads() -> RoadGraph:
    none = np.empty(0, np.int32)
    return RoadGraph(np.empty((0, 2)), none, none, none, np.empty((0, 2)), np.zeros(1, np.int64))


def length_m(roads: RoadGraph, route: list[int]) -> float:
    return float(sum(np.hypot(*np.diff(roads.polyline(edge), axis=0).T).sum() for edge in route))


@pytest.mark.parametrize("seed", range(5))
def test_a_route_follows_the_edges_without_turning_round(seed: int) -> None:
    city = make_city(seed, 600.0)
    roads = city.roads
    route = choose_route(roads, city.bounds_m, 2000.0, np.random.default_rng(seed))
    assert length_m(roads, route) >= 2000.0
    assert length_m(roads, route[:-1]) < 2000.0
    for edge, following in zip(route, route[1:], strict=False):
        assert roads.edge_to[edge] == roads.edge_from[following]
        ways_on = np.flatnonzero(roads.edge_from == roads.edge_to[edge])
        assert roads.edge_reverse[edge] != following or ways_on.tolist() == [following], "no U-turn but at dead ends"


def test_new_streets_are_preferred() -> None:
    city = make_city(0, 1200.0)
    route = choose_route(city.roads, city.bounds_m, 2000.0, np.random.default_rng(0))
    streets = {min(edge, int(city.roads.edge_reverse[edge])) if city.roads.edge_reverse[edge] >= 0 else edge
               for edge in route}
    assert len(streets) > 0.85 * len(route)


def test_at_a_dead_end_the_vehicle_turns_round(square_room: GeoMap) -> None:
    assert choose_route(square_room.roads, square_room.bounds_m, 60.0, np.random.default_rng(0)) in (
        [0, 1, 0, 1], [1, 0, 1, 0]
    )


def test_a_map_without_roads_is_refused(square_room: GeoMap) -> None:
    with pytest.raises(MapError, match="no drivable roads"):
        choose_route(empty_roads(), square_room.bounds_m, 100.0, np.random.default_rng(0))


def test_roads_that_cannot_be_left_again_are_refused(square_room: GeoMap) -> None:
    roads = square_room.roads
    one_way = RoadGraph(
        roads.node_m, roads.edge_from[:1], roads.edge_to[:1], np.array([-1], np.int32), roads.point_m[:2],
        roads.point_start[:2],
    )
    with pytest.raises(MapError, match="circuit"):
        choose_route(one_way, square_room.bounds_m, 100.0, np.random.default_rng(0))


def test_a_drive_stays_on_the_circuit(square_room: GeoMap) -> None:
    # A one-way street leads out of the two-way one and never back.
    roads = square_room.roads
    out_m = np.array([(8.0, 0.0), (8.0, 5.0)])
    leaving = replace(
        roads, node_m=np.concatenate([roads.node_m, out_m[1:]]), edge_from=np.array([0, 1, 1], np.int32),
        edge_to=np.array([1, 0, 2], np.int32), edge_reverse=np.array([1, 0, -1], np.int32),
        point_m=np.concatenate([roads.point_m, out_m]), point_start=np.array([0, 2, 4, 6]),
    )
    assert 2 not in choose_route(leaving, square_room.bounds_m, 200.0, np.random.default_rng(0))
