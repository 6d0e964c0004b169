from dataclasses import replace

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.types import Pose2, Pose3
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.sim.furniture import Trees, Vehicles
from geoloc_ros.sim.noise import LEVELS, WorldNoise
from geoloc_ros.sim.renderer import Renderer
from geoloc_ros.sim.world import World, edit_map

pytest.importorskip("embreex", reason="the simulator's ray caster has wheels for x86-64 only")

CAMERA_M = 2.0
BASE_FROM_OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


def bare_world(geomap: GeoMap) -> World:
    return edit_map(replace(geomap, tree_m=np.empty((0, 2))), WorldNoise(), np.random.default_rng(0))


def camera_at(pose: Pose2, height_m: float = CAMERA_M) -> Pose3:
    rotation = rotation_from_rpy(0.0, 0.0, pose.yaw_rad) @ BASE_FROM_OPTICAL
    return Pose3(rotation, np.array([pose.x_m, pose.y_m, height_m]))


@pytest.mark.parametrize("yaw_rad", [0.0, np.pi / 2, np.pi, -np.pi / 2])
def test_a_wall_ten_metres_ahead_is_ten_metres_deep_in_every_pixel(square_room: GeoMap, yaw_rad: float) -> None:
    # z-depth: all of a wall square to the camera is equally deep.
    camera = Camera.pinhole(64, 16, np.radians(60.0))
    frame = Renderer(bare_world(square_room), camera).render(camera_at(Pose2(0.0, 0.0, yaw_rad)))
    assert (frame.label[:9] == SemanticClass.BUILDING).all()
    assert np.abs(frame.depth_m[:9] - 10.0).max() < 1e-3
    assert (frame.building[:9] == round(yaw_rad / (np.pi / 2)) % 4).all()


def test_a_panorama_of_the_room_reads_ranges(square_room: GeoMap) -> None:
    camera = Camera.equirectangular(360, 120)
    frame = Renderer(bare_world(square_room), camera).render(camera_at(Pose2(0.0, 0.0, 0.0)))
    right = (np.arange(360) + 0.5 - 180.0) * np.pi / 180.0
    level_m = 10.0 / np.maximum(np.abs(np.cos(right)), np.abs(np.sin(right)))
    for row in (59, 60):
        down = (row + 0.5 - 60.0) * np.pi / 180.0
        assert np.abs(frame.depth_m[row] - level_m / np.cos(down)).max() < 2e-3
    # Ahead is east, building 0; to the right of it, in larger columns, south, building 3.
    assert frame.building[60, [180, 270, 90, 0]].tolist() == [0, 3, 1, 2]


def test_walls_end_at_the_roof_and_start_at_the_ground(square_room: GeoMap) -> None:
    camera = Camera.pinhole(8, 400, np.radians(2.0))
    camera = replace(camera, fx=200.0, fy=200.0)
    world = bare_world(square_room)
    world = replace(world, looks=replace(world.looks, has_gable=np.zeros(4, np.int32)))
    frame = Renderer(world, camera).render(camera_at(Pose2(0.0, 0.0, 0.0)))
    column = frame.label[:, 4]
    # A wall 10 m ahead reaches from 2 m below to 8 m above the camera: 40 rows down, 160 rows up.
    assert column[200 + 39] == SemanticClass.BUILDING
    assert column[200 + 41] != SemanticClass.BUILDING
    assert column[200 - 158] == SemanticClass.BUILDING
    assert column[200 - 163] == SemanticClass.SKY
    assert np.isnan(frame.depth_m[200 - 163, 4])
    assert frame.building[200 - 163, 4] == -1
    ground = frame.depth_m[260, 4]
    assert abs(ground - CAMERA_M / (60.5 / 200.0)) < 1e-3


def test_the_street_is_road_and_the_kerb_is_pavement(square_room: GeoMap) -> None:
    camera = Camera.equirectangular(360, 180)
    frame = Renderer(bare_world(square_room), camera).render(camera_at(Pose2(0.0, 0.0, 0.0)))
    # The carriageway is 1.9 m wide to each side, the pavement 2.2 m more: straight down it is road, 3 m aside pavement.
    assert frame.label[-1, 0] == SemanticClass.ROAD
    row = int(90 + np.degrees(np.arctan(CAMERA_M / 3.0)))
    assert frame.label[row, [90, 270]].tolist() == [SemanticClass.PAVEMENT] * 2


def test_without_edits_a_level_panorama_agrees_with_the_scan_of_the_map(tiny_city: GeoMap) -> None:
    world = bare_world(tiny_city)
    camera = Camera.equirectangular(360, 1)
    renderer, caster = Renderer(world, camera), RayCaster(tiny_city.buildings.walls())
    line_m = tiny_city.roads.polyline(3)
    for point_m in line_m[1:-1:2]:
        pose = Pose2(float(point_m[0]), float(point_m[1]), 0.3)
        frame = renderer.render(camera_at(pose))
        # Columns run to the right from behind; ray k of a scan turns left from ahead. Pixels look half a step aside.
        scan = caster.cast(np.array([[pose.x_m, pose.y_m, pose.yaw_rad + np.radians(0.5)]]), 360, 100.0)
        seen_m = np.roll(frame.depth_m[0][::-1], -180)
        seen_m[seen_m > 100.0] = np.nan
        expected_m = scan.range_m[0]
        assert (np.isnan(seen_m) == np.isnan(expected_m)).mean() > 0.99
        both = ~np.isnan(seen_m) & ~np.isnan(expected_m)
        assert both.sum() > 100
        # A pixel at a building's edge may fall to either side of it.
        assert (np.abs(seen_m - expected_m)[both] < 0.02).mean() > 0.99


def test_the_edited_world_is_not_the_map(tiny_city: GeoMap) -> None:
    world = edit_map(tiny_city, LEVELS["paper"].world, np.random.default_rng(0))
    camera = Camera.equirectangular(360, 40)
    point_m = tiny_city.roads.polyline(3)[4]
    pose = Pose2(float(point_m[0]), float(point_m[1]), 0.0)
    ground_m = float(world.terrain.height_m(point_m))
    seen = Renderer(world, camera).render(camera_at(pose, ground_m + CAMERA_M))
    mapped = Renderer(bare_world(tiny_city), camera).render(camera_at(pose))
    assert (seen.label != mapped.label).mean() > 0.05
    both = (seen.label == SemanticClass.BUILDING) & (mapped.label == SemanticClass.BUILDING)
    assert np.abs(seen.depth_m - mapped.depth_m)[both].mean() > 0.3


def test_trees_and_vehicles_hide_what_is_behind_them(square_room: GeoMap) -> None:
    world = replace(
        bare_world(square_room),
        trees=Trees(np.array([(5.0, 0.0)]), np.array([6.0], np.float32), np.array([1.5], np.float32)),
        vehicles=Vehicles(np.array([(-5.0, 0.0, 0.0)]), np.array([(4.0, 1.8, 1.5)], np.float32), np.ones((1, 3))),
        people_m=np.array([(0.0, 5.0)]),
    )
    camera = Camera.equirectangular(720, 240)
    frame = Renderer(world, camera).render(camera_at(Pose2(0.0, 0.0, 0.0), 1.0))
    assert frame.label[120, [360, 0, 180]].tolist() == [
        SemanticClass.VEGETATION, SemanticClass.VEHICLE, SemanticClass.PERSON
    ]
    assert abs(frame.depth_m[120, 0] - 4.0) < 0.01, "its front is 3 m away, the windscreen 1 m behind that"
    assert (frame.building[120, [360, 0, 180]] == -1).all()
    assert frame.label[120, 540] == SemanticClass.BUILDING


def test_buildings_on_a_passage_can_be_looked_under(square_room: GeoMap) -> None:
    ends = np.array([(-30.0, 0.0), (30.0, 0.0)])
    roads = replace(square_room.roads, node_m=ends, point_m=np.concatenate([ends, ends[::-1]]))
    camera = Camera.pinhole(9, 201, np.radians(5.0))
    camera = replace(camera, fx=100.0, fy=100.0)
    frame = Renderer(bare_world(replace(square_room, roads=roads)), camera).render(camera_at(Pose2(0.0, 0.0, 0.0)))
    # The underside starts 2.5 m above the camera, 10 m ahead: 25 rows up.
    assert frame.label[100 - 27, 4] == SemanticClass.BUILDING
    assert frame.label[100 - 5, 4] != SemanticClass.BUILDING
