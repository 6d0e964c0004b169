from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.maps.geomap import PlaceGraph, RoadGraph
from geoloc_ros.maps.osm import load_map
from geoloc_ros.maps.places import build_places


def graph(edges: list[tuple[int, int, bool]], nodes: list[tuple[float, float]]) -> RoadGraph:
    """Straight roads between nodes: (from, to, is one-way)."""
    from_, to, reverse, points = [], [], [], []
    for start, end, is_oneway in edges:
        reverse.append(-1 if is_oneway else len(from_) + 1)
        if not is_oneway:
            reverse.append(len(from_))
        for a, b in [(start, end)] if is_oneway else [(start, end), (end, start)]:
            from_.append(a)
            to.append(b)
            points += [nodes[a], nodes[b]]
    return RoadGraph(
        np.array(nodes, float),
        np.array(from_, np.int32),
        np.array(to, np.int32),
        np.array(reverse, np.int32),
        np.array(points, float),
        np.arange(0, len(points) + 1, 2),
    )


def successors(places: PlaceGraph, viewpoint: int) -> list[int]:
    return sorted(places.successor[places.successor_start[viewpoint] : places.successor_start[viewpoint + 1]].tolist())


def test_a_road_of_30_m_has_places_at_5_15_and_25_m() -> None:
    places = build_places(graph([(0, 1, True)], [(0.0, 0.0), (30.0, 0.0)]), 10.0)
    assert places.position_m.tolist() == [[5.0, 0.0], [15.0, 0.0], [25.0, 0.0]]
    assert places.viewpoint_along_m.tolist() == [5.0, 15.0, 25.0]
    assert places.viewpoint_yaw_rad.tolist() == [0.0, 0.0, 0.0]


def test_a_road_shorter_than_the_spacing_has_one_place() -> None:
    places = build_places(graph([(0, 1, True)], [(0.0, 0.0), (2.0, 0.0)]), 10.0)
    assert places.position_m.tolist() == [[1.0, 0.0]]


def test_both_directions_share_their_places() -> None:
    places = build_places(graph([(0, 1, False)], [(0.0, 0.0), (30.0, 0.0)]), 10.0)
    assert len(places.position_m) == 3
    assert places.viewpoint_place.tolist() == [0, 1, 2, 2, 1, 0]
    assert np.abs(places.viewpoint_yaw_rad[3:]) == pytest.approx([np.pi] * 3)


def test_the_heading_is_that_of_the_bend() -> None:
    bent = RoadGraph(
        node_m=np.array([[0.0, 0.0], [10.0, 10.0]]),
        edge_from=np.array([0], np.int32),
        edge_to=np.array([1], np.int32),
        edge_reverse=np.array([-1], np.int32),
        point_m=np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]]),
        point_start=np.array([0, 3]),
    )
    places = build_places(bent, 10.0)
    assert places.poses() == pytest.approx(np.array([[5.0, 0.0, 0.0], [10.0, 5.0, np.pi / 2]]))


def test_along_an_edge_the_next_viewpoint_follows() -> None:
    places = build_places(graph([(0, 1, True)], [(0.0, 0.0), (30.0, 0.0)]), 10.0)
    assert [successors(places, v) for v in range(3)] == [[1], [2], []]
    assert places.successor_distance_m.tolist() == [10.0, 10.0]


def test_a_junction_leads_everywhere_but_back() -> None:
    # Four arms of one place each around node 0; edges 0, 2, 4, 6 lead inwards.
    star = graph([(1, 0, False), (2, 0, False), (3, 0, False)], [(0.0, 0.0), (8.0, 0.0), (0.0, 10.0), (-12.0, 0.0)])
    places = build_places(star, 10.0)
    assert successors(places, 0) == [3, 5]
    assert places.successor_distance_m[places.successor_start[0] : places.successor_start[1]].tolist() == [9.0, 10.0]


def test_a_u_turn_is_possible_at_a_dead_end_only() -> None:
    places = build_places(graph([(0, 1, False)], [(0.0, 0.0), (20.0, 0.0)]), 10.0)
    assert [successors(places, v) for v in range(4)] == [[1], [2], [3], [0]]
    assert places.successor_distance_m.tolist() == [10.0] * 4


def test_a_one_way_road_is_not_entered_from_its_end() -> None:
    places = build_places(graph([(0, 1, False), (2, 1, True)], [(0.0, 0.0), (10.0, 0.0), (20.0, 0.0)]), 10.0)
    assert successors(places, 0) == [1]  # the only way on is back
    assert successors(places, 2) == [1]


@settings(max_examples=50, deadline=None)
@given(
    edges=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans()), min_size=1, max_size=12),
    spacing_m=st.floats(1.0, 50.0),
)
def test_every_graph_gives_consistent_places(edges: list[tuple[int, int, bool]], spacing_m: float) -> None:
    nodes = [(0.0, 0.0), (30.0, 0.0), (31.0, 40.0), (-20.0, 7.0), (5.0, -60.0), (80.0, 80.0)]
    edges = [edge for edge in edges if edge[0] != edge[1]] or [(0, 1, False)]
    roads = graph(edges, nodes)
    places = build_places(roads, spacing_m)
    assert np.bincount(places.viewpoint_place).max() <= 2
    for viewpoint in range(len(places.viewpoint_place)):
        edge = places.viewpoint_edge[viewpoint]
        for follower in successors(places, viewpoint):
            if follower != viewpoint + 1 or places.viewpoint_edge[follower] != edge:
                assert roads.edge_to[edge] == roads.edge_from[places.viewpoint_edge[follower]]
            pose, next_pose = places.poses()[[viewpoint, follower]]
            gap_m = np.hypot(*(next_pose[:2] - pose[:2]))
            at = places.successor_start[viewpoint] + list(
                places.successor[places.successor_start[viewpoint] : places.successor_start[viewpoint + 1]]
            ).index(follower)
            assert gap_m <= places.successor_distance_m[at] + 1e-3


def test_places_of_a_real_city_are_ten_metres_apart(shared_data: Path) -> None:
    roads = load_map(shared_data / "osm" / "chiang_mai.osm.pbf").roads
    places = build_places(roads, 10.0)
    same_edge = np.diff(places.viewpoint_edge) == 0
    gap_m = np.diff(places.viewpoint_along_m)[same_edge]
    assert gap_m.min() > 6.5 and gap_m.max() < 15.1
    assert np.median(gap_m) == pytest.approx(10.0, abs=0.1)
