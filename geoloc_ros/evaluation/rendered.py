"""The long way to an observed scan: images rendered in the edited world, mistakes of networks, the observation code."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.config import ObserveConfig, ScanConfig, SimConfig
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Bool, Float64, Int64, Pose3, SemanticScan
from geoloc_ros.core.view import Depth, View
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.scan.observe import observe_scan
from geoloc_ros.sim.degrade import Degrader, SensedFrame
from geoloc_ros.sim.mount import draw_mount
from geoloc_ros.sim.noise import NoiseLevel
from geoloc_ros.sim.renderer import Renderer
from geoloc_ros.sim.session import make_camera
from geoloc_ros.sim.world import World, edit_map

_TILE_M = 80.0
_MOUNT_FRAMES = 50
"""Shaking needs a stretch of time; one moment of it counts."""


def observe_rendered(
    geomap: GeoMap, level: NoiseLevel, poses: Float64, seed: int, progress: ProgressCallback = no_progress
) -> SemanticScan:
    """Scans (N, B) seen from vehicles at poses (N, 3), each in a drive of its own; ray 0 looks along the heading.

    The world is that of `sim.scans.ScanSimulator` with the same arguments. The camera is the panorama of `geoloc
    simulate`; what is outside of the level's field of view is unlabelled and without depth.

    Raises:
        BackendError: If the ray caster for this processor is not installed.
    """
    world = edit_map(geomap, level.world, np.random.default_rng([seed, 0]))
    camera = make_camera(SimConfig())
    renderer = Renderer(world, camera)
    scans: list[SemanticScan | None] = [None] * len(poses)
    for number, row in enumerate(_in_tiles(poses)):
        scans[row] = _observe_one(world, renderer, camera, level, poses[row], np.random.default_rng([seed, 3, row]))
        progress("rendering", (number + 1) / len(poses))
    made = [scan for scan in scans if scan is not None]
    return SemanticScan(
        np.stack([scan.range_m for scan in made]), np.stack([scan.instance for scan in made]),
        np.stack([scan.observed for scan in made]),
    )


def _in_tiles(poses: Float64) -> Int64:
    """Rows in an order in which neighbours follow each other: triangles are made once per neighbourhood."""
    tile = np.floor(poses[:, :2] / _TILE_M)
    return np.lexsort((poses[:, 0], tile[:, 1], tile[:, 0]))


def _observe_one(
    world: World, renderer: Renderer, camera: Camera, level: NoiseLevel, pose: Float64, rng: np.random.Generator
) -> SemanticScan:
    mount = draw_mount(_MOUNT_FRAMES, 5.0, level.camera, rng)
    frame = renderer.render(_standing_at(world, pose) @ mount.base_from_camera(0))
    degrader = Degrader(level.image, camera, len(world.geomap.buildings), 5.0, rng)
    sensed = _cut(degrader.sense(frame), _in_view(camera, level.camera.fov_deg))
    view = View(camera, mount.nominal, sensed.label, sensed.instance, (Depth("depth", sensed.depth_m),))
    return observe_scan([view], ScanConfig(), ObserveConfig())


def _standing_at(world: World, pose: Float64) -> Pose3:
    """map_from_base of a vehicle that leans with the ground."""
    position_m, yaw_rad = pose[:2], float(pose[2])
    ahead = np.array([np.cos(yaw_rad), np.sin(yaw_rad)])
    slope = world.terrain.slope(position_m)
    pitch_rad, roll_rad = -np.arctan(slope @ ahead), np.arctan(slope @ [-ahead[1], ahead[0]])
    rotation = Rotation.from_euler("ZYX", [yaw_rad, pitch_rad, roll_rad]).as_matrix()
    return Pose3(rotation, np.array([*position_m, float(world.terrain.height_m(position_m))]))


def _in_view(camera: Camera, fov_deg: float) -> Bool:
    """Columns (W,) of a panorama within the field of view."""
    right_rad = (np.arange(camera.width) + 0.5 - camera.cx) / camera.fx
    return np.asarray(np.abs(right_rad) <= np.radians(fov_deg) / 2.0)


def _cut(sensed: SensedFrame, columns: Bool) -> SensedFrame:
    return replace(
        sensed, label=np.where(columns, sensed.label, np.uint8(SemanticClass.UNLABELLED)),
        depth_m=np.where(columns, sensed.depth_m, np.float32(np.nan)),
    )
