"""How a vehicle moves along a route: where it keeps in its lane, how it rounds corners and how fast it goes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from geoloc_ros.core.types import Float64, Int64
from geoloc_ros.maps.geomap import RoadGraph

RATE_HZ = 50.0
STEP_M = 0.25
ROUNDING_M = 3.0
"""Standard deviation of the filter that rounds corners; a right angle gets a radius of about twice that."""
LATERAL_MPS2, ACCELERATION_MPS2, BRAKING_MPS2 = 2.0, 1.5, 2.0
SLOWEST_MPS = 0.6
LANE_RATIO = 0.36
"""How far right of the centre line of a two-way street the lane is, in half widths of the carriageway."""
STOP_PROBABILITY = 0.12
"""Of a stop at the end of a street."""


@dataclass(frozen=True)
class Trajectory:
    """Motion of the base on the ground plane at RATE_HZ, from rest or rolling."""

    time_s: Float64
    """(T,), from 0."""
    pose: Float64
    """(T, 3): x_m, y_m, yaw_rad in the map frame; yaw does not jump."""
    speed_mps: Float64
    """(T,), along the heading."""
    yaw_rate_radps: Float64
    """(T,)."""
    opposite_m: Float64
    """(T,), how far to the left the lane of those who come the other way is; 0 on one-way streets."""

    def stamps_ns(self, start_ns: int) -> Int64:
        """(T,), exact multiples of the period after `start_ns`."""
        return start_ns + np.arange(len(self.time_s), dtype=np.int64) * int(1e9 / RATE_HZ)


def drive_route(
    roads: RoadGraph, route: list[int], half_width_m: Float64, speed_mps: float, length_m: float,
    rng: np.random.Generator,
) -> Trajectory:
    """Drive `length_m` of the edges `route`, on the right.

    Args:
        half_width_m: (E,) of the carriageway; sets how far right of the centre line the lane is.
        speed_mps: Cruising speed; streets differ by a tenth from it.
    """
    lane = _lane(roads, route, half_width_m)
    points_m = _wandering(lane.points_m, rng)
    points_m = gaussian_filter1d(points_m, ROUNDING_M / STEP_M, axis=0, mode="nearest")
    along_m = np.concatenate([[0.0], np.hypot(*np.diff(points_m, axis=0).T).cumsum()])
    # Filtering shortens steps in bends: even them out again.
    even_m = np.arange(0.0, min(length_m, along_m[-1]), STEP_M)
    points_m = np.stack([np.interp(even_m, along_m, points_m[:, axis]) for axis in (0, 1)], axis=1)
    source = np.searchsorted(along_m, even_m).clip(0, len(lane.street) - 1)
    yaw_rad = np.unwrap(np.arctan2(*np.gradient(points_m, axis=0).T[::-1]))
    yaw_rad = gaussian_filter1d(yaw_rad, 1.0 / STEP_M, mode="nearest")
    speed, wait_s = _speed_profile(np.gradient(yaw_rad) / STEP_M, lane.street[source], speed_mps, rng)
    time_s = np.concatenate([[0.0], np.cumsum(STEP_M / speed[1:] + wait_s[1:])])
    ticks_s = np.arange(0.0, time_s[-1], 1.0 / RATE_HZ)
    at_m = np.interp(ticks_s, time_s, even_m)
    pose = np.stack([np.interp(at_m, even_m, values) for values in (*points_m.T, yaw_rad)], axis=1)
    opposite_m = 2.0 * lane.right_m[source[np.searchsorted(even_m, at_m).clip(0, len(even_m) - 1)]]
    return Trajectory(ticks_s, pose, np.gradient(at_m, ticks_s), np.gradient(pose[:, 2], ticks_s), opposite_m)


@dataclass(frozen=True)
class _Lane:
    """The middle of the lane, sharp corners and all, every STEP_M."""

    points_m: Float64
    """(S, 2)."""
    street: Float64
    """(S,), number in the route of the street a point belongs to."""
    right_m: Float64
    """(S,), from the centre line."""


def _lane(roads: RoadGraph, route: list[int], half_width_m: Float64) -> _Lane:
    points, number, aside = [], [], []
    for k, edge in enumerate(route):
        line_m = roads.polyline(edge)
        along_m = np.concatenate([[0.0], np.hypot(*np.diff(line_m, axis=0).T).cumsum()])
        at_m = np.arange(0.0, along_m[-1], STEP_M)
        centre_m = np.stack([np.interp(at_m, along_m, line_m[:, axis]) for axis in (0, 1)], axis=1)
        ahead = np.diff(line_m, axis=0)[(np.searchsorted(along_m, at_m, "right") - 1).clip(0, len(line_m) - 2)]
        ahead = ahead / np.linalg.norm(ahead, axis=1, keepdims=True).clip(1e-9)
        right_m = LANE_RATIO * half_width_m[edge] if roads.edge_reverse[edge] >= 0 else 0.0
        points.append(centre_m + right_m * np.stack([ahead[:, 1], -ahead[:, 0]], axis=1))
        number.append(np.full(len(at_m), float(k)))
        aside.append(np.full(len(at_m), right_m))
    return _Lane(np.concatenate(points), np.concatenate(number), np.concatenate(aside))


def _wandering(points_m: Float64, rng: np.random.Generator) -> Float64:
    """The same way (S, 2) by somebody who does not keep exactly to the middle: 0.2 m to and fro."""
    wander_m = 0.2 * _slow_noise(len(points_m), 30.0 / STEP_M, rng)
    ahead = np.gradient(gaussian_filter1d(points_m, 2.0 / STEP_M, axis=0, mode="nearest"), axis=0)
    ahead = ahead / np.linalg.norm(ahead, axis=1, keepdims=True).clip(1e-9)
    return np.asarray(points_m + wander_m[:, None] * np.stack([ahead[:, 1], -ahead[:, 0]], axis=1))


def _slow_noise(count: int, correlation: float, rng: np.random.Generator) -> Float64:
    noise = gaussian_filter1d(rng.normal(size=count), correlation, mode="wrap")
    return np.asarray(noise / max(float(noise.std()), 1e-9))


def _speed_profile(
    curvature: Float64, street: Float64, speed_mps: float, rng: np.random.Generator
) -> tuple[Float64, Float64]:
    """Speed (S,) that brakes for bends and stops, and seconds (S,) stood still before each step."""
    num_streets = int(street[-1]) + 1
    cruise = speed_mps * rng.normal(1.0, 0.1, num_streets).clip(0.7, 1.3)
    speed = np.minimum(cruise[street.astype(int)], np.sqrt(LATERAL_MPS2 / np.abs(curvature).clip(1e-4)))
    ends = np.flatnonzero(np.diff(street))
    stops = ends[rng.random(len(ends)) < STOP_PROBABILITY]
    speed[stops] = SLOWEST_MPS
    speed = speed.clip(SLOWEST_MPS)
    for k in range(1, len(speed)):
        speed[k] = min(speed[k], np.sqrt(speed[k - 1] ** 2 + 2.0 * ACCELERATION_MPS2 * STEP_M))
    for k in range(len(speed) - 2, -1, -1):
        speed[k] = min(speed[k], np.sqrt(speed[k + 1] ** 2 + 2.0 * BRAKING_MPS2 * STEP_M))
    wait_s = np.zeros(len(speed))
    wait_s[stops] = rng.uniform(1.0, 6.0, len(stops))
    return speed, wait_s
