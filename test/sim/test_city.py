import numpy as np
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.city import make_city
from geoloc_ros.sim.edits import centre_lines, outlines


def signed_area_m2(ring_m: np.ndarray) -> float:
    x, y = ring_m.T
    return float(0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


@pytest.fixture(scope="module", params=[0, 1, 2])
def city(request: pytest.FixtureRequest) -> GeoMap:
    return make_city(request.param, 400.0)


def test_the_same_seed_makes_the_same_city_and_another_seed_another() -> None:
    one, same, other = make_city(5, 250.0), make_city(5, 250.0), make_city(6, 250.0)
    assert np.array_equal(one.buildings.vertices_m, same.buildings.vertices_m)
    assert np.array_equal(one.roads.point_m, same.roads.point_m)
    assert not np.array_equal(one.roads.node_m, other.roads.node_m)


def test_every_junction_can_be_reached_from_every_other(city: GeoMap) -> None:
    roads = city.roads
    shape = (len(roads.node_m), len(roads.node_m))
    graph = coo_array((np.ones(len(roads)), (roads.edge_from, roads.edge_to)), shape=shape)
    assert connected_components(graph, directed=True, connection="strong")[0] == 1


def test_streets_run_from_junction_to_junction_and_back(city: GeoMap) -> None:
    roads = city.roads
    for edge in range(len(roads)):
        line_m = roads.polyline(edge)
        assert np.array_equal(line_m[0], roads.node_m[roads.edge_from[edge]])
        assert np.array_equal(line_m[-1], roads.node_m[roads.edge_to[edge]])
        if roads.edge_reverse[edge] >= 0:
            assert np.array_equal(roads.polyline(roads.edge_reverse[edge]), line_m[::-1])
    assert (roads.edge_reverse < 0).any()
    assert (roads.edge_reverse >= 0).any()


def test_outlines_are_valid_with_the_building_to_the_left(city: GeoMap) -> None:
    buildings = city.buildings
    assert shapely.is_valid(outlines(buildings)).all()
    previous = -1
    for ring, building in enumerate(buildings.ring_building):
        area_m2 = signed_area_m2(buildings.vertices_m[buildings.ring_start[ring] : buildings.ring_start[ring + 1]])
        assert (area_m2 > 0) == (building != previous), "outer rings run counter-clockwise, courtyards clockwise"
        previous = building


def test_buildings_keep_off_streets_and_off_each_other(city: GeoMap) -> None:
    shapes = outlines(city.buildings)
    assert shapely.distance(shapely.union_all(centre_lines(city.roads)), shapes).min() > 5.0
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    apart = first < second
    assert shapely.area(shapely.intersection(shapes[first[apart]], shapes[second[apart]])).max(initial=0.0) < 0.6


def test_a_large_city_has_courtyards_trees_and_many_sizes_of_building() -> None:
    city = make_city(0, 1200.0)
    assert np.bincount(city.buildings.ring_building).max() == 2
    assert len(city.tree_m) > 500
    area_m2 = shapely.area(outlines(city.buildings))
    assert area_m2.min() < 80.0 < 500.0 < area_m2.max()
    assert city.buildings.height_m.min() < 6.0 < 20.0 < city.buildings.height_m.max()
