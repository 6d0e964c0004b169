"""Trees that have shed their leaves."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import Bool, Float64
from geoloc_ros.sim.furniture import Trees
from geoloc_ros.sim.mesh import Material, Mesh, mesh_of
from geoloc_ros.sim.terrain import Terrain

_BARK = np.array([0.2, 0.17, 0.14], np.float32)
_BRANCHES, _TWIGS = 12, 4


def bare_branches(trees: Trees, near: Bool, terrain: Terrain, centre_m: Float64) -> Mesh:
    """Branches with twigs, in the room that the crowns of the trees where `near` (T,) take with leaves."""
    position_m, height_m, crown_m = trees.position_m[near], trees.height_m[near], trees.crown_m[near]
    count = len(position_m)
    foot = np.column_stack([position_m - centre_m, terrain.height_m(position_m)])
    bottom_m = (0.35 * height_m).clip(2.7, 3.6)
    number = np.arange(_BRANCHES)
    # The golden angle spreads branches round the trunk.
    turn = 2.4 * number + (position_m @ [1.7, 2.3])[:, None]
    from_m = bottom_m[:, None] + (0.55 * number / _BRANCHES) * (height_m - bottom_m)[:, None]
    reach_m = crown_m[:, None] * (0.95 - 0.5 * number / _BRANCHES)
    outward = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    root = foot[:, None] + np.concatenate([np.zeros((count, _BRANCHES, 2)), from_m[..., None]], axis=-1)
    rise_m = 0.45 * (height_m - bottom_m)[:, None] * (0.6 + 0.4 * number / _BRANCHES)
    tip = root + np.concatenate([reach_m[..., None] * outward, rise_m[..., None]], axis=-1)
    share = np.linspace(0.35, 0.9, _TWIGS)
    start = root[:, :, None] + share[:, None] * (tip - root)[:, :, None]
    swing = turn[..., None] + np.where(np.arange(_TWIGS) % 2 == 0, 0.9, -0.9)
    span_m = 0.5 * reach_m[..., None]
    step = np.stack([span_m * np.cos(swing), span_m * np.sin(swing), 0.8 * np.broadcast_to(span_m, swing.shape)], -1)
    starts = np.concatenate([root.reshape(-1, 3), start.reshape(-1, 3)])
    ends = np.concatenate([tip.reshape(-1, 3), (start + step).reshape(-1, 3)])
    width_m = np.concatenate([np.full(count * _BRANCHES, 0.09), np.full(count * _BRANCHES * _TWIGS, 0.045)])
    return mesh_of(_ribbons(starts, ends, width_m), SemanticClass.VEGETATION, Material.PLAIN, _BARK)


def _ribbons(start: Float64, end: Float64, width_m: Float64) -> Float64:
    """Two crossed, pointed blades (2 K, 3, 3) from starts to ends (K, 3), this wide (K,) at the start."""
    along = end - start
    side = np.column_stack([-along[:, 1], along[:, 0], np.zeros(len(along))])
    side /= np.linalg.norm(side, axis=1, keepdims=True).clip(1e-9)
    upward = np.cross(along, side)
    upward /= np.linalg.norm(upward, axis=1, keepdims=True).clip(1e-9)
    half = 0.5 * width_m[:, None]
    return np.concatenate([np.stack([start - half * d, start + half * d, end], axis=1) for d in (side, upward)])
