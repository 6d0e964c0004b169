from dataclasses import replace

import numpy as np
import pytest
import shapely

from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.city import make_city
from geoloc_ros.sim.edits import PASSAGE_M, centre_lines, edit_buildings, outlines
from geoloc_ros.sim.noise import LEVELS, WorldNoise


@pytest.fixture(scope="module")
def town() -> GeoMap:
    return make_city(0, 1200.0)


def test_without_noise_every_building_stands_where_the_map_has_it(town: GeoMap) -> None:
    edits = edit_buildings(town, WorldNoise(), np.random.default_rng(0))
    assert np.array_equal(edits.buildings.vertices_m, town.buildings.vertices_m)
    assert np.array_equal(edits.source, np.arange(len(town.buildings)))
    assert edits.num_removed == edits.num_lifted == 0


def test_paper_noise_removes_adds_moves_and_resizes(town: GeoMap) -> None:
    edits = edit_buildings(town, LEVELS["paper"].world, np.random.default_rng(0))
    count = len(town.buildings)
    assert 0.06 < edits.num_removed / count < 0.1
    assert (edits.source < 0).sum() == round(0.06 * count)
    assert len(edits.buildings) == count - edits.num_removed + (edits.source < 0).sum()
    kept = edits.source >= 0
    before, after = outlines(town.buildings)[edits.source[kept]], outlines(edits.buildings)[kept]
    shift_m = shapely.distance(shapely.centroid(before), shapely.centroid(after))
    # Uniform over a disc of 3 m: two thirds of the radius on average. A centre of area is not quite a mean of corners.
    assert shift_m.max() < 3.3
    assert abs(shift_m.mean() - 2.0) < 0.15
    growth = np.log(shapely.area(after) / shapely.area(before))
    assert abs(growth.std() - 0.05 * np.sqrt(2.0)) < 0.01


def test_no_edit_puts_a_building_in_the_way(town: GeoMap) -> None:
    edits = edit_buildings(town, LEVELS["paper"].world, np.random.default_rng(0))
    streets = shapely.union_all(centre_lines(town.roads))
    assert shapely.distance(streets, outlines(edits.buildings)).min() >= 3.0
    assert edits.num_lifted == 0


def test_new_buildings_overlap_nothing(town: GeoMap) -> None:
    edits = edit_buildings(town, LEVELS["paper"].world, np.random.default_rng(0))
    shapes, is_new = outlines(edits.buildings), edits.source < 0
    new, _ = shapely.STRtree(shapes[~is_new]).query(shapes[is_new], predicate="intersects")
    assert len(new) == 0


def test_a_street_through_a_building_gets_a_passage(square_room: GeoMap) -> None:
    ends = np.array([(-30.0, 0.0), (30.0, 0.0)])
    roads = replace(square_room.roads, node_m=ends, point_m=np.concatenate([ends, ends[::-1]]))
    edits = edit_buildings(replace(square_room, roads=roads), WorldNoise(), np.random.default_rng(0))
    assert edits.num_lifted == 2
    assert edits.buildings.base_m.tolist() == [PASSAGE_M, 0.0, PASSAGE_M, 0.0]
    assert edits.buildings.height_m.tolist() == [10.0] * 4


def test_two_worlds_of_different_seeds_differ(town: GeoMap) -> None:
    one, other = (edit_buildings(town, LEVELS["paper"].world, np.random.default_rng(seed)) for seed in (0, 1))
    assert set(one.source) != set(other.source)
