"""The few places that a belief over road cells is about."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.types import Float32, Float64, Mode, Pose2
from geoloc_ros.localization.belief.cell_grid import TILE_M, CellGrid
from geoloc_ros.localization.belief.cells import RoadCells
from geoloc_ros.localization.belief.native import belief_native, pointer

_BLOCK = 1024
_NUMBERS = 12
_LEAST_SHARE = 1e-4
_LANE_M = 1.0
_BEND_RAD = np.radians(1.0)


class ModeFinder:
    """Finds modes by greedy suppression: the best cell with what is around it, then the best of what is left."""

    def __init__(self, cells: RoadCells, grid: CellGrid, cell_length_m: float) -> None:
        self._cells, self._grid = cells, grid
        self._claimed = np.empty(len(cells), np.uint8)
        self._block_highest = np.empty(-(-len(cells) // _BLOCK), np.float32)
        # What the cells do not resolve: their length, the lane, and how straight a road is drawn.
        unresolved_m2 = _LANE_M**2 + cell_length_m**2 / 12.0
        self._unresolved = np.diag([unresolved_m2, unresolved_m2, _BEND_RAD**2])

    def find(
        self, mass: Float32, moment: Float32, scale: float, ahead_m: float, turned_rad: float, max_modes: int,
        radius_m: float, max_turn_rad: float,
    ) -> tuple[Mode, ...]:
        """At least one and at most `max_modes` modes, most probable first; cells belong to one of them only.

        Args:
            mass: Of the cells (C,).
            moment: Mass times heading deviation (C,).
            scale: What makes a probability of a mass.
            ahead_m: How far the vehicle is in front of its cells.
            turned_rad: What it has turned since it entered them.
            max_modes: At least 1.
            radius_m: What is within that of the mean of a mode belongs to it, and
            max_turn_rad: looks the same way as its mean up to that. Both bound what a covariance can say.
        """
        cells, grid = self._cells, self._grid
        found = np.empty((max_modes, _NUMBERS))
        count = belief_native().geoloc_belief_modes(
            len(cells), len(grid.key), pointer(cells.x_m), pointer(cells.y_m), pointer(cells.yaw_rad),
            pointer(grid.key), pointer(grid.start), pointer(grid.cell), TILE_M, pointer(mass), pointer(moment),
            radius_m, max_turn_rad, _LEAST_SHARE, max_modes, pointer(self._claimed), pointer(self._block_highest),
            pointer(found),
        )
        modes = [self._mode(row, scale, ahead_m, turned_rad) for row in found[:count]]
        return tuple(sorted(modes, key=lambda mode: -mode.probability))

    def _mode(self, numbers: Float64, scale: float, ahead_m: float, turned_rad: float) -> Mode:
        x_m, y_m, yaw_rad, mass = numbers[:4]
        dx_m, dy_m, xx, xy, yy, turn, turn2, road = numbers[4:] / mass
        covariance = self._unresolved + np.diag([xx - dx_m**2, yy - dy_m**2, turn2 - turn**2])
        covariance[0, 1] = covariance[1, 0] = xy - dx_m * dy_m
        road_rad, origin_m = yaw_rad + road, self._cells.origin_m
        pose = Pose2(
            float(origin_m[0] + x_m + dx_m + ahead_m * np.cos(road_rad)),
            float(origin_m[1] + y_m + dy_m + ahead_m * np.sin(road_rad)),
            wrap_angle(float(yaw_rad + turn + turned_rad)),
        )
        return Mode(pose, covariance, float(min(1.0, mass * scale)))
