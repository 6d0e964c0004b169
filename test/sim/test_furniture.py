import numpy as np
import shapely

from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.edits import centre_lines, outlines
from geoloc_ros.sim.furniture import NARROWEST_M, WIDEST_M, park_vehicles, plant_trees, street_half_widths
from geoloc_ros.sim.noise import LEVELS, WorldNoise


def test_a_street_is_no_wider_than_what_buildings_leave(square_room: GeoMap, tiny_city: GeoMap) -> None:
    # The nearest wall is 2 m away, so the carriageway is as narrow as they come.
    assert street_half_widths(square_room).tolist() == [NARROWEST_M, NARROWEST_M]
    assert street_half_widths(tiny_city).max() == WIDEST_M


def test_the_world_has_trees_and_vehicles_that_the_map_does_not_know(tiny_city: GeoMap) -> None:
    half_width_m, noise = street_half_widths(tiny_city), LEVELS["paper"].world
    trees = plant_trees(tiny_city, half_width_m, noise, np.random.default_rng(0))
    known = {tuple(position_m) for position_m in tiny_city.tree_m}
    new = [tuple(position_m) not in known for position_m in trees.position_m]
    assert 0 < sum(new) < len(new)
    assert len(park_vehicles(tiny_city, half_width_m, noise.parked_ratio, np.random.default_rng(0)).pose) > 10


def test_without_noise_there_are_the_trees_of_the_map_and_no_vehicles(tiny_city: GeoMap) -> None:
    half_width_m = street_half_widths(tiny_city)
    trees = plant_trees(tiny_city, half_width_m, WorldNoise(), np.random.default_rng(0))
    assert np.array_equal(trees.position_m, tiny_city.tree_m)
    assert len(park_vehicles(tiny_city, half_width_m, 0.0, np.random.default_rng(0)).pose) == 0


def test_nothing_stands_in_a_lane_or_in_a_house(tiny_city: GeoMap) -> None:
    half_width_m, noise = street_half_widths(tiny_city), LEVELS["paper"].world
    streets = shapely.union_all(centre_lines(tiny_city.roads))
    houses = shapely.union_all(outlines(tiny_city.buildings))
    trees = plant_trees(tiny_city, half_width_m, noise, np.random.default_rng(0))
    cars = park_vehicles(tiny_city, half_width_m, noise.parked_ratio, np.random.default_rng(0))
    for points_m, clear_m in ((trees.position_m, 2.5), (cars.pose[:, :2], 3.2)):
        points = shapely.points(points_m)
        assert shapely.distance(streets, points).min() >= clear_m
        assert shapely.distance(houses, points).min() >= 1.0
