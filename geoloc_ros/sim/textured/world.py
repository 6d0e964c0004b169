"""What a textured world consists of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Pose3
from geoloc_ros.sim.textured.light import Lighting
from geoloc_ros.sim.textured.rectangles import Rectangle


@dataclass(frozen=True)
class TexturedWorld:
    """A scene of rectangles. z is up; metres."""

    title: str
    rectangles: tuple[Rectangle, ...]
    lighting: Lighting
    exposure: float
    """Factor that makes its radiance an image of ordinary brightness."""
    depth_unit_m: float
    """Of its depth images."""
    depth_limit_m: float
    """Nothing farther has depth."""
    cell_m: float
    """Largest side of the triangles of its surface."""


def looking(yaw_rad: float, pitch_rad: float, roll_rad: float, position_m: tuple[float, float, float]) -> Pose3:
    """Camera that looks along yaw (counter-clockwise from x), pitched up, rolled clockwise as it looks."""
    cy, sy, cp, sp = np.cos(yaw_rad), np.sin(yaw_rad), np.cos(pitch_rad), np.sin(pitch_rad)
    ahead = np.array([cy * cp, sy * cp, sp])
    right = np.array([sy, -cy, 0.0])
    down = np.cross(ahead, right)
    cr, sr = np.cos(roll_rad), np.sin(roll_rad)
    # The camera's right sinks as it rolls clockwise.
    rotation = np.stack([cr * right + sr * down, cr * down - sr * right, ahead], axis=1)
    return Pose3(rotation, np.asarray(position_m, np.float64))
