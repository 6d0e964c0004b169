"""Colours of what rays have met: façades with windows, ground, leaves, sky, sun and haze."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Bool, Float32, Float64, Int32, UInt8
from geoloc_ros.sim.conditions import Condition
from geoloc_ros.sim.facade import facade_colour
from geoloc_ros.sim.ground import COVER_COLOUR
from geoloc_ros.sim.mesh import Material, Mesh
from geoloc_ros.sim.patterns import cell_noise
from geoloc_ros.sim.world import Looks


def sky_colour(directions: Float32, sun: Float64, condition: Condition) -> Float32:
    """Colours (K, 3) of the sky along unit vectors (K, 3): its own above, pale at the horizon, clouds."""
    up = directions[:, 2:].clip(0.0, 1.0)
    colour = condition.horizon + (condition.zenith - condition.horizon) * np.sqrt(up)
    x, y = (directions[:, :2] / (up + 0.15)).T[..., None]
    wave = np.sin(1.3 * x + 2.1 * y) + np.sin(1.4 * y - 2.7 * x)
    wave += 0.6 * np.sin(5.1 * x - 3.7 * y + 1.5 * wave) + 0.3 * np.sin(9.3 * y + 7.1 * x)
    cloud = (condition.cloud_gain * wave + condition.cloud_bias).clip(0.0, 0.7) * (up / 0.1).clip(0.0, 1.0)
    glow = np.einsum("ki,i->k", directions, sun.astype(np.float32)).clip(0.0)[:, None] ** 60
    colour = colour + (condition.cloud - colour) * cloud
    return np.asarray(colour + (condition.glow - colour) * glow, dtype=np.float32)


def surface_colour(
    mesh: Mesh, looks: Looks, triangle: Int32, cover: UInt8, points_m: Float32, pixel_m: Float32
) -> Float32:
    """Paint (K, 3) of points (K, 3) on triangles (K,), before any weather and light.

    Args:
        cover: (K,), of the ground there; counts where the triangle is ground.
        pixel_m: (K,), size of a pixel there; finer patterns fade into their mean.
    """
    colour = mesh.colour[triangle].copy()
    material = mesh.material[triangle]
    grain = _grain(points_m)
    ground = material == Material.GROUND
    colour[ground] = COVER_COLOUR[cover[ground]]
    rough = np.where(ground, 0.16, np.where(material == Material.LEAVES, 0.5, 0.05)).astype(np.float32)
    colour *= (1.0 + rough * grain)[:, None]
    facade = np.flatnonzero(material == Material.FACADE)
    colour[facade] = facade_colour(mesh, looks, triangle[facade], colour[facade], points_m[facade], pixel_m[facade])
    return np.asarray(colour)


def lit(
    colour: Float32, normal: Float32, in_sun: Bool, sun: Float64, material: UInt8, condition: Condition
) -> Float32:
    """Paint (K, 3) in the light of sun and sky."""
    facing = np.einsum("ki,i->k", normal, sun.astype(np.float32)).clip(0.0)
    # Leaves let light through: they have no dark side.
    facing = np.where(material == Material.LEAVES, 0.35 + 0.5 * facing, facing) * in_sun
    sky = condition.sky_light + condition.upward_light * normal[:, 2]
    light = sky[:, None] * condition.sky_tint + (condition.sun_light * facing)[:, None] * condition.sun_colour
    return np.asarray(colour * light)


def hazy(colour: Float32, distance_m: Float32, condition: Condition) -> Float32:
    """Colours (K, 3) as they arrive from a distance (K,)."""
    haze = (1.0 - np.exp(-distance_m / condition.haze_m))[:, None]
    return np.asarray(colour * (1.0 - haze) + condition.haze * haze, dtype=np.float32)


def _grain(points_m: Float32) -> Float32:
    """Pattern (K,) in -1 to 1: white over cells of 8 cm, with stains of some metres."""
    cell = np.floor(points_m * 12.0)
    fine = 2.0 * cell_noise(cell[:, 0] + 57.0 * cell[:, 2], cell[:, 1]) - 1.0
    x, y, z = points_m.T
    stain = np.sin(0.9 * x + 1.3 * np.sin(0.7 * y)) * np.sin(0.8 * y + 1.1 * np.sin(0.6 * x + z))
    return np.asarray(0.6 * fine + 0.4 * stain, dtype=np.float32)
