"""What a camera sees in a world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import Float32, Float64, Int32, Pose3, UInt8
from geoloc_ros.sim.conditions import NOON, Condition
from geoloc_ros.sim.furniture import Vehicles
from geoloc_ros.sim.painter import Painter, Rays
from geoloc_ros.sim.scene import HALF_M, Scene, Solids, build_scene
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

    def __init__(self, world: World, camera: Camera, condition: Condition = NOON) -> None:
        self._world = world
        self._camera = camera
        self._condition = condition
        self._rays = camera.rays().reshape(-1, 3)
        self._length: Float32 = np.asarray(np.linalg.norm(self._rays, axis=1), dtype=np.float32)
        self._scene: Scene | None = None

    def settle(self, centre_m: Float64) -> None:
        """Make the triangles round a point (2,) ready, for views that are within REBUILD_M of it along either axis.

        Raises:
            BackendError: If the ray caster for this processor is not installed.
        """
        self._scene = build_scene(self._world, np.round(centre_m), self._condition)

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
        painter = Painter(self._world.looks, self._condition, scene)
        ahead = np.asarray(map_from_camera.rotation[:, 2])
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
            rays = Rays(origin_m, directions[met], self._length[met], self._camera.fx, ahead)
            canvas.rgb[met], canvas.label[met] = painter.paint(solids, hits.of(met), rays)
        sky = np.flatnonzero(np.isinf(canvas.along))
        canvas.rgb[sky] = painter.sky(directions[sky] / self._length[sky, None])
        return canvas.as_frame(self._camera)

    def _scene_at(self, position_m: Float64) -> Scene:
        if self._scene is None or np.abs(position_m - self._scene.centre_m).max() > REBUILD_M:
            self.settle(position_m)
        assert self._scene is not None
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
