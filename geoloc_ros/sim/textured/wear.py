"""How a real camera's images and depth differ from the light that fell in."""

from __future__ import annotations

import cv2
import numpy as np

from geoloc_ros.core.types import Bool, UInt8, UInt16
from geoloc_ros.sim.textured.view import Seen

_STOPS = 0.22
"""Standard deviation of the exposure, factors of two."""
_TINT = 0.04
_BLUR_PX = (0.3, 0.8)
_READ_LEVELS, _SHOT_LEVELS = 1.2, 2.5
_DEPTH_RATIO = 0.005
"""Standard deviation of depth, of the depth."""
_STEEPEST = 0.12
"""Cosine below which a depth camera sees nothing."""


def photograph(seen: Seen, exposure: float, rng: np.random.Generator) -> UInt8:
    """An image (H, W, 3) RGB: exposure and white balance of the moment, a dim rim, slight blur, noise."""
    height, width = seen.radiance.shape[:2]
    gain = exposure * 2.0 ** (_STOPS * rng.normal()) * (1.0 + _TINT * rng.normal(size=3)).clip(0.8, 1.2)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    away = ((x - 0.5 * width) ** 2 + (y - 0.5 * height) ** 2) / (0.25 * (width**2 + height**2))
    light = seen.radiance * gain.astype(np.float32) * (1.0 - rng.uniform(0.05, 0.25) * away)[..., None]
    light = cv2.GaussianBlur(np.asarray(light, np.float32), (5, 5), float(rng.uniform(*_BLUR_PX)))
    values = 255.0 * light.clip(0.0, 1.0) ** np.float32(1.0 / 2.2)
    sigma = rng.uniform(0.6, 1.6) * (_READ_LEVELS + _SHOT_LEVELS * (1.0 - values / 255.0))
    noisy = values + sigma * rng.standard_normal(values.shape, np.float32)
    return np.asarray(noisy.clip(0.0, 255.0).round(), np.uint8)


def sense_depth(seen: Seen, unit_m: float, limit_m: float, rng: np.random.Generator) -> UInt16:
    """A depth image (H, W): noise of half a percent, partly the same for neighbours, and holes, which are 0."""
    shape = seen.depth_m.shape
    white = rng.standard_normal(shape, np.float32)
    coarse = rng.standard_normal((shape[0] // 8 + 2, shape[1] // 8 + 2), np.float32)
    patchy = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_LINEAR)
    depth_m = seen.depth_m * (1.0 + _DEPTH_RATIO * (0.7 * white + 0.7 * patchy))
    hole = _is_hole(seen, limit_m, rng)
    steps = np.where(hole, 0.0, depth_m / unit_m).round()
    return np.asarray(steps.clip(0.0, 65535.0), np.uint16)


def _is_hole(seen: Seen, limit_m: float, rng: np.random.Generator) -> Bool:
    """Sky, what is far, grazing surfaces, rims of things, and patches by chance."""
    depth_m = np.nan_to_num(seen.depth_m, nan=1e6)
    hole = ~(depth_m < limit_m) | (seen.cosine < _STEEPEST)
    low, high = cv2.erode(depth_m, np.ones((3, 3))), cv2.dilate(depth_m, np.ones((3, 3)))
    hole |= (high - low > 0.1 * depth_m) & (rng.random(depth_m.shape) < 0.7)
    height, width = depth_m.shape
    for _ in range(rng.poisson(4.0)):
        blob = np.zeros(depth_m.shape, np.uint8)
        centre = int(rng.integers(0, width)), int(rng.integers(0, height))
        axes = int(rng.uniform(0.01, 0.05) * width) + 1, int(rng.uniform(0.01, 0.05) * width) + 1
        cv2.ellipse(blob, centre, axes, float(rng.uniform(0.0, 180.0)), 0.0, 360.0, 1, -1)
        hole |= blob > 0
    return np.asarray(hole)
