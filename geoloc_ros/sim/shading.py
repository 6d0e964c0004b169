"""Colours of what rays have met: façades with windows, ground, leaves, sky, sun and haze."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Bool, Float32, Float64, Int32, UInt8
from geoloc_ros.sim.ground import COVER_COLOUR
from geoloc_ros.sim.mesh import Material, Mesh
from geoloc_ros.sim.world import Looks

HAZE_M = 900.0
"""Distance at which haze has taken 63 %."""
_HAZE = np.array([0.76, 0.8, 0.86], np.float32)
_GLASS = np.array([0.2, 0.25, 0.31], np.float32)
_FRAME = np.array([0.85, 0.84, 0.82], np.float32)
_WARM, _COOL = np.array([1.0, 0.95, 0.86], np.float32), np.array([0.93, 0.97, 1.06], np.float32)


def sky_colour(directions: Float32, sun: Float64) -> Float32:
    """Colours (K, 3) of the sky along unit vectors (K, 3): blue above, pale at the horizon, thin clouds."""
    up = directions[:, 2:].clip(0.0, 1.0)
    zenith, horizon = np.array([0.32, 0.5, 0.78], np.float32), np.array([0.8, 0.85, 0.9], np.float32)
    colour = horizon + (zenith - horizon) * np.sqrt(up)
    x, y = (directions[:, :2] / (up + 0.15)).T[..., None]
    wave = np.sin(1.3 * x + 2.1 * y) + np.sin(1.4 * y - 2.7 * x)
    wave += 0.6 * np.sin(5.1 * x - 3.7 * y + 1.5 * wave) + 0.3 * np.sin(9.3 * y + 7.1 * x)
    cloud = (0.45 * wave - 0.1).clip(0.0, 0.7) * (up / 0.1).clip(0.0, 1.0)
    glow = np.einsum("ki,i->k", directions, sun.astype(np.float32)).clip(0.0)[:, None] ** 60
    colour = colour + (0.95 - colour) * cloud
    return np.asarray(colour + (1.0 - colour) * glow, dtype=np.float32)


def surface_colour(
    mesh: Mesh, looks: Looks, triangle: Int32, cover: UInt8, points_m: Float32, pixel_m: Float32
) -> Float32:
    """Paint (K, 3) of points (K, 3) on triangles (K,), before any light.

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
    colour[facade] = _facade(mesh, looks, triangle[facade], colour[facade], points_m[facade], pixel_m[facade])
    return np.asarray(colour)


def lit(
    colour: Float32, normal: Float32, in_sun: Bool, sun: Float64, distance_m: Float32, material: UInt8
) -> Float32:
    """Light and haze on paint (K, 3)."""
    facing = np.einsum("ki,i->k", normal, sun.astype(np.float32)).clip(0.0)
    # Leaves let light through: they have no dark side.
    facing = np.where(material == Material.LEAVES, 0.35 + 0.5 * facing, facing) * in_sun
    sky = 0.56 + 0.12 * normal[:, 2]
    light = sky[:, None] * _COOL + (0.75 * facing)[:, None] * _WARM
    haze = (1.0 - np.exp(-distance_m / HAZE_M))[:, None]
    return np.asarray(colour * light * (1.0 - haze) + _HAZE * haze, dtype=np.float32)


def _facade(
    mesh: Mesh, looks: Looks, triangle: Int32, colour: Float32, points_m: Float32, pixel_m: Float32
) -> Float32:
    building, wall = mesh.building[triangle], mesh.wall[triangle]
    across_m = ((points_m[:, :2] - wall[:, :2]) * wall[:, 2:4]).sum(axis=1)
    above_m = points_m[:, 2] - wall[:, 4]
    bay_m, floor_m = looks.bay_m[building], looks.floor_m[building]
    bay, floor = np.floor(across_m / bay_m), np.floor(above_m / floor_m)
    u, v = across_m / bay_m - bay, above_m / floor_m - floor
    width, height = looks.window[building].T
    street = floor == 0.0
    # Shop fronts and doors at street level on some buildings.
    shop = street & (building % 3 == 0)
    width, height = np.where(shop, 0.86, width), np.where(shop, 0.8, height)
    in_u, in_v = np.abs(u - 0.5) * 2.0 / width, np.abs(v - np.where(shop, 0.5, 0.55)) * 2.0 / height
    glass = (in_u < 1.0) & (in_v < 1.0) & (above_m > 0.0)
    frame = glass & (np.maximum(in_u, in_v) > 0.86)
    dark = _hash(bay + 31.0 * building, floor)[:, None]
    pane = np.where(shop[:, None], 0.7 * _GLASS, _GLASS) * (0.55 + 0.9 * dark)
    painted = np.where(glass[:, None], np.where(frame[:, None], _FRAME, pane), colour)
    ledge = (v < 0.06) & (floor > 0.0)
    painted = np.where(ledge[:, None], 0.86 * painted, painted)
    painted = np.where((above_m < 0.5)[:, None], 0.72 * painted, painted)
    mean = colour + (width * height)[:, None] * (_GLASS - colour)
    blur = (pixel_m / (0.35 * bay_m)).clip(0.0, 1.0)[:, None]
    return np.asarray(painted + (mean - painted) * blur, dtype=np.float32)


def _grain(points_m: Float32) -> Float32:
    """Pattern (K,) in -1 to 1: white over cells of 8 cm, with stains of some metres."""
    cell = np.floor(points_m * 12.0)
    fine = 2.0 * _hash(cell[:, 0] + 57.0 * cell[:, 2], cell[:, 1]) - 1.0
    x, y, z = points_m.T
    stain = np.sin(0.9 * x + 1.3 * np.sin(0.7 * y)) * np.sin(0.8 * y + 1.1 * np.sin(0.6 * x + z))
    return np.asarray(0.6 * fine + 0.4 * stain, dtype=np.float32)


def _hash(a: Float32, b: Float32) -> Float32:
    """Numbers in 0 to 1 that look random, the same for the same whole numbers."""
    x = (a.astype(np.int64) * 374761393 + b.astype(np.int64) * 668265263) & 0xFFFFFFFF
    x = ((x ^ (x >> 13)) * 1274126177) & 0xFFFFFFFF
    return np.asarray(((x ^ (x >> 16)) & 0xFFFF) / 65535.0, dtype=np.float32)
