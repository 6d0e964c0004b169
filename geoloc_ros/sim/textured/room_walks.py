"""Walks through a room with a camera in the hand."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Float64, Pose3
from geoloc_ros.sim.textured.room import LENGTH_M, WIDTH_M
from geoloc_ros.sim.textured.world import looking


def swaying(count: int, periods: float, rng: np.random.Generator) -> Float64:
    """Values (count,) between -1 and 1 that change smoothly, about so many times."""
    along = np.linspace(0.0, 1.0, count)
    total = np.zeros(count)
    for harmonic, weight in ((1.0, 0.55), (1.7, 0.3), (2.9, 0.15)):
        total += weight * np.sin(2.0 * np.pi * (periods * harmonic * along * rng.uniform(0.8, 1.2) + rng.random()))
    return total


def walk_through_room(count: int, number: int, rng: np.random.Generator) -> list[Pose3]:
    """Somebody who holds a camera and looks round, mostly across the room; all walks differ by chance alone."""
    turns = rng.choice([-1.0, 1.0]) * rng.uniform(0.9, 1.4)
    facing = rng.uniform(0.0, 2.0 * np.pi) + 2.0 * np.pi * turns * np.linspace(0.0, 1.0, count)
    facing += 0.5 * swaying(count, 3.0, rng)
    back_m, aside_m = 0.35 + 0.85 * swaying(count, 2.0, rng), 1.3 * swaying(count, 2.5, rng)
    x = 0.5 * LENGTH_M - back_m * np.cos(facing) - aside_m * np.sin(facing)
    y = 0.5 * WIDTH_M - back_m * np.sin(facing) + aside_m * np.cos(facing)
    x, y = x.clip(0.7, LENGTH_M - 0.7), y.clip(0.7, WIDTH_M - 0.75)
    z = 1.5 + 0.3 * swaying(count, 2.0, rng)
    yaw = facing + 0.35 * swaying(count, 4.0, rng)
    pitch = np.radians(-6.0 + 16.0 * swaying(count, 4.0, rng))
    roll = np.radians(7.0 * swaying(count, 5.0, rng))
    return [
        looking(yaw[k], pitch[k], roll[k], (float(x[k]), float(y[k]), float(z[k]))) for k in range(count)
    ]
