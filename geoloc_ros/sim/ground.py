"""The ground: its shape as triangles, and what it is covered with as a raster."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import cv2
import numpy as np

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import Float32, Float64, UInt8
from geoloc_ros.sim.furniture import PAVEMENT_M
from geoloc_ros.sim.mesh import Material, Mesh, mesh_of
from geoloc_ros.sim.terrain import Terrain
from geoloc_ros.sim.world import World

CELL_M = 0.2
GRID_M = 5.0
MARKED_M = 4.0
"""Carriageways at least this wide to each side have a line in the middle."""


class Cover(IntEnum):
    """What the ground is covered with."""

    GRASS = 0
    YARD = 1
    PAVEMENT = 2
    ROAD = 3
    MARKING = 4


COVER_LABEL: UInt8 = np.array(
    [SemanticClass.VEGETATION, SemanticClass.PAVEMENT, SemanticClass.PAVEMENT, SemanticClass.ROAD, SemanticClass.ROAD],
    np.uint8,
)
COVER_COLOUR: Float32 = np.array(
    [(0.36, 0.43, 0.24), (0.5, 0.47, 0.42), (0.58, 0.57, 0.55), (0.3, 0.3, 0.31), (0.8, 0.8, 0.78)], np.float32
)


@dataclass(frozen=True)
class GroundCover:
    """Covers around a point; outside is grass."""

    cover: UInt8
    """(R, R); row along north, column along east, from the south-west corner."""
    half_m: float

    def at(self, local_m: Float32) -> UInt8:
        """Covers (K,) at points (K, 2) relative to the centre."""
        cell = ((local_m + self.half_m) / CELL_M).astype(np.int32)
        size = len(self.cover)
        cell = np.clip(cell, 0, size - 1)
        return self.cover[cell[:, 1], cell[:, 0]]


def paint_ground(world: World, centre_m: Float64, half_m: float) -> GroundCover:
    """Streets with their pavements, and paved yards round buildings, in a square of `2 * half_m` about `centre_m`."""
    size = int(2 * half_m / CELL_M)
    cover = np.zeros((size, size), np.uint8)
    buildings, roads = world.geomap.buildings, world.geomap.roads
    corner_m = centre_m - half_m
    for a, b in zip(buildings.ring_start[:-1], buildings.ring_start[1:], strict=True):
        ring_m = buildings.vertices_m[a:b] - corner_m
        if (ring_m.max(axis=0) > -9.0).all() and (ring_m.min(axis=0) < 2 * half_m + 9.0).all():
            cv2.polylines(cover, [_pixels(ring_m)], True, int(Cover.YARD), int(8.0 / CELL_M), shift=4)
    edges = [
        (_pixels(line_m), world.half_width_m[edge])
        for edge in range(len(roads))
        if not 0 <= roads.edge_reverse[edge] < edge
        for line_m in [roads.polyline(edge) - corner_m]
        if (line_m.max(axis=0) > -9.0).all() and (line_m.min(axis=0) < 2 * half_m + 9.0).all()
    ]
    for kind, extra_m in ((Cover.PAVEMENT, PAVEMENT_M), (Cover.ROAD, 0.0)):
        for line, half_width_m in edges:
            cv2.polylines(cover, [line], False, int(kind), round(2 * (half_width_m + extra_m) / CELL_M), shift=4)
    for line, half_width_m in edges:
        if half_width_m >= MARKED_M:
            _dashes(cover, line)
    return GroundCover(cover, half_m)


def ground_mesh(terrain: Terrain, centre_m: Float64, half_m: float) -> Mesh:
    """A square of triangles."""
    steps = int(2 * half_m / GRID_M)
    axis = np.linspace(-half_m, half_m, steps + 1)
    x, y = np.meshgrid(axis, axis)
    points = np.stack([x, y, terrain.height_m(np.stack([x, y], axis=-1) + centre_m)], axis=-1)
    a, b, c, d = points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]
    triangles = np.stack([np.stack([a, b, c], axis=-2), np.stack([a, c, d], axis=-2)]).reshape(-1, 3, 3)
    return mesh_of(triangles, SemanticClass.OTHER, Material.GROUND, np.zeros(3, np.float32))


def _pixels(local_m: Float64) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    """Fixed-point pixel coordinates for OpenCV with `shift=4`; a pixel's middle has whole coordinates."""
    return np.round((local_m / CELL_M - 0.5) * 16.0).astype(np.int32)


def _dashes(cover: UInt8, line: np.ndarray[tuple[int, ...], np.dtype[np.int32]]) -> None:
    """3 m of line, 4 m of gap."""
    step = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate([[0.0], step.cumsum()])
    unit = 16.0 / CELL_M
    for start in np.arange(10.0 * unit, along[-1] - 12.0 * unit, 7.0 * unit):
        ends = [np.interp([start, start + 3.0 * unit], along, line[:, axis]) for axis in (0, 1)]
        points = np.round(np.stack(ends, axis=1)).astype(np.int32)
        cv2.polylines(cover, [points], False, int(Cover.MARKING), 1, shift=4)
