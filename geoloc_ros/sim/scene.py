"""The surroundings of the vehicle as triangles that rays can be shot at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.types import Bool, Float32, Float64, Int32, Int64
from geoloc_ros.sim.building_mesh import building_mesh
from geoloc_ros.sim.conditions import Condition
from geoloc_ros.sim.ground import GroundCover, ground_mesh, paint_ground
from geoloc_ros.sim.lamps import LampLight, lamp_light, lamp_mesh, place_lamps
from geoloc_ros.sim.mesh import Mesh, join_meshes
from geoloc_ros.sim.street_mesh import bare_tree_mesh, people_mesh, tree_mesh, vehicle_mesh
from geoloc_ros.sim.world import World

HALF_M = 280.0
"""Half the width of what is turned into triangles at a time."""


@dataclass(frozen=True)
class Hits:
    """First surfaces met by K rays."""

    triangle: Int32
    """(K,), -1 for none."""
    along: Float32
    """(K,), in lengths of the ray's direction."""
    normal: Float32
    """(K, 3), unit length, facing the viewer."""

    def of(self, rays: Int64) -> Hits:
        """Those of some of the rays."""
        return Hits(self.triangle[rays], self.along[rays], self.normal[rays])


@dataclass(frozen=True)
class Scene:
    """What is within HALF_M of a centre along either axis, in coordinates relative to it."""

    centre_m: Float64
    """(2,)."""
    solids: Solids
    cover: GroundCover
    lamps: LampLight


def build_scene(world: World, centre_m: Float64, condition: Condition) -> Scene:
    """The world round `centre_m` (2,).

    Raises:
        BackendError: If the ray caster for this processor is not installed.
    """
    lamp_foot_m = place_lamps(world, centre_m, HALF_M) if condition.lamp_light > 0.0 else np.empty((0, 2))
    mesh = _mesh_round(world, centre_m, condition)
    if len(lamp_foot_m):
        mesh = join_meshes([mesh, lamp_mesh(lamp_foot_m, world, centre_m)])
    return Scene(
        centre_m, Solids(mesh), paint_ground(world, centre_m, HALF_M), lamp_light(lamp_foot_m, HALF_M)
    )


class Solids:
    """Triangles in Embree."""

    def __init__(self, mesh: Mesh) -> None:
        """Raises BackendError if the ray caster for this processor is not installed."""
        self.mesh = mesh
        edge_a = self.mesh.vertices_m[:, 1] - self.mesh.vertices_m[:, 0]
        edge_b = self.mesh.vertices_m[:, 2] - self.mesh.vertices_m[:, 0]
        normal = np.cross(edge_a, edge_b)
        self._normal = normal / np.linalg.norm(normal, axis=1, keepdims=True).clip(1e-9)
        self._scene = _embree_scene(self.mesh)

    def cast(self, origin_m: Float64 | Float32, directions: Float32) -> Hits:
        """Hits of rays (K, 3) that start at one point (3,), or each at its own (K, 3), relative to the centre."""
        origins = np.broadcast_to(origin_m.astype(np.float32), directions.shape).copy()
        found: dict[str, Any] = self._scene.run(origins, directions, output=True)
        triangle: Int32 = found["primID"]
        normal = self._normal[triangle]
        away = np.einsum("ki,ki->k", normal, directions) > 0.0
        normal[away] *= -1.0
        return Hits(triangle, found["tfar"], normal)

    def is_lit(self, points_m: Float32, towards: Float64) -> Bool:
        """Whether nothing stands between points (K, 3) and a light far away."""
        directions = np.broadcast_to(towards.astype(np.float32), points_m.shape).copy()
        hit: Int32 = self._scene.run(points_m, directions, query="OCCLUDED")
        return np.asarray(hit == -1)


def _mesh_round(world: World, centre_m: Float64, condition: Condition) -> Mesh:
    buildings = world.geomap.buildings
    building = np.repeat(buildings.ring_building, np.diff(buildings.ring_start))
    near = np.zeros(len(buildings), dtype=bool)
    near[building[_is_near(buildings.vertices_m, centre_m)]] = True
    trees = bare_tree_mesh if condition.leaves == "none" else tree_mesh
    return join_meshes(
        [
            building_mesh(world, near, centre_m),
            trees(world.trees, _is_near(world.trees.position_m, centre_m), world.terrain, centre_m),
            vehicle_mesh(world.vehicles, _is_near(world.vehicles.pose, centre_m), world.terrain, centre_m),
            people_mesh(world.people_m, _is_near(world.people_m, centre_m), world.terrain, centre_m),
            ground_mesh(world.terrain, centre_m, HALF_M),
        ]
    )


def _is_near(points_m: Float64, centre_m: Float64) -> Bool:
    return np.asarray((np.abs(points_m[:, :2] - centre_m) < HALF_M).all(axis=1))


def _embree_scene(mesh: Mesh) -> Any:
    try:
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene
    except ImportError as error:
        raise BackendError(
            f"the simulator needs embreex, which cannot be imported here ({error}); its wheels exist for x86-64: "
            "simulate on such a machine and copy the bag"
        ) from error
    scene = EmbreeScene()
    count = len(mesh.vertices_m)
    TriangleMesh(scene, mesh.vertices_m.reshape(-1, 3), np.arange(3 * count, dtype=np.int32).reshape(-1, 3))
    return scene
