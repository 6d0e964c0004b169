"""Drives and walks round a street corner."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Float64, Pose3
from geoloc_ros.sim.textured.corner import HALF_M
from geoloc_ros.sim.textured.room_walks import swaying
from geoloc_ros.sim.textured.world import looking

_END_M = HALF_M - 6.0
# Waypoints, whether somebody drives, and where he tends to look, degrees to the left.
_ROUTES: tuple[tuple[tuple[tuple[float, float], ...], bool, float], ...] = (
    (((-_END_M, -0.9), (_END_M - 4.0, -0.9)), True, 0.0),
    (((_END_M, 0.9), (4.0 - _END_M, 0.9)), True, 0.0),
    (((-_END_M, -5.5), (_END_M, -5.5)), False, 35.0),
    (((-_END_M, 5.5), (4.4, 5.5), (4.4, 24.0)), False, -35.0),
    (((7.3, 24.0), (7.3, 8.0), (6.0, 3.0), (2.0, 0.9), (-_END_M, 0.9)), True, 5.0),
    (((_END_M, 5.5), (12.0, 5.4), (8.0, 2.0), (5.5, -5.5), (-_END_M, -5.5)), False, 0.0),
)


def walk_round_corner(count: int, number: int, rng: np.random.Generator) -> list[Pose3]:
    """Walk `number`: one of six routes, never twice the same way."""
    # Neighbouring numbers take routes of different kinds.
    waypoints, drives, aside_deg = _ROUTES[(5 * number + 3) % len(_ROUTES)]
    x, y, heading = _along(np.array(waypoints), count, rng)
    off_m = rng.uniform(-0.3, 0.3) + 0.4 * swaying(count, 2.0, rng)
    x, y = x - off_m * np.sin(heading), y + off_m * np.cos(heading)
    width_rad = np.radians(22.0 if drives else 50.0)
    yaw = heading + np.radians(aside_deg) + width_rad * swaying(count, 4.0, rng)
    z = (1.5 if drives else 1.72) + rng.uniform(-0.15, 0.15) + (0.03 if drives else 0.08) * swaying(count, 6.0, rng)
    tilt = np.radians(2.0 if drives else 6.0)
    pitch, roll = np.radians(4.0) + tilt * swaying(count, 5.0, rng), 0.6 * tilt * swaying(count, 5.0, rng)
    return [
        looking(float(yaw[k]), float(pitch[k]), float(roll[k]), (float(x[k]), float(y[k]), float(z[k])))
        for k in range(count)
    ]


def _along(waypoints_m: Float64, count: int, rng: np.random.Generator) -> tuple[Float64, Float64, Float64]:
    """Positions and headings (count,) each along a smoothed line, from a start that differs."""
    steps = np.linalg.norm(np.diff(waypoints_m, axis=0), axis=1)
    stations_m = np.concatenate([[0.0], steps.cumsum()])
    at_m = np.linspace(rng.uniform(0.0, 4.0), stations_m[-1] - rng.uniform(0.0, 4.0), count)
    # The mean over three metres to either side rounds the corners.
    window_m = np.linspace(-3.0, 3.0, 13)
    places = (at_m[:, None] + window_m).clip(0.0, stations_m[-1])
    x, y = (np.interp(places, stations_m, waypoints_m[:, axis]) for axis in (0, 1))
    heading = np.arctan2(y[:, -1] - y[:, 0], x[:, -1] - x[:, 0])
    return x.mean(axis=1), y.mean(axis=1), heading
