"""A drive put together: world, way, vehicle and camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.config import SimConfig
from geoloc_ros.core.errors import ConfigError
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.conditions import Condition, condition_of
from geoloc_ros.sim.degrade import Degrader
from geoloc_ros.sim.drive import RATE_HZ, Trajectory, drive_route
from geoloc_ros.sim.mount import Mount, draw_mount
from geoloc_ros.sim.noise import LEVELS, NoiseLevel
from geoloc_ros.sim.renderer import Renderer
from geoloc_ros.sim.route import choose_route
from geoloc_ros.sim.sensors import Motion, measure
from geoloc_ros.sim.traffic import Traffic, draw_traffic
from geoloc_ros.sim.world import World, edit_map


@dataclass(frozen=True)
class Session:
    """A vehicle on its way through a world."""

    geomap: GeoMap
    """What the vehicle may know."""
    world: World
    noise: NoiseLevel
    trajectory: Trajectory
    motion: Motion
    traffic: Traffic
    mount: Mount
    camera: Camera
    renderer: Renderer
    degrader: Degrader
    frame_every: int
    """Ticks of the motion between images."""
    num_frames: int
    condition: Condition
    exposure_rng: np.random.Generator
    """Draws the camera's noise, drops and flakes, frame after frame."""


def plan_session(geomap: GeoMap, seed: int, length_m: float, sim: SimConfig) -> Session:
    """World, route and errors of a drive of `length_m`, all drawn from `seed`.

    Raises:
        ConfigError: If the camera cannot be.
        MapError: If the map has no roads that can be driven.
    """
    world = edit_map(geomap, LEVELS[sim.noise].world, np.random.default_rng([seed, 0]))
    return plan_session_in(world, geomap, seed, length_m, sim)


def plan_session_in(world: World, geomap: GeoMap, seed: int, length_m: float, sim: SimConfig) -> Session:
    """Route and errors of a drive of `length_m` through a world, all drawn from `seed`.

    Raises:
        ConfigError: If the camera cannot be.
        MapError: If the map has no roads that can be driven.
    """
    camera, level = make_camera(sim), LEVELS[sim.noise]
    # One stream of numbers per part, the world's being the first: a change of one leaves the others as they were.
    way_rng, motion_rng, mount_rng, image_rng, traffic_rng, exposure_rng = (
        np.random.default_rng([seed, part]) for part in range(1, 7)
    )
    condition = condition_of(sim.condition)
    # Rounded corners are shorter than the streets.
    route = choose_route(geomap.roads, geomap.bounds_m, 1.1 * length_m + 50.0, way_rng)
    trajectory = drive_route(geomap.roads, route, world.half_width_m, sim.speed_mps, length_m, way_rng)
    motion = measure(trajectory, world.terrain, level.motion, motion_rng)
    traffic = draw_traffic(trajectory, level.world, traffic_rng)
    frame_every = max(1, round(RATE_HZ / sim.rate_hz))
    num_frames = -(-len(trajectory.time_s) // frame_every)
    mount = draw_mount(num_frames, sim.rate_hz, level.camera, mount_rng)
    degrader = Degrader(level.image, camera, len(world.geomap.buildings), sim.rate_hz, image_rng)
    return Session(
        geomap, world, level, trajectory, motion, traffic, mount, camera,
        Renderer(world, camera, condition), degrader, frame_every, num_frames, condition, exposure_rng,
    )


def make_camera(sim: SimConfig) -> Camera:
    """The camera of the config.

    Raises:
        ConfigError: If a panorama would be higher than a ball.
    """
    if sim.camera == "pinhole":
        return Camera.pinhole(sim.width, sim.height, float(np.radians(sim.fov_deg)))
    if sim.height > sim.width // 2:
        raise ConfigError(
            f"sim.height {sim.height} is too much for a panorama {sim.width} wide; give at most {sim.width // 2}"
        )
    return Camera.equirectangular(sim.width, sim.height)
