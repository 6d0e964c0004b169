from dataclasses import replace

import numpy as np
import shapely
import shapely.affinity

from geoloc_ros.sim.building_mesh import building_mesh
from geoloc_ros.sim.city import buildings_from, make_city
from geoloc_ros.sim.edits import outlines
from geoloc_ros.sim.mesh import Material, Mesh
from geoloc_ros.sim.noise import WorldNoise
from geoloc_ros.sim.terrain import draw_terrain
from geoloc_ros.sim.world import World, edit_map


def world_of(shapes: list[shapely.Polygon], heights_m: list[float]) -> World:
    city = make_city(0, 250.0)
    buildings = buildings_from(shapes, np.array(heights_m))
    return edit_map(replace(city, buildings=buildings), WorldNoise(), np.random.default_rng(0))


def mesh_of_all(world: World) -> Mesh:
    return building_mesh(world, np.ones(len(world.geomap.buildings), dtype=bool), np.zeros(2))


def area_m2(triangles: np.ndarray) -> np.ndarray:
    return 0.5 * np.linalg.norm(np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]), axis=1)


def test_every_building_is_as_high_as_the_map_says_gable_or_not() -> None:
    world = edit_map(make_city(0, 250.0), WorldNoise(), np.random.default_rng(0))
    world = replace(world, terrain=draw_terrain(0.03, np.random.default_rng(0)))
    mesh, buildings = mesh_of_all(world), world.geomap.buildings
    assert world.looks.has_gable.any()
    for building, height_m in enumerate(buildings.height_m):
        first, last = np.searchsorted(buildings.ring_building, [building, building + 1])
        ring_m = buildings.vertices_m[buildings.ring_start[first] : buildings.ring_start[last]]
        ground_m = world.terrain.height_m(ring_m).mean()
        top_m = mesh.vertices_m[mesh.building == building, :, 2].max()
        assert abs(top_m - ground_m - height_m) < 1e-3


def test_a_roof_covers_the_outline_without_its_courtyard() -> None:
    outline = shapely.Polygon(
        [(0, 0), (40, 0), (40, 30), (20, 30), (20, 20), (0, 20)], [[(5, 5), (5, 15), (15, 15), (15, 5)]]
    )
    world = world_of([shapely.affinity.translate(outline, 20, 20)], [9.0])
    mesh = mesh_of_all(world)
    roof = mesh.material == Material.PLAIN
    assert abs(area_m2(mesh.vertices_m[roof]).sum() - outline.area) < 1e-2
    assert np.all(mesh.vertices_m[roof, :, 2] == 9.0)
    # Walls stand 9 m high and reach 1.5 m into the ground.
    assert abs(area_m2(mesh.vertices_m[~roof]).sum() - outline.length * 10.5) < 0.1


def test_walls_face_away_from_the_building() -> None:
    world = world_of([shapely.box(20, 20, 30, 40)], [20.0])
    mesh = mesh_of_all(world)
    walls = mesh.vertices_m[mesh.material == Material.FACADE]
    outward = np.cross(walls[:, 1] - walls[:, 0], walls[:, 2] - walls[:, 0])
    from_middle = walls.mean(axis=1) - [25.0, 30.0, 10.0]
    assert np.all((outward * from_middle)[:, :2].sum(axis=1) > 0.0)
    assert shapely.area(outlines(world.geomap.buildings)).tolist() == [200.0]
