"""Streets for a network to look at: worlds unlike their maps, in changing light, from cameras of many kinds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.types import Float64, Pose3
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.drive import RATE_HZ, drive_route
from geoloc_ros.sim.furniture import Vehicles
from geoloc_ros.sim.noise import LEVELS, CameraNoise
from geoloc_ros.sim.renderer import Frame, Renderer
from geoloc_ros.sim.route import choose_route
from geoloc_ros.sim.traffic import draw_traffic
from geoloc_ros.sim.world import World, edit_map

VIEWS_PER_SPOT = 3
"""Triangles are made once per spot, which takes longer than a view."""
SPOT_M = 240.0
"""Drive between two spots, about."""
REACH_M = 40.0
"""Views of a spot are at most this far along the drive from it."""
SPEED_MPS = 9.0
PANORAMA_RATIO = 0.5
PANORAMA_PX, PINHOLE_PX = (1024, 512), (640, 384)
PINHOLE_FOV_DEG = (60.0, 110.0)
CAMERA_M = (1.3, 2.6)
OVERCAST_RATIO = 0.35
# Below the ground: nothing is in the sun.
_NO_SUN = np.array([0.0, 0.0, -1.0])
_GREY_SKY = np.array([208.0, 212.0, 218.0], np.float32)
_BASE_FROM_OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
# A wall this near fills the view: the camera stands in a building that is not where the map has it.
_TOO_NEAR_M, _TOO_MUCH = 1.5, 0.05


@dataclass(frozen=True)
class StreetView:
    """A look at a street, with its truth."""

    world: World
    camera: Camera
    base_from_camera: Pose3
    """Mount that the vehicle knows."""
    map_from_base: Pose3
    """As it is, leaning with the ground."""
    map_from_camera: Pose3
    """As it is."""
    frame: Frame


def draw_views(geomap: GeoMap, num_spots: int, rng: np.random.Generator) -> Iterator[StreetView]:
    """Views of one world, made from the map at noise `paper`: VIEWS_PER_SPOT each of spots along a drive.

    A view from within a building is left out.

    Raises:
        BackendError: If the ray caster for this processor is not installed.
        MapError: If the map has no roads that can be driven.
    """
    noise = LEVELS["paper"]
    world = edit_map(geomap, noise.world, rng)
    length_m = SPOT_M * num_spots
    route = choose_route(geomap.roads, geomap.bounds_m, 1.1 * length_m + 50.0, rng)
    drive = drive_route(geomap.roads, route, world.half_width_m, SPEED_MPS, length_m, rng)
    traffic = draw_traffic(drive, noise.world, rng)
    along_m = np.cumsum(drive.speed_mps) / RATE_HZ
    for spot_m in np.sort(rng.uniform(0.0, along_m[-1], num_spots)):
        camera, overcast = draw_camera(rng), rng.random() < OVERCAST_RATIO
        renderer = Renderer(_in_other_light(world, overcast, rng), camera)
        grey_ratio = rng.uniform(0.5, 1.0) if overcast else 0.0
        for from_spot_m in rng.uniform(-REACH_M, REACH_M, VIEWS_PER_SPOT):
            tick = int(np.searchsorted(along_m, spot_m + from_spot_m).clip(0, len(along_m) - 1))
            map_from_base = standing_at(world, drive.pose[tick])
            moving = traffic.at(float(drive.time_s[tick]))
            view = _look(world, renderer, camera, map_from_base, moving, noise.camera, rng)
            if _is_outside(view):
                yield replace(view, frame=_under_clouds(view.frame, grey_ratio))


def draw_camera(rng: np.random.Generator) -> Camera:
    """A panorama or a pinhole of some field of view."""
    if rng.random() < PANORAMA_RATIO:
        return Camera.equirectangular(*PANORAMA_PX)
    return Camera.pinhole(*PINHOLE_PX, float(np.radians(rng.uniform(*PINHOLE_FOV_DEG))))


def standing_at(world: World, pose: Float64) -> Pose3:
    """map_from_base of a vehicle at `[x_m, y_m, yaw_rad]` that leans with the ground."""
    position_m, yaw_rad = pose[:2], float(pose[2])
    ahead = np.array([np.cos(yaw_rad), np.sin(yaw_rad)])
    slope = world.terrain.slope(position_m)
    pitch_rad, roll_rad = -np.arctan(slope @ ahead), np.arctan(slope @ [-ahead[1], ahead[0]])
    position = np.array([*position_m, float(world.terrain.height_m(position_m))])
    return Pose3(rotation_from_rpy(float(roll_rad), float(pitch_rad), yaw_rad), position)


def _in_other_light(world: World, overcast: bool, rng: np.random.Generator) -> World:
    azimuth_rad, elevation_rad = rng.uniform(0.0, 2.0 * np.pi), np.radians(rng.uniform(10.0, 65.0))
    level = np.cos(elevation_rad)
    sun = np.array([np.cos(azimuth_rad) * level, np.sin(azimuth_rad) * level, np.sin(elevation_rad)])
    return replace(world, looks=replace(world.looks, sun=_NO_SUN if overcast else sun))


def _under_clouds(frame: Frame, grey_ratio: float) -> Frame:
    """With the blue of the sky mixed with grey."""
    if grey_ratio == 0.0:
        return frame
    rgb, sky = frame.rgb.copy(), frame.label == SemanticClass.SKY
    rgb[sky] = rgb[sky] + grey_ratio * (_GREY_SKY - rgb[sky])
    return replace(frame, rgb=rgb)


def _look(
    world: World, renderer: Renderer, camera: Camera, map_from_base: Pose3, moving: Vehicles, noise: CameraNoise,
    rng: np.random.Generator,
) -> StreetView:
    known = _draw_mount(camera, rng)
    tilt_deg = rng.uniform(-noise.tilt_deg, noise.tilt_deg, 2) + rng.normal(0.0, noise.shake_deg, 2)
    error_rad = np.radians([*tilt_deg, rng.normal(0.0, noise.yaw_deg)])
    height_m = known.translation_m[2] + rng.normal(0.0, noise.height_m)
    actual = Pose3(rotation_from_rpy(*map(float, error_rad)) @ known.rotation, np.array([0.0, 0.0, height_m]))
    map_from_camera = map_from_base @ actual
    return StreetView(world, camera, known, map_from_base, map_from_camera, renderer.render(map_from_camera, moving))


def _draw_mount(camera: Camera, rng: np.random.Generator) -> Pose3:
    """A camera over the base; a pinhole looks ahead, aside or back and may be tilted on purpose."""
    roll_deg, pitch_deg, yaw_deg = 0.0, 0.0, 0.0
    if camera.model == "pinhole":
        # REP-103: a positive pitch looks down.
        roll_deg, pitch_deg = rng.normal(0.0, 1.0), rng.uniform(-15.0, 8.0)
        yaw_deg = rng.normal(0.0, 10.0) if rng.random() < 0.5 else rng.uniform(-180.0, 180.0)
    turn = rotation_from_rpy(*(float(np.radians(angle)) for angle in (roll_deg, pitch_deg, yaw_deg)))
    return Pose3(turn @ _BASE_FROM_OPTICAL, np.array([0.0, 0.0, rng.uniform(*CAMERA_M)]))


def _is_outside(view: StreetView) -> bool:
    near = (view.frame.building >= 0) & (view.frame.depth_m < _TOO_NEAR_M)
    return float(near.mean()) < _TOO_MUCH
