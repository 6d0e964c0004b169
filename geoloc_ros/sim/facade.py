"""Façades: storeys, windows, shop fronts, and which windows have light inside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Bool, Float32, Int32
from geoloc_ros.sim.mesh import Mesh
from geoloc_ros.sim.patterns import cell_noise
from geoloc_ros.sim.world import Looks

_GLASS = np.array([0.2, 0.25, 0.31], np.float32)
_FRAME = np.array([0.85, 0.84, 0.82], np.float32)
_LAMP, _TUBE = np.array([1.0, 0.72, 0.36], np.float32), np.array([0.8, 0.9, 1.0], np.float32)
_SHOP_LIT = 0.6
"""Share of shop fronts with light inside, where windows have any."""


@dataclass(frozen=True)
class _Panes:
    """Where on its façade each of K points lies."""

    building: Int32
    above_m: Float32
    bay_m: Float32
    bay: Float32
    floor: Float32
    v: Float32
    """Share of the storey's height."""
    shop: Bool
    width: Float32
    """Share of the bay that is glass."""
    height: Float32
    glass: Bool
    frame: Bool


def facade_colour(
    mesh: Mesh, looks: Looks, triangle: Int32, colour: Float32, points_m: Float32, pixel_m: Float32
) -> Float32:
    """Paint (K, 3) of points (K, 3) on walls of the colour (K, 3); windows fade where a pixel (K,) is large."""
    at = _panes(mesh, looks, triangle, points_m)
    dark = cell_noise(at.bay + 31.0 * at.building, at.floor)[:, None]
    pane = np.where(at.shop[:, None], 0.7 * _GLASS, _GLASS) * (0.55 + 0.9 * dark)
    painted = np.where(at.glass[:, None], np.where(at.frame[:, None], _FRAME, pane), colour)
    ledge = (at.v < 0.06) & (at.floor > 0.0)
    painted = np.where(ledge[:, None], 0.86 * painted, painted)
    painted = np.where((at.above_m < 0.5)[:, None], 0.72 * painted, painted)
    mean = colour + (at.width * at.height)[:, None] * (_GLASS - colour)
    blur = (pixel_m / (0.35 * at.bay_m)).clip(0.0, 1.0)[:, None]
    return np.asarray(painted + (mean - painted) * blur, dtype=np.float32)


def window_light(
    mesh: Mesh, looks: Looks, triangle: Int32, points_m: Float32, pixel_m: Float32, lit_ratio: float
) -> Float32:
    """Light (K, 3) that comes through windows, of which this share is lit: warm in homes, also cold in shops."""
    at = _panes(mesh, looks, triangle, points_m)
    # Others than those which make panes dark: what is lit at night says nothing of how a window looks by day.
    draw = cell_noise(at.bay + 131.0 * at.building, 7.0 * at.floor + 3.0)
    tone = cell_noise(7.0 * at.bay + 17.0 * at.building, at.floor + 11.0)[:, None]
    share = np.where(at.shop, np.float32(_SHOP_LIT), np.float32(lit_ratio))
    cold = np.where(at.shop[:, None], tone > 0.5, tone > 0.85)
    colour = np.where(cold, _TUBE, _LAMP) * (0.45 + 0.55 * tone)
    sharp = (at.glass & ~at.frame & (draw < share))[:, None] * colour
    mean = (at.width * at.height * share)[:, None] * (0.7 * _LAMP)
    blur = (pixel_m / (0.35 * at.bay_m)).clip(0.0, 1.0)[:, None]
    return np.asarray(sharp + (mean - sharp) * blur, dtype=np.float32)


def _panes(mesh: Mesh, looks: Looks, triangle: Int32, points_m: Float32) -> _Panes:
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
    return _Panes(building, above_m, bay_m, bay, floor, v, shop, width, height, glass, frame)
