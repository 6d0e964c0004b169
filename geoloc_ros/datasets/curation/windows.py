"""The grid of windows that are curated apart: the same one for every table."""

from __future__ import annotations

import math

import numpy as np

from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.types import Float64, Int64

_METRES_PER_DEGREE = 111_195.0
"""Of a sphere: the windows are within half a per cent of their side everywhere."""
_HALF = 1 << 30


def window_of(latitude_deg: Float64, longitude_deg: Float64, side_m: float) -> Int64:
    """Keys (N,) of the windows that places lie in: rows of equal height from the equator, cut from Greenwich on."""
    step_deg = side_m / _METRES_PER_DEGREE
    row = np.floor(latitude_deg / step_deg)
    column = np.floor(longitude_deg / (step_deg / _shrinking(row, step_deg)))
    key: Int64 = (row.astype(np.int64) + _HALF) << 32 | (column.astype(np.int64) + _HALF)
    return key


def window_origin(key: int, side_m: float) -> GeoOrigin:
    """The middle of a window."""
    step_deg = side_m / _METRES_PER_DEGREE
    row, column = (key >> 32) - _HALF, (key & (1 << 32) - 1) - _HALF
    width_deg = step_deg / float(_shrinking(np.array([float(row)]), step_deg)[0])
    latitude_deg, longitude_deg = (row + 0.5) * step_deg, (column + 0.5) * width_deg
    return GeoOrigin(max(-90.0, min(latitude_deg, 90.0)), max(-180.0, min(longitude_deg, 180.0)))


def _shrinking(row: Float64, step_deg: float) -> Float64:
    """How much shorter a degree of longitude is in the middle of a row; not less than a hundredth, at the poles."""
    shorter: Float64 = np.cos((row + 0.5) * math.radians(step_deg))
    return np.maximum(shorter, 0.01)
