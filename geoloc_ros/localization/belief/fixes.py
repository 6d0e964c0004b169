"""What positions and headings that others measured say about road cells; they may be wrong, and stay wrong for long."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.localization_config import TrackerConfig
from geoloc_ros.core.types import Float32, Float64, HeadingFix, Int64, PositionFix
from geoloc_ros.localization.belief.cell_grid import CellGrid, cells_near
from geoloc_ros.localization.belief.cells import RoadCells

_REACH_SIGMAS = 6.0
_LANE_M = 3.0
"""How far from the middle of a mapped road a vehicle is, with what the road itself is off."""
_ROAD_RAD = 0.1
_YAW_BINS = 1024


def check_covariance(covariance: Float64) -> None:
    """Refuse what is no covariance; a singular one says "exactly", and may be.

    Raises:
        ObservationError: If it is not finite, not symmetric, or says that something varies by less than nothing.
    """
    symmetric = np.isfinite(covariance).all() and np.allclose(covariance, covariance.T)
    if not symmetric or np.linalg.eigvalsh(covariance)[0] < -1e-9 * max(1.0, float(np.abs(covariance).max())):
        rows = "; ".join(", ".join(f"{value:g}" for value in row) for row in covariance)
        raise ObservationError(f"[{rows}] is no covariance; it must be symmetric, with no negative eigenvalue")


class FixWeights:
    """Likelihood ratios of fixes: of a cell, to a place drawn at random among the cells.

    A fix is right, with its covariance, or an outlier that is as likely anywhere. Errors of receivers and compasses
    last: fixes in a row count by the time since the last one, all of `fix_memory_s` together as one.
    """

    def __init__(self, cells: RoadCells, grid: CellGrid, config: TrackerConfig) -> None:
        self._cells, self._grid, self._config = cells, grid, config
        width_m, height_m = np.ptp(cells.x_m), np.ptp(cells.y_m)
        self._area_m2 = max(1.0, float(width_m * height_m))
        self.reset()

    def reset(self) -> None:
        """As if nobody had measured anything."""
        self._position_ns: int | None = None
        self._heading_ns: int | None = None

    def position(self, fix: PositionFix, ahead_m: float) -> tuple[Int64, Float32, float]:
        """Cells (n,) that a position may mean, their likelihood ratios (n,), and that of all others.

        The vehicle is `ahead_m` in front of its cells.

        Raises:
            ObservationError: If the covariance is none, or the position is not finite.
        """
        check_covariance(fix.covariance_m2)
        if not np.isfinite(fix.position_m).all():
            raise ObservationError(f"position {fix.position_m} of the fix at {fix.stamp_ns} ns is not finite")
        power, self._position_ns = self._counted(self._position_ns, fix.stamp_ns)
        cells, outlier = self._cells, self._config.fix_outlier_ratio
        floor_m2 = _LANE_M**2 + self._config.cell_length_m**2 / 12.0
        covariance = fix.covariance_m2 + floor_m2 * np.eye(2)
        reach_m = _REACH_SIGMAS * float(np.sqrt(np.linalg.eigvalsh(covariance)[-1]))
        near = cells_near(cells, self._grid, fix.position_m, reach_m + abs(ahead_m))
        yaw_rad = cells.yaw_rad[near].astype(np.float64)
        offset_m = np.column_stack([
            cells.x_m[near] + ahead_m * np.cos(yaw_rad), cells.y_m[near] + ahead_m * np.sin(yaw_rad)
        ]) + cells.origin_m - fix.position_m
        square = np.einsum("ni,ij,nj->n", offset_m, np.linalg.inv(covariance), offset_m)
        spread_m2 = 2.0 * np.pi * float(np.sqrt(np.linalg.det(covariance)))
        density = np.exp(-0.5 * square) / spread_m2
        # A receiver far from all roads is a reason to be off the map, not to be at the nearest of them.
        at_random = max(float(density.sum()) / len(cells), 1.0 / (self._area_m2 + spread_m2))
        ratio = outlier + (1.0 - outlier) * density / at_random
        return near, (ratio**power).astype(np.float32), float(outlier**power)

    def heading(self, fix: HeadingFix, turned_rad: float) -> Float32:
        """Likelihood ratio in equal bins of the yaw with which the vehicle entered its cell, from -pi to pi.

        It has turned by `turned_rad` since.

        Raises:
            ObservationError: If the heading is not finite.
        """
        if not np.isfinite([fix.yaw_rad, fix.sigma_rad]).all():
            raise ObservationError(f"heading {fix.yaw_rad} +- {fix.sigma_rad} at {fix.stamp_ns} ns is not finite")
        power, self._heading_ns = self._counted(self._heading_ns, fix.stamp_ns)
        outlier, sigma_rad = self._config.fix_outlier_ratio, float(np.hypot(fix.sigma_rad, _ROAD_RAD))
        yaw_rad = (np.arange(_YAW_BINS, dtype=np.float64) + 0.5) * (2.0 * np.pi / _YAW_BINS) - np.pi
        peak = np.exp(-0.5 * (wrap_angle(yaw_rad + (turned_rad - fix.yaw_rad)) / sigma_rad) ** 2)
        ratio: Float64 = outlier + (1.0 - outlier) * peak / peak.mean()
        return (ratio**power).astype(np.float32)

    def _counted(self, last_ns: int | None, stamp_ns: int) -> tuple[float, int]:
        """As what part of an independent fix one counts, and the newest stamp so far; a late one counts nothing."""
        if last_ns is None:
            return 1.0, stamp_ns
        part = (stamp_ns - last_ns) * 1e-9 / self._config.fix_memory_s
        return min(1.0, max(0.0, part)), max(last_ns, stamp_ns)
