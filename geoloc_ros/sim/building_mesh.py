"""Buildings as triangles: walls, flat roofs, gables, and the underside of what stands on a passage."""

from __future__ import annotations

import numpy as np
import shapely

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import Bool, Float64, Int32
from geoloc_ros.maps.geomap import Buildings
from geoloc_ros.sim.edits import outlines, subset_of_buildings
from geoloc_ros.sim.mesh import Material, Mesh, join_meshes, mesh_of
from geoloc_ros.sim.terrain import Terrain
from geoloc_ros.sim.world import Looks, World

SUNK_M = 1.5
"""How far walls go into sloping ground."""


def building_mesh(world: World, near: Bool, centre_m: Float64) -> Mesh:
    """Triangles of the buildings where `near` (N,), relative to `centre_m` (2,)."""
    buildings, number = subset_of_buildings(world.geomap.buildings, near), np.flatnonzero(near).astype(np.int32)
    ground_m = _ground_m(buildings, world.terrain)
    quads, gabled = _gabled(buildings, world.looks, number)
    top_m = ground_m + buildings.height_m
    rise_m = _rise_m(quads, buildings.height_m[gabled].astype(float))
    eaves_m = top_m.copy()
    eaves_m[gabled] -= rise_m
    flat = np.ones(len(number), dtype=bool)
    flat[gabled] = False
    parts = [
        _walls(buildings, ground_m, eaves_m, world.looks, number, centre_m),
        _caps(buildings, flat, top_m, world.looks, number, centre_m),
        _caps(buildings, buildings.base_m > 0.0, ground_m + buildings.base_m, world.looks, number, centre_m),
        *_gables(quads - centre_m, eaves_m[gabled], rise_m, ground_m[gabled], world.looks, number[gabled]),
    ]
    return join_meshes(parts)


def _ground_m(buildings: Buildings, terrain: Terrain) -> Float64:
    """Height (N,) of the ground under each building, mean over its vertices."""
    building = np.repeat(buildings.ring_building, np.diff(buildings.ring_start))
    heights = terrain.height_m(buildings.vertices_m)
    count = np.bincount(building, minlength=len(buildings)).clip(1)
    return np.asarray(np.bincount(building, heights, len(buildings)) / count)


def _walls(
    buildings: Buildings, ground_m: Float64, top_m: Float64, looks: Looks, number: Int32, centre_m: Float64
) -> Mesh:
    walls = buildings.walls()
    start, end = walls.start_m - centre_m, walls.end_m - centre_m
    along = (end - start) / np.linalg.norm(end - start, axis=1, keepdims=True).clip(1e-6)
    base_m = buildings.base_m.astype(float)
    foot = np.where(base_m > 0.0, ground_m + base_m, ground_m - SUNK_M)[walls.building]
    top = top_m[walls.building]
    low_a, low_b = np.column_stack([start, foot]), np.column_stack([end, foot])
    high_a, high_b = np.column_stack([start, top]), np.column_stack([end, top])
    triangles = np.concatenate(
        [np.stack([low_a, low_b, high_b], axis=1), np.stack([low_a, high_b, high_a], axis=1)]
    )
    wall = np.tile(np.column_stack([start, along, ground_m[walls.building]]), (2, 1))
    building = np.tile(number[walls.building], 2)
    return mesh_of(triangles, SemanticClass.BUILDING, Material.FACADE, looks.wall[building], building, wall)


def _caps(
    buildings: Buildings, chosen: Bool, height_m: Float64, looks: Looks, number: Int32, centre_m: Float64
) -> Mesh:
    """Horizontal lids at `height_m` (N,) on the buildings where `chosen`."""
    index = np.flatnonzero(chosen)
    shapes = outlines(buildings)[index]
    # Real maps hold some outlines that cross themselves.
    shapes = np.where(shapely.is_valid(shapes), shapes, shapely.buffer(shapes, 0.0))
    pieces = shapely.constrained_delaunay_triangles(shapes)
    triangles, owner = shapely.get_parts(pieces, return_index=True)
    if not len(triangles):
        return _empty()
    corners = shapely.get_coordinates(triangles).reshape(-1, 4, 2)[:, :3] - centre_m
    of_building = index[owner]
    z = np.broadcast_to(height_m[of_building, None, None], (len(corners), 3, 1))
    building = number[of_building]
    vertices = np.concatenate([corners, z], axis=2)
    return mesh_of(vertices, SemanticClass.BUILDING, Material.PLAIN, looks.roof[building], building)


def _gabled(buildings: Buildings, looks: Looks, number: Int32) -> tuple[Float64, Int32]:
    """Outlines (G, 4, 2) whose first side is a short one, and positions (G,), of houses with a pitched roof."""
    sizes = np.diff(buildings.ring_start)
    rings = np.bincount(buildings.ring_building, minlength=len(buildings))
    plain = (sizes == 4) & (rings[buildings.ring_building] == 1)
    plain &= (looks.has_gable[number] == 1)[buildings.ring_building]
    plain &= buildings.height_m[buildings.ring_building] > 4.0
    plain &= buildings.base_m[buildings.ring_building] == 0.0
    first = buildings.ring_start[:-1][plain]
    quads = buildings.vertices_m[first[:, None] + np.arange(4)]
    sides = np.linalg.norm(np.roll(quads, -1, axis=1) - quads, axis=2)
    is_long = sides[:, 0] + sides[:, 2] > sides[:, 1] + sides[:, 3]
    quads[is_long] = np.roll(quads[is_long], -1, axis=1)
    return quads, buildings.ring_building[plain].astype(np.int32)


def _rise_m(quads: Float64, height_m: Float64) -> Float64:
    short_m = np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)
    return np.asarray(np.minimum(0.38 * short_m, 0.45 * height_m))


def _gables(
    quads: Float64, eaves_m: Float64, rise_m: Float64, ground_m: Float64, looks: Looks, number: Int32
) -> list[Mesh]:
    """Two slopes and two triangles of wall per house."""
    corners = np.concatenate([quads, np.broadcast_to(eaves_m[:, None, None], (len(quads), 4, 1))], axis=2)
    a, b, c, d = corners.transpose(1, 0, 2)
    up = np.column_stack([np.zeros((len(quads), 2)), rise_m])
    ridge_ab, ridge_cd = (a + b) / 2 + up, (c + d) / 2 + up
    slopes = [(b, c, ridge_cd), (b, ridge_cd, ridge_ab), (d, a, ridge_ab), (d, ridge_ab, ridge_cd)]
    roof = mesh_of(
        np.concatenate([np.stack(slope, axis=1) for slope in slopes]), SemanticClass.BUILDING, Material.PLAIN,
        np.tile(looks.roof[number], (4, 1)), np.tile(number, 4),
    )
    ends = np.concatenate([np.stack([a, b, ridge_ab], axis=1), np.stack([c, d, ridge_cd], axis=1)])
    along = ends[:, 1, :2] - ends[:, 0, :2]
    along = along / np.linalg.norm(along, axis=1, keepdims=True).clip(1e-6)
    wall = np.column_stack([ends[:, 0, :2], along, np.tile(ground_m, 2)])
    building = np.tile(number, 2)
    return [roof, mesh_of(ends, SemanticClass.BUILDING, Material.FACADE, looks.wall[building], building, wall)]


def _empty() -> Mesh:
    return mesh_of(np.empty((0, 3, 3)), SemanticClass.BUILDING, Material.PLAIN, np.zeros(3, np.float32))
