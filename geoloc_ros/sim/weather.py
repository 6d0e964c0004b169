"""What weather and season do to surfaces: snow, wetness, leaves that turn, puddles that mirror."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import Float32, UInt8
from geoloc_ros.sim.conditions import Condition
from geoloc_ros.sim.ground import Cover
from geoloc_ros.sim.mesh import Material

_SNOW, _SLUSH = np.array([0.93, 0.95, 0.98], np.float32), np.array([0.55, 0.54, 0.53], np.float32)
_AUTUMN = np.array([[0.62, 0.3, 0.1], [0.55, 0.42, 0.12]], np.float32)
_DRIEST = 0.55
"""What is left of the colour of soaked ground."""
_REFLECTED_HEAD_ON = 0.04


def weathered(
    paint: Float32, material: UInt8, label: UInt8, cover: UInt8, normal: Float32, points_m: Float32,
    condition: Condition,
) -> Float32:
    """Paint (K, 3) of points (K, 3) as season and weather leave it."""
    if condition.leaves == "autumn":
        leaves = material == Material.LEAVES
        paint = np.where(leaves[:, None], _turned(paint, points_m), paint)
    ground = material == Material.GROUND
    if condition.wet_ratio > 0.0:
        soaked = ground & (cover != Cover.MARKING)
        paint = np.where(soaked[:, None], paint * (1.0 - (1.0 - _DRIEST) * condition.wet_ratio), paint)
    if condition.snow_ratio > 0.0:
        paint = _snowed(paint, ground, label, cover, normal, points_m, condition.snow_ratio)
    return np.asarray(paint, dtype=np.float32)


def mirrored(normal: Float32, directions: Float32, points_m: Float32) -> tuple[Float32, Float32]:
    """Directions (K, 3) and shares (K,) of the light that wet ground throws back to a viewer.

    Schlick's approximation of Fresnel's equations; puddles are smooth, what is between them mirrors half as much.
    """
    facing = -np.einsum("ki,ki->k", normal, directions).clip(-1.0, 0.0)
    ripple = _stains(points_m, 6.0)
    bent = normal.copy()
    bent[:, 0] += 0.03 * ripple
    bent[:, 1] += 0.03 * _stains(points_m[:, [1, 0, 2]], 5.0)
    bent /= np.linalg.norm(bent, axis=1, keepdims=True)
    along = np.einsum("ki,ki->k", bent, directions)
    reflected = directions - 2.0 * along[:, None] * bent
    reflected[:, 2] = np.abs(reflected[:, 2])
    share = _REFLECTED_HEAD_ON + (1.0 - _REFLECTED_HEAD_ON) * (1.0 - facing) ** 5
    puddle = np.where(_stains(points_m, 0.7) > 0.1, 1.0, 0.5)
    return reflected.astype(np.float32), np.asarray(share * puddle, dtype=np.float32)


def _turned(paint: Float32, points_m: Float32) -> Float32:
    """Leaves from red to yellow: every tree its own mixture, as bright as they were."""
    share = (0.5 + 0.5 * np.sin(0.31 * points_m[:, :1] + 0.23 * points_m[:, 1:2])).astype(np.float32)
    colour = _AUTUMN[0] + share * (_AUTUMN[1] - _AUTUMN[0])
    return np.asarray(colour * (paint.sum(axis=1, keepdims=True) / 0.66), dtype=np.float32)


def _snowed(
    paint: Float32, ground: UInt8, label: UInt8, cover: UInt8, normal: Float32, points_m: Float32, ratio: float
) -> Float32:
    """White where a surface faces up; carriageways are driven to slush in parts."""
    driven = ground & ((cover == Cover.ROAD) | (cover == Cover.MARKING))
    up = ((normal[:, 2] - 0.25) / 0.3).clip(0.0, 1.0)
    up = np.where(label == SemanticClass.VEGETATION, np.maximum(up, 0.3), up)
    patchy = (0.5 + 0.3 * _stains(points_m, 0.7) + 0.3 * _stains(points_m, 3.1)).clip(0.0, 1.0)
    share = ratio * np.where(ground, np.where(driven, 0.35 + 0.5 * patchy, 1.1), up)
    share = np.where(label == SemanticClass.PERSON, 0.2 * share, share)
    white = np.where(driven[:, None], _SLUSH + patchy[:, None] * (_SNOW - _SLUSH), _SNOW)
    return np.asarray(paint + (white - paint) * share[:, None], dtype=np.float32)


def _stains(points_m: Float32, per_m: float) -> Float32:
    """Pattern (K,) in -1 to 1 with waves of about `per_m` radians per metre."""
    x, y = per_m * points_m[:, 0], per_m * points_m[:, 1]
    return np.asarray(np.sin(x + 1.3 * np.sin(0.8 * y)) * np.sin(0.9 * y + 1.1 * np.sin(0.7 * x)), dtype=np.float32)
