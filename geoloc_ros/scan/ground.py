"""The ground as cameras see it: their pitch and roll over the road are not known to a degree."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache

import numpy as np

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.native import load_native
from geoloc_ros.core.types import Float32, Float64, Int64, Pose3
from geoloc_ros.scan.native_views import NativeViews

MIN_POINTS = 100
"""Fewer say nothing about the ground."""
# So many pixels of a camera say as much as all of them.
_NUM_PIXELS = 20_000
_REACH_M = 15.0
_MAX_POINTS = 1 << 15
_MAX_SLOPE = np.tan(np.radians(8.0))
_MAX_OFFSET_M = 1.5
_ITERATIONS = 6
_FIRST_SCALE_M, _INLIER_M = 0.5, 0.15
# What a camera mount and a road usually are: weighs as much as a point at one metre that is an inlier.
_PRIOR_SLOPE = np.radians(3.0)
_PRIOR_OFFSET_M = 0.3
# What a road rises, and an attitude errs, where gravity is known.
_GRAVITY_SLOPE = np.radians(2.0)
_LARGEST_LEAN = np.cos(np.radians(45.0))


@dataclass(frozen=True)
class GroundPoints:
    """What one source of depth says of the ground."""

    points_m: Float32
    """(N, 3) on road and pavement, within 15 m around the base, in its frame."""
    seen: Int64
    """(V, 2): of the pixels looked at, how many have a depth, and how many one that no street has in metres."""


def ground_points(views: NativeViews, source: int) -> GroundPoints:
    """Points of the road that a source measured: of sparse depth all, of others those of evenly spread pixels.

    Args:
        views: In the base frame.
        source: Number of `native_views.SOURCES`.
    """
    points_m, seen = np.empty((len(views) * _MAX_POINTS, 3), np.float32), np.empty((len(views), 2), np.int64)
    count = _native().geoloc_ground_points(
        views.pointer, len(views), source, _NUM_PIXELS, _REACH_M, _MAX_POINTS, points_m.ctypes.data, seen.ctypes.data
    )
    return GroundPoints(points_m[:count], seen)


def level_from_base(ground_m: Float64 | Float32, gravity: Float64 | None = None) -> Pose3:
    """Transform that puts the ground around the vehicle at z = 0 and its normal along z.

    A robust plane through points on road and pavement, near the plane z = 0 of the base or, where gravity is known,
    near a level one. That plane itself where there are too few points, or where theirs is tilted or shifted against it
    more than a camera mount can be.

    Args:
        ground_m: (N, 3) in the base frame.
        gravity: (3,) unit vector that points up, in the base frame.

    Raises:
        ObservationError: If gravity is no unit vector that points up.
    """
    nominal: Float64 = np.zeros(3) if gravity is None else _level_plane(gravity)
    slope = _PRIOR_SLOPE if gravity is None else _GRAVITY_SLOPE
    plane = nominal
    if len(ground_m) >= MIN_POINTS:
        fitted = _fit(ground_m, nominal, _INLIER_M**2 * np.array([slope, slope, _PRIOR_OFFSET_M]) ** -2.0)
        if np.hypot(*(fitted - nominal)[:2]) <= _MAX_SLOPE and abs(fitted[2]) <= _MAX_OFFSET_M:
            plane = fitted
    normal = np.array([-plane[0], -plane[1], 1.0]) / np.linalg.norm([plane[0], plane[1], 1.0])
    rotation = _shortest_rotation_to_z(normal)
    return Pose3(rotation, -rotation @ np.array([0.0, 0.0, plane[2]]))


def _level_plane(gravity: Float64) -> Float64:
    """Slopes and offset (3,) of a level plane through the base."""
    up = np.asarray(gravity, np.float64)
    if up.shape != (3,) or not abs(np.linalg.norm(up) - 1.0) < 0.01 or up[2] < _LARGEST_LEAN:
        raise ObservationError(
            f"gravity is {np.round(up, 3).tolist()} in the base frame; expected a unit vector that points up, as an "
            "accelerometer at rest measures it: check the IMU and its transform"
        )
    return np.array([-up[0] / up[2], -up[1] / up[2], 0.0])


def _fit(points_m: Float64 | Float32, prior: Float64, weight: Float64) -> Float64:
    points_m, plane = np.ascontiguousarray(points_m, np.float32), np.empty(3)
    _native().geoloc_fit_plane(
        points_m.ctypes.data, len(points_m), prior.ctypes.data, weight.ctypes.data, _ITERATIONS, _FIRST_SCALE_M,
        _INLIER_M, plane.ctypes.data,
    )
    return plane


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


@cache
def _native() -> ctypes.CDLL:
    library = load_native()
    pointer, integer, long, real = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64, ctypes.c_double
    library.geoloc_ground_points.argtypes = [pointer, *[integer] * 3, ctypes.c_float, long, *[pointer] * 2]
    library.geoloc_ground_points.restype = long
    library.geoloc_fit_plane.argtypes = [pointer, long, *[pointer] * 2, integer, *[real] * 2, pointer]
    library.geoloc_fit_plane.restype = None
    return library
