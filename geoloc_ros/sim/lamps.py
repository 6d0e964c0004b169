"""Street lamps: where they stand and how bright they make it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import Float32, Float64
from geoloc_ros.sim.mesh import Material, Mesh, box_triangles, mesh_of
from geoloc_ros.sim.world import World

LAMP_COLOUR = np.array([1.0, 0.78, 0.48], np.float32)
HEIGHT_M, SPACING_M = 6.0, 32.0
_CELL_M = 0.5
_REACH_M = 6.0
"""Distance from a lamp at which it is half as bright on the ground."""
_FADE_M = 9.0
"""Height over the ground at which lamps light walls no more than to 37 %."""
_HEADLIGHT_M, _HEADLIGHT_COS = 14.0, 0.8


@dataclass(frozen=True)
class LampLight:
    """Light of all lamps near the ground, round a centre."""

    light: Float32
    """(R, R); row along north, column along east, from the south-west corner."""
    half_m: float

    def at(self, local_m: Float32, above_m: Float32) -> Float32:
        """Light (K,) at points (K, 2) relative to the centre, this high over the ground; 1 below a lamp."""
        last = len(self.light) - 1
        cell = ((local_m + self.half_m) / _CELL_M).astype(np.int32).clip(0, last)
        found = self.light[cell[:, 1], cell[:, 0]]
        return np.asarray(found * np.exp(-(above_m / _FADE_M).clip(0.0) ** 2), dtype=np.float32)


def place_lamps(world: World, centre_m: Float64, half_m: float) -> Float64:
    """Feet (L, 2) of the lamps round a centre, relative to it: in every street on one side, then on the other."""
    feet = [np.empty((0, 2))]
    roads = world.geomap.roads
    for edge in range(len(roads)):
        line_m = roads.polyline(edge) - centre_m
        if 0 <= roads.edge_reverse[edge] < edge or (line_m.max(axis=0) < -half_m).any() or (
            line_m.min(axis=0) > half_m
        ).any():
            continue
        step_m = np.diff(line_m, axis=0)
        along_m = np.concatenate([[0.0], np.hypot(*step_m.T).cumsum()])
        at_m = np.arange(8.0, along_m[-1], SPACING_M)
        segment = (np.searchsorted(along_m, at_m, "right") - 1).clip(0, len(step_m) - 1)
        ahead = step_m[segment] / np.hypot(*step_m[segment].T)[:, None].clip(1e-6)
        side = np.where(np.arange(len(at_m)) % 2 == 0, 1.0, -1.0) * (world.half_width_m[edge] + 0.4)
        middle = np.stack([np.interp(at_m, along_m, line_m[:, axis]) for axis in (0, 1)], axis=1)
        feet.append(middle + side[:, None] * np.stack([-ahead[:, 1], ahead[:, 0]], axis=1))
    foot_m = np.concatenate(feet)
    return foot_m[(np.abs(foot_m) < half_m).all(axis=1)]


def lamp_light(foot_m: Float64, half_m: float) -> LampLight:
    """Light of lamps at feet (L, 2) relative to the centre: 1 / (1 + (d / reach)^2)^2 of each."""
    size = int(2 * half_m / _CELL_M)
    light = np.zeros((size, size), np.float32)
    cell = ((foot_m + half_m) / _CELL_M).astype(int).clip(0, size - 1)
    np.add.at(light, (cell[:, 1], cell[:, 0]), 1.0)
    radius = int(3 * _REACH_M / _CELL_M)
    axis = _CELL_M * np.arange(-radius, radius + 1)
    distance_m = np.hypot(axis[:, None], axis)
    kernel = (1.0 + (distance_m / _REACH_M) ** 2) ** -2.0
    shone = cv2.filter2D(light, -1, kernel, borderType=cv2.BORDER_CONSTANT)
    return LampLight(np.asarray(shone, dtype=np.float32), half_m)


def lamp_mesh(foot_m: Float64, world: World, centre_m: Float64) -> Mesh:
    """The shining heads of lamps at feet (L, 2) relative to the centre."""
    foot = np.column_stack([foot_m, world.terrain.height_m(foot_m + centre_m) + HEIGHT_M])
    heads = foot[:, None, None] + box_triangles() * [0.3, 0.3, 0.25]
    return mesh_of(heads.reshape(-1, 3, 3), SemanticClass.OTHER, Material.LAMP, LAMP_COLOUR)


def headlight(directions: Float32, ahead: Float64, distance_m: Float32) -> Float32:
    """Light (K,) of the vehicle's own headlights along unit vectors (K, 3), `ahead` (3,) being its middle."""
    cos = np.einsum("ki,i->k", directions, ahead.astype(np.float32))
    beam = ((cos - _HEADLIGHT_COS) / (1.0 - _HEADLIGHT_COS)).clip(0.0, 1.0) * (directions[:, 2] < 0.02)
    return np.asarray(beam / (1.0 + (distance_m / _HEADLIGHT_M) ** 2), dtype=np.float32)
