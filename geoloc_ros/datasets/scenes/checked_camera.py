"""Cameras as our own files of scenes have them; what is none is refused."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from geoloc_ros.core.camera import Camera


def camera_from_json(entry: Mapping[str, Any]) -> Camera:
    """The camera of an object with the fields of `Camera`.

    Raises:
        KeyError, TypeError, ValueError, OverflowError: If a field is missing, no number, or makes no camera.
        ObservationError: If its model has no such number of coefficients.
    """
    width, height = int(entry["width"]), int(entry["height"])
    fx, fy, cx, cy = (float(entry[name]) for name in ("fx", "fy", "cx", "cy"))
    distortion = tuple(float(number) for number in entry["distortion"])
    if min(width, height) <= 0 or not all(map(math.isfinite, (fx, fy, cx, cy, *distortion))) or min(fx, fy) <= 0.0:
        raise ValueError(f"its numbers make no camera: {width}x{height}, fx {fx}, fy {fy}, cx {cx}, cy {cy}")
    return Camera(entry["model"], width, height, fx, fy, cx, cy, distortion)
