"""What a camera sees in a world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import Float32, Float64, Int32, Pose3, UInt8
from geoloc_ros.sim.ground import COVER_LABEL
from geoloc_ros.sim.mesh import Material
from geoloc_ros.sim.scene import HALF_M, Hits, Scene
from geoloc_ros.sim.shading import lit, sky_colour, surface_colour
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

    def render(self, map_from_camera: Pose3) -> Frame:
        """The view from a camera; its optical frame is z forward, x right, y down.

        Raises:
            BackendError: If the ray caster for this processor is not installed.
        """
        scene = self._scene_at(map_from_camera.translation_m[:2])
        origin_m = map_from_camera.translation_m - [*scene.centre_m, 0.0]
        # Not `@`: for such thin arrays BLAS threads cost far more than they save when another core is busy.
        directions = np.einsum("ki,ji->kj", self._rays, map_from_camera.rotation.astype(np.float32))
        hits = scene.cast(origin_m, directions)
        met = np.flatnonzero((hits.triangle >= 0) & (hits.along * self._length < HALF_M))
        unit = directions / self._length[:, None]
        rgb = np.empty((len(directions), 3), np.float32)
        label = np.full(len(directions), SemanticClass.SKY, np.uint8)
        building = np.full(len(directions), -1, np.int32)
        sky = np.ones(len(directions), dtype=bool)
        sky[met] = False
        rgb[sky] = sky_colour(unit[sky], self._world.looks.sun)
        rgb[met], label[met] = self._paint(scene, hits, met, origin_m, directions)
        building[met] = scene.mesh.building[hits.triangle[met]]
        depth_m = np.where(sky, np.float32(np.nan), hits.along)
        shape = (self._camera.height, self._camera.width)
        return Frame(
            np.round(rgb.clip(0.0, 1.0) * 255.0).astype(np.uint8).reshape(*shape, 3), depth_m.reshape(shape),
            label.reshape(shape), building.reshape(shape),
        )

    def _paint(
        self, scene: Scene, hits: Hits, met: np.ndarray[tuple[int, ...], np.dtype[np.int64]], origin_m: Float64,
        directions: Float32,
    ) -> tuple[Float32, UInt8]:
        triangle, normal = hits.triangle[met], hits.normal[met]
        distance_m = hits.along[met] * self._length[met]
        points_m = origin_m.astype(np.float32) + directions[met] * hits.along[met, None]
        cover = scene.cover.at(points_m[:, :2])
        material = scene.mesh.material[triangle]
        label = np.where(material == Material.GROUND, COVER_LABEL[cover], scene.mesh.label[triangle])
        paint = surface_colour(
            scene.mesh, self._world.looks, triangle, cover, points_m, distance_m / np.float32(self._camera.fx)
        )
        sun = self._world.looks.sun
        facing = np.flatnonzero(np.einsum("ki,i->k", normal, sun.astype(np.float32)) > 0.0)
        in_sun = np.zeros(len(met), dtype=bool)
        in_sun[facing] = scene.is_lit(points_m[facing] + 0.03 * normal[facing], sun)
        return lit(paint, normal, in_sun, sun, distance_m, material), label.astype(np.uint8)

    def _scene_at(self, position_m: Float64) -> Scene:
        if self._scene is None or np.abs(position_m - self._scene.centre_m).max() > REBUILD_M:
            self._scene = Scene(self._world, np.round(position_m))
        return self._scene
