"""Walls of a map as they might have been built: what a network must forgive the map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from geoloc_ros.core.types import Float64, Int64
from geoloc_ros.maps.geomap import Buildings, Walls

MOVED_M = 3.0
RESIZED_RATIO = 0.06
MOST_REMOVED_RATIO = 0.25
MOST_ADDED_RATIO = 0.2
FROM_PLACES_M = 7.0
BESIDE_M = 25.0
"""What is new stands at most this far from a place on a road."""
_FROM_BUILDINGS_M = 10.0
_LARGEST_NEW_M = 15.0


class MapEditor:
    """Makes copies of a map with buildings gone, new, shifted and resized; how many differs from copy to copy."""

    def __init__(self, buildings: Buildings, place_m: Float64) -> None:
        """New buildings come beside the places (P, 2)."""
        self._buildings = buildings
        self._place_m = place_m
        self._vertex_building = np.repeat(buildings.ring_building, np.diff(buildings.ring_start))
        per_building = np.bincount(self._vertex_building, minlength=len(buildings)).clip(1)
        self._centre_m = np.stack([
            np.bincount(self._vertex_building, buildings.vertices_m[:, axis], len(buildings)) for axis in (0, 1)
        ], axis=1) / per_building[:, None]  # fmt: skip
        reach_m = np.zeros(len(buildings))
        away_m = np.abs(buildings.vertices_m - self._centre_m[self._vertex_building]).max(axis=1)
        np.maximum.at(reach_m, self._vertex_building, away_m)
        self._small = np.flatnonzero((reach_m > 0.0) & (reach_m < _LARGEST_NEW_M))
        self._walls_near = cKDTree(buildings.vertices_m)
        self._places_near = cKDTree(place_m)

    def edited_walls(self, rng: np.random.Generator) -> Walls:
        """Walls of one copy; new buildings have numbers from that of the map's buildings on."""
        count = len(self._buildings)
        scale = np.exp(rng.normal(0.0, RESIZED_RATIO, (count, 2)))
        shift_m = rng.uniform(-1.0, 1.0, (count, 2)) * MOVED_M * rng.random()
        of_vertex = self._vertex_building
        around_m = (self._buildings.vertices_m - self._centre_m[of_vertex]) * scale[of_vertex]
        moved_m = around_m + (self._centre_m + shift_m)[of_vertex]
        walls = replace(self._buildings, vertices_m=moved_m).walls()
        kept = (rng.random(count) >= MOST_REMOVED_RATIO * rng.random())[walls.building]
        new = self._new_walls(walls, self._centre_m + shift_m, rng)
        return Walls(
            np.concatenate([walls.start_m[kept], new.start_m]), np.concatenate([walls.end_m[kept], new.end_m]),
            np.concatenate([walls.building[kept], new.building]),
        )  # fmt: skip

    def _new_walls(self, walls: Walls, centre_m: Float64, rng: np.random.Generator) -> Walls:
        """Copies of small buildings where there is room: what no map has stands where the map has nothing."""
        spot_m = self._free_spots(int(MOST_ADDED_RATIO * rng.random() * len(self._buildings)), rng)
        if not len(self._small):
            spot_m = spot_m[:0]
        model = rng.choice(self._small, len(spot_m)) if len(spot_m) else np.empty(0, np.int64)
        row, number = _rows_of(walls, model)
        shift_m = (spot_m - centre_m[model])[number]
        names = (len(self._buildings) + number).astype(np.int32)
        return Walls(walls.start_m[row] + shift_m, walls.end_m[row] + shift_m, names)

    def _free_spots(self, count: int, rng: np.random.Generator) -> Float64:
        """Up to `count` points (K, 2) beside roads, away from buildings."""
        angle = rng.uniform(0.0, 2.0 * np.pi, 4 * count)
        away_m = rng.uniform(FROM_PLACES_M, BESIDE_M, (4 * count, 1))
        spot_m = self._place_m[rng.integers(len(self._place_m), size=4 * count)]
        spot_m = spot_m + away_m * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        free = (self._walls_near.query(spot_m)[0] > _FROM_BUILDINGS_M) & (
            self._places_near.query(spot_m)[0] > FROM_PLACES_M
        )
        spots_m: Float64 = spot_m[free][:count]
        return spots_m


def _rows_of(walls: Walls, building: Int64) -> tuple[Int64, Int64]:
    """Rows of the walls of each of `building` (K,), and which of the K each belongs to."""
    start, end = (np.searchsorted(walls.building, building, side) for side in ("left", "right"))
    size = end - start
    number = np.repeat(np.arange(len(building)), size)
    row = np.arange(len(number)) - np.repeat(np.cumsum(size) - size, size) + start[number]
    return row, number
