"""One visit to a world under one condition: buildings and trees as ever, other vehicles and people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.types import Float64, Pose3, UInt8
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.conditions import Condition
from geoloc_ros.sim.drive import LANE_RATIO
from geoloc_ros.sim.exposure import exposed
from geoloc_ros.sim.furniture import Vehicles, park_vehicles, place_people, vehicles_at
from geoloc_ros.sim.noise import WorldNoise
from geoloc_ros.sim.photo_places import Views, clear_of
from geoloc_ros.sim.renderer import Renderer
from geoloc_ros.sim.world import World

PER_PIXEL = 2
"""Rays per pixel, across and down: one alone makes façades flicker."""
_DRIVING_PER_KM = 6.0
_BASE_FROM_OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


class Visit:
    """Takes photos in a world at another time."""

    def __init__(self, world: World, camera: Camera, condition: Condition) -> None:
        """The camera is that of the photos."""
        fine = replace(
            camera, width=PER_PIXEL * camera.width, height=PER_PIXEL * camera.height, fx=PER_PIXEL * camera.fx,
            fy=PER_PIXEL * camera.fy, cx=PER_PIXEL * camera.cx, cy=PER_PIXEL * camera.cy,
        )
        self._world, self._condition = world, condition
        self._renderer = Renderer(world, fine, condition)

    def settle(self, centre_m: Float64) -> None:
        """Make ready for photos within `renderer.REBUILD_M` of a point (2,).

        Raises:
            BackendError: If the ray caster for this processor is not installed.
        """
        self._renderer.settle(centre_m)

    def photo(self, views: Views, number: int, rng: np.random.Generator) -> tuple[UInt8, UInt8]:
        """Image (H, W, 3) and classes (H, W) of one of the views."""
        position_m = views.position_m[number]
        ground_m = float(self._world.terrain.height_m(position_m))
        roll, pitch, yaw = (float(angle) for angle in views.roll_pitch_yaw_rad[number])
        rotation = rotation_from_rpy(roll, pitch, yaw) @ _BASE_FROM_OPTICAL
        frame = self._renderer.render(
            Pose3(rotation, np.array([*position_m, ground_m + float(views.height_m[number])]))
        )
        height, width = frame.label.shape[0] // PER_PIXEL, frame.label.shape[1] // PER_PIXEL
        cells = frame.rgb.reshape(height, PER_PIXEL, width, PER_PIXEL, 3)
        rgb = np.round(cells.mean(axis=(1, 3), dtype=np.float32)).astype(np.uint8)
        return exposed(rgb, self._condition, rng), np.ascontiguousarray(frame.label[::PER_PIXEL, ::PER_PIXEL])


def world_of_visit(world: World, geomap: GeoMap, noise: WorldNoise, cameras_m: Float64, seed: list[int]) -> World:
    """The world with vehicles and people of another day, none of them where cameras (V, 2) are.

    Args:
        geomap: The map, whose streets they keep to; buildings are those of the world.
        seed: Of that day.
    """
    rng = np.random.default_rng(seed)
    there = replace(geomap, buildings=world.geomap.buildings)
    parked = park_vehicles(there, world.half_width_m, noise.parked_ratio, rng)
    driving = _driving(there, world.half_width_m, _DRIVING_PER_KM if noise.parked_ratio > 0.0 else 0.0, rng)
    people_m = place_people(there, world.half_width_m, noise.people_per_km, rng)
    # Who drives keeps a distance; who parks is beside.
    vehicles = _joined(
        _some(parked, clear_of(parked.pose[:, :2], cameras_m, 3.0)),
        _some(driving, clear_of(driving.pose[:, :2], cameras_m, 8.0)),
    )
    return replace(world, vehicles=vehicles, people_m=people_m[clear_of(people_m, cameras_m, 1.5)])


def _driving(geomap: GeoMap, half_width_m: Float64, per_km: float, rng: np.random.Generator) -> Vehicles:
    """Vehicles somewhere in their lanes."""
    roads, poses = geomap.roads, [np.empty((0, 3))]
    for edge in range(len(roads)):
        line_m = roads.polyline(edge)
        step_m = np.diff(line_m, axis=0)
        along_m = np.concatenate([[0.0], np.hypot(*step_m.T).cumsum()])
        at_m = rng.uniform(0.0, along_m[-1], rng.poisson(per_km * along_m[-1] / 1000.0))
        segment = (np.searchsorted(along_m, at_m, "right") - 1).clip(0, len(step_m) - 1)
        yaw = np.arctan2(step_m[segment, 1], step_m[segment, 0])
        right_m = LANE_RATIO * half_width_m[edge] if roads.edge_reverse[edge] >= 0 else 0.0
        x, y = (np.interp(at_m, along_m, line_m[:, axis]) for axis in (0, 1))
        poses.append(np.stack([x + right_m * np.sin(yaw), y - right_m * np.cos(yaw), yaw], axis=1))
    return vehicles_at(np.concatenate(poses), rng)


def _some(vehicles: Vehicles, chosen: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Vehicles:
    return Vehicles(vehicles.pose[chosen], vehicles.size_m[chosen], vehicles.colour[chosen])


def _joined(first: Vehicles, second: Vehicles) -> Vehicles:
    return Vehicles(
        np.concatenate([first.pose, second.pose]), np.concatenate([first.size_m, second.size_m]),
        np.concatenate([first.colour, second.colour]),
    )
