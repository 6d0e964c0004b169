"""Light of a world that does not change with the view: lamps or a sun with soft shadows, and what comes from around."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from geoloc_ros.core.types import Bool, Float32, Float64, UInt8
from geoloc_ros.sim.textured.rays import RayCaster
from geoloc_ros.sim.textured.rectangles import Rectangle

_SPACING = 16
"""Texels between points where light is worked out."""
_LAMP_RAYS, _SKY_RAYS = 8, 16
_OFF_SURFACE_M = 0.004
FULL_SCALE = 2.0
"""Radiance that the largest 8-bit value stands for; values are square roots."""


@dataclass(frozen=True)
class Lamp:
    """A ball of light."""

    position_m: Float64
    """(3,)."""
    radius_m: float
    colour: Float64
    """(3,), irradiance of a surface that faces it at `reference_m`."""
    reference_m: float
    """Light falls with the square of the distance, being `colour` there; 0 for a lamp as far as the sun."""


@dataclass(frozen=True)
class Lighting:
    """What lights a world."""

    lamps: tuple[Lamp, ...]
    sky: Float64
    """(3,), irradiance of what comes from all sides where nothing is near."""
    bounced: Float64
    """(3,), what of it comes from surfaces that are near."""
    reach_m: float
    """Surfaces nearer than this hide the sky."""


def lit_textures(
    rectangles: Sequence[Rectangle], lighting: Lighting, rays: RayCaster, rng: np.random.Generator
) -> list[UInt8]:
    """Textures (h, w, 3) as they look under the light: square root of radiance, FULL_SCALE being 255."""
    lit = []
    for rectangle in rectangles:
        height, width = rectangle.shape
        points_m = _grid(rectangle, (max(2, height // _SPACING), max(2, width // _SPACING)))
        light = _irradiance(points_m.reshape(-1, 3), rectangle.normal, lighting, rays, rng)
        field = cv2.GaussianBlur(light.reshape(*points_m.shape[:2], 3).astype(np.float32), (3, 3), 0.8)
        smooth = cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR)
        radiance = rectangle.texture * (smooth + rectangle.glow)
        lit.append(np.sqrt(radiance / FULL_SCALE * (255.0**2)).clip(0.0, 255.0).round().astype(np.uint8))
    return lit


def _grid(rectangle: Rectangle, shape: tuple[int, int]) -> Float64:
    """Points (h, w, 3) in front of a rectangle."""
    down = ((np.arange(shape[0]) + 0.5) / shape[0])[:, None, None]
    across = ((np.arange(shape[1]) + 0.5) / shape[1])[None, :, None]
    on_it = rectangle.corner_m + down * rectangle.down_m + across * rectangle.across_m
    return np.asarray(on_it + _OFF_SURFACE_M * rectangle.normal)


def _irradiance(
    points_m: Float64, normal: Float64, lighting: Lighting, rays: RayCaster, rng: np.random.Generator
) -> Float64:
    """(K, 3) at points in front of a surface."""
    light = _ambient(points_m, normal, lighting, rays, rng)
    for lamp in lighting.lamps:
        for _ in range(_LAMP_RAYS):
            within = rng.normal(size=points_m.shape)
            within *= lamp.radius_m / np.linalg.norm(within, axis=1, keepdims=True)
            towards = lamp.position_m + within - points_m
            distance_m = np.linalg.norm(towards, axis=1)
            cosine = (towards @ normal / distance_m).clip(0.0)
            # Rays stop short of the lamp, whose own housing shall not shade it.
            free = rays.is_free(points_m, 0.97 * towards) & (cosine > 0.0)
            falloff = (lamp.reference_m / distance_m) ** 2 if lamp.reference_m > 0.0 else 1.0
            light += (cosine * free * falloff / _LAMP_RAYS)[:, None] * lamp.colour
    return light


def _ambient(
    points_m: Float64, normal: Float64, lighting: Lighting, rays: RayCaster, rng: np.random.Generator
) -> Float64:
    open_ratio = np.zeros(len(points_m))
    for _ in range(_SKY_RAYS):
        # A point of the unit ball added to the normal: directions by the cosine law.
        ball = rng.normal(size=points_m.shape)
        towards = normal + ball / np.linalg.norm(ball, axis=1, keepdims=True) * 0.999
        towards /= np.linalg.norm(towards, axis=1, keepdims=True)
        free: Bool = rays.is_free(points_m, lighting.reach_m * towards)
        open_ratio += free / _SKY_RAYS
    return np.asarray(open_ratio[:, None] * lighting.sky + (1.0 - open_ratio[:, None]) * lighting.bounced)


def to_linear(values: UInt8) -> Float32:
    """Radiance of looked-up colours."""
    return np.asarray(np.square(values.astype(np.float32)) * np.float32(FULL_SCALE / 255.0**2))
