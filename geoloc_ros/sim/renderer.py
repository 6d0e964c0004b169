"""What a camera sees in a world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import Float32, Float64, Int32, Int64, Pose3, UInt8
from geoloc_ros.sim.furniture import Vehicles
from geoloc_ros.sim.ground import COVER_LABEL
from geoloc_ros.sim.mesh import Material
from geoloc_ros.sim.scene import HALF_M, Hits, Scene, Solids, build_scene
from geoloc_ros.sim.shading import lit, sky_colour, surface_colour
from geoloc_ros.sim.street_mesh import vehicle_mesh
from geoloc_ros.sim.world import World

REBUILD_M = 60.0
"""Triangles are made anew when the camera is this far from their centre; so it sees HALF_M - REBUILD_M at least."""


@dataclass(frozen=True)
class Frame:
    """One image with its truth."""

    rgb: UInt8
    """(H, W, 3)."""
    depth_m: Float32
    """(H, W), as the camera model defines it; NaN for sky."""
    label: UInt8
    """(H, W), semantic classes."""
    building: Int32
    """(H, W), number in the world, -1 where it is none."""


class Renderer:
    """Shoots one ray per pixel."""

    def __init__(self, world: World, camera: Camera) -> None:
        self._world = world
        self._camera = camera
        self._rays = camera.rays().reshape(-1, 3)
        self._length = np.linalg.norm(self._rays, axis=1)
        self._scene: Scene | None = None

    def render(self, map_from_camera: Pose3, moving: Vehicles | None = None) -> Frame:
        """The view from a camera; its optical frame is z forward, x right, y down.

        Args:
            moving: Vehicles that are there at this moment only; their shadows are not drawn.

        Raises:
            BackendError: If the ray caster for this processor is not installed.
        """
        scene = self._scene_at(map_from_camera.translation_m[:2])
        origin_m = map_from_camera.translation_m - [*scene.centre_m, 0.0]
        # Not `@`: for such thin arrays BLAS threads cost far more than they save when another core is busy.
        directions = np.einsum("ki,ji->kj", self._rays, map_from_camera.rotation.astype(np.float32))
        canvas = _Canvas(len(directions))
        layers = [scene.solids]
        if moving is not None and len(moving.pose):
            everyone = np.ones(len(moving.pose), dtype=bool)
            layers.append(Solids(vehicle_mesh(moving, everyone, self._world.terrain, scene.centre_m)))
        for solids in layers:
            hits = solids.cast(origin_m, directions)
            nearest = np.minimum(canvas.along, HALF_M / self._length)
            met = np.flatnonzero((hits.triangle >= 0) & (hits.along < nearest))
            canvas.along[met] = hits.along[met]
            canvas.building[met] = solids.mesh.building[hits.triangle[met]]
            canvas.rgb[met], canvas.label[met] = self._paint(scene, solids, hits, met, origin_m, directions[met])
        sky = np.flatnonzero(np.isinf(canvas.along))
        canvas.rgb[sky] = sky_colour(directions[sky] / self._length[sky, None], self._world.looks.sun)
        return canvas.as_frame(self._camera)

    def _paint(
        self, scene: Scene, solids: Solids, hits: Hits, met: Int64, origin_m: Float64, directions: Float32
    ) -> tuple[Float32, UInt8]:
        """Colours (M, 3) and labels (M,) of the rays `met` (M,), whose directions are given."""
        mesh, triangle, normal = solids.mesh, hits.triangle[met], hits.normal[met]
        distance_m = hits.along[met] * self._length[met]
        points_m = origin_m.astype(np.float32) + directions * hits.along[met, None]
        cover = scene.cover.at(points_m[:, :2])
        material = mesh.material[triangle]
        label = np.where(material == Material.GROUND, COVER_LABEL[cover], mesh.label[triangle])
        pixel_m = distance_m / np.float32(self._camera.fx)
        paint = surface_colour(mesh, self._world.looks, triangle, cover, points_m, pixel_m)
        sun = self._world.looks.sun
        facing = np.flatnonzero(np.einsum("ki,i->k", normal, sun.astype(np.float32)) > 0.0)
        in_sun = np.zeros(len(met), dtype=bool)
        in_sun[facing] = scene.solids.is_lit(points_m[facing] + 0.03 * normal[facing], sun)
        return lit(paint, normal, in_sun, sun, distance_m, material), label.astype(np.uint8)

    def _scene_at(self, position_m: Float64) -> Scene:
        if self._scene is None or np.abs(position_m - self._scene.centre_m).max() > REBUILD_M:
            self._scene = build_scene(self._world, np.round(position_m))
        return self._scene


class _Canvas:
    """What the rays have met so far; sky, to begin with."""

    def __init__(self, num_rays: int) -> None:
        self.rgb = np.zeros((num_rays, 3), np.float32)
        self.label = np.full(num_rays, SemanticClass.SKY, np.uint8)
        self.building = np.full(num_rays, -1, np.int32)
        self.along = np.full(num_rays, np.inf, np.float32)

    def as_frame(self, camera: Camera) -> Frame:
        shape = (camera.height, camera.width)
        rgb = np.round(self.rgb.clip(0.0, 1.0) * 255.0).astype(np.uint8)
        depth_m = np.where(np.isinf(self.along), np.float32(np.nan), self.along)
        return Frame(
            rgb.reshape(*shape, 3), depth_m.reshape(shape), self.label.reshape(shape), self.building.reshape(shape)
        )
