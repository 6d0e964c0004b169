"""The ground as a camera sees it: its pitch and roll over the road are not known to a degree."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import Bool, Float32, Float64, Pose3, UInt8

_MIN_POINTS = 100
_MAX_SLOPE = np.tan(np.radians(8.0))
_MAX_OFFSET_M = 1.5
_ITERATIONS = 6
_INLIER_M = 0.15
# What a camera mount and a road usually are: weighs as much as this many points at one metre.
_PRIOR_WEIGHT = 1.0
_PRIOR_SLOPE = np.radians(3.0)
_PRIOR_OFFSET_M = 0.3


def is_ground(labels: UInt8) -> Bool:
    """Mask of ROAD and PAVEMENT."""
    mask: Bool = (labels == SemanticClass.ROAD) | (labels == SemanticClass.PAVEMENT)
    return mask


def level_from_base(ground_m: Float64 | Float32) -> Pose3:
    """Transform that puts the ground around the vehicle at z = 0 and its normal along z.

    A robust plane through points on road and pavement, near the plane z = 0 of the base. The identity where there are
    too few points, or where the plane is tilted or shifted more than a camera mount can be.

    Args:
        ground_m: (N, 3) in the base frame.
    """
    nominal = Pose3(np.eye(3), np.zeros(3))
    if len(ground_m) < _MIN_POINTS:
        return nominal
    design = np.column_stack([ground_m[:, :2], np.ones(len(ground_m))]).astype(np.float64)
    height_m = ground_m[:, 2].astype(np.float64)
    prior = np.diag([_PRIOR_SLOPE**-2, _PRIOR_SLOPE**-2, _PRIOR_OFFSET_M**-2]) * _PRIOR_WEIGHT * _INLIER_M**2
    plane: Float64 = np.zeros(3)
    scale_m = 0.5
    for _ in range(_ITERATIONS):
        # Kerbs, puddles and wrong labels are far off the plane: their weight falls with the fourth power.
        weight = 1.0 / (1.0 + ((height_m - design @ plane) / scale_m) ** 2) ** 2
        weighted = design * weight[:, None]
        plane = np.linalg.solve(weighted.T @ design + prior, weighted.T @ height_m).astype(np.float64)
        scale_m = max(_INLIER_M, 0.6 * scale_m)
    if np.hypot(plane[0], plane[1]) > _MAX_SLOPE or abs(plane[2]) > _MAX_OFFSET_M:
        return nominal
    normal = np.array([-plane[0], -plane[1], 1.0]) / np.linalg.norm([plane[0], plane[1], 1.0])
    rotation = _shortest_rotation_to_z(normal)
    return Pose3(rotation, -rotation @ np.array([0.0, 0.0, plane[2]]))


def _shortest_rotation_to_z(normal: Float64) -> Float64:
    """Rotation (3, 3) that turns a unit vector near z onto z, and about nothing else."""
    x, y, z = normal
    return np.array(
        [
            [1.0 - x * x / (1.0 + z), -x * y / (1.0 + z), -x],
            [-x * y / (1.0 + z), 1.0 - y * y / (1.0 + z), -y],
            [x, y, z],
        ]
    )
