from dataclasses import replace

import numpy as np

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.lamps import SPACING_M, headlight, lamp_light, lamp_mesh, place_lamps
from geoloc_ros.sim.noise import WorldNoise
from geoloc_ros.sim.world import World, edit_map


def world_of(geomap: GeoMap) -> World:
    return edit_map(replace(geomap, tree_m=np.empty((0, 2))), WorldNoise(), np.random.default_rng(0))


def test_lamps_stand_beside_the_street_on_either_side_in_turn(square_room: GeoMap) -> None:
    ends = np.array([(-50.0, 0.0), (50.0, 0.0)])
    world = world_of(replace(square_room, roads=replace(square_room.roads, point_m=np.concatenate([ends, ends[::-1]]))))
    foot_m = place_lamps(world, np.zeros(2), 100.0)
    side_m = world.half_width_m[0] + 0.4
    assert np.allclose(foot_m, [(-42.0 + k * SPACING_M, side_m * (-1.0) ** k) for k in range(3)])


def test_a_lamp_is_brightest_below_and_fades_with_distance_and_height() -> None:
    lights = lamp_light(np.array([(10.0, -5.0)]), 50.0)
    points_m = np.array([(10.0, -5.0), (16.0, -5.0), (40.0, 30.0), (10.0, -5.0)], np.float32)
    light = lights.at(points_m, np.array([0.0, 0.0, 0.0, 9.0], np.float32))
    assert abs(light[0] - 1.0) < 0.05
    assert abs(light[1] - 0.25) < 0.05, "(1 + 1)^-2 at the reach of 6 m"
    assert abs(light[2]) < 1e-6
    assert abs(light[3] / light[0] - np.exp(-1.0)) < 1e-3


def test_without_lamps_it_is_dark() -> None:
    lights = lamp_light(np.empty((0, 2)), 20.0)
    assert not lights.at(np.zeros((1, 2), np.float32), np.zeros(1, np.float32)).any()


def test_heads_of_lamps_are_things_of_no_class(square_room: GeoMap) -> None:
    mesh = lamp_mesh(np.array([(3.0, 1.0)]), world_of(square_room), np.zeros(2))
    assert set(mesh.label) == {int(SemanticClass.OTHER)}
    assert mesh.vertices_m[..., 2].min() == 6.0
    assert np.abs(mesh.vertices_m[..., :2].mean(axis=(0, 1)) - [3.0, 1.0]).max() < 0.2


def test_headlights_shine_ahead_and_not_into_the_sky() -> None:
    ahead = np.array([1.0, 0.0, 0.0])
    directions = np.array([(1.0, 0.0, 0.0), (-1.0, 0.0, 0.0), (0.98, 0.0, 0.199)], np.float32)
    light = headlight(directions, ahead, np.full(3, 14.0, np.float32))
    assert np.allclose(light, [0.5, 0.0, 0.0])
