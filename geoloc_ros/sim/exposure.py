"""What a camera makes of a rendered view in bad light and weather: noise, drops, flakes."""

from __future__ import annotations

import cv2
import numpy as np

from geoloc_ros.core.types import Float32, UInt8
from geoloc_ros.sim.conditions import Condition

_DROP_RATIO, _FLAKE_RATIO = 0.03, 0.007
"""Radii of the largest, as shares of the height of the picture."""


def exposed(rgb: UInt8, condition: Condition, rng: np.random.Generator) -> UInt8:
    """The picture (H, W, 3) as such a camera takes it; the very same array, with nothing drawn, in good light."""
    if condition.grain == 0.0 and condition.flakes == 0.0:
        return rgb
    picture = rgb.astype(np.float32) / 255.0
    if condition.flakes > 0.0:
        picture = _with_drops(picture, condition, rng)
    if condition.grain > 0.0:
        # Photon noise grows with the root of the signal; reading noise is there in the dark, too.
        noise = rng.standard_normal(picture.shape, dtype=np.float32)
        picture = picture + condition.grain * (0.5 + np.sqrt(picture)) * noise
    return np.round(picture.clip(0.0, 1.0) * 255.0).astype(np.uint8)


def _with_drops(picture: Float32, condition: Condition, rng: np.random.Generator) -> Float32:
    """Drops on the glass, which blur what is behind them, where it is wet; white flakes where there is snow."""
    height, width = picture.shape[:2]
    is_snow = condition.snow_ratio > 0.0
    radius = max(1.0, (_FLAKE_RATIO if is_snow else _DROP_RATIO) * height)
    count = rng.poisson(condition.flakes * height * width / (np.pi * (0.7 * radius) ** 2))
    mask = np.zeros((height, width), np.float32)
    for x, y, share in rng.random((count, 3)):
        centre = round(16.0 * x * width), round(16.0 * y * height)
        cv2.circle(mask, centre, round(16.0 * radius * (0.3 + 0.7 * share)), 1.0, -1, cv2.LINE_8, 4)
    share_behind = np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.4 * radius), dtype=np.float32)[..., None]
    behind = np.float32(0.95) if is_snow else cv2.GaussianBlur(picture, (0, 0), 2.5 * radius)
    return np.asarray(picture + (behind - picture) * 0.8 * share_behind, dtype=np.float32)
