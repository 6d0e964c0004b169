"""Probability of every road cell, and of none of them: what one step, or one weighing, does to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Float32, Float64, Int64, Pose2
from geoloc_ros.localization.belief.cell_grid import TILE_M, CellGrid
from geoloc_ros.localization.belief.cells import RoadCells
from geoloc_ros.localization.belief.junctions import CellJoints
from geoloc_ros.localization.belief.native import belief_native, pointer

_CHUNK = 2048
_LEAST_FACTOR = 1e-3
# Hops normalise, but others may speak several times between two of them, each with a factor of up to exp(30).
_MOST_MASS = 1e12
_TURNING_SHARE = 1e-3
"""Of what a cell holds on average; cells with less are not asked whether they look back."""


@dataclass(frozen=True)
class StepModel:
    """What happens to all paths in one step by a cell, but for odometry."""

    stay: float
    """Share that lags behind."""
    heading_variance_rad2: float
    heading_penalty: float
    heading_forgotten: float
    """Share of a small heading deviation that is gone after it."""
    leak: float
    """Share of the paths that go on anywhere."""
    leave: float
    """Share that leaves the map."""
    enter: float
    """Share of what is off the map that comes onto it, anywhere."""
    looks_back_rad: float
    """Deviation at which a path changes to the other direction of its road."""


class RoadBelief:
    """Mass of each cell with its moment (mass times heading deviation), and of being off the map; not normalised."""

    def __init__(self, cells: RoadCells, joints: CellJoints, viewpoints: int) -> None:
        self.cells = cells
        self._joints = joints
        self._viewpoints = viewpoints
        self._now, self._next = np.empty((2, len(cells)), np.float32), np.empty((2, len(cells)), np.float32)
        self._flag = np.empty(-(-len(cells) // _CHUNK), np.uint8)
        self.on_map = self.off_map = 0.0
        """Mass of all cells together; mass of none of them."""

    @property
    def mass(self) -> Float32:
        """(C,)."""
        mass: Float32 = self._now[0]
        return mass

    @property
    def moment(self) -> Float32:
        """(C,)."""
        moment: Float32 = self._now[1]
        return moment

    @property
    def scale(self) -> float:
        """What makes a probability of a mass."""
        return 1.0 / (self.on_map + self.off_map)

    def spread(self, off_map: float) -> None:
        """Anywhere, along the road, but for the probability `off_map` of being on none."""
        self._now[0] = (1.0 - off_map) / len(self.cells)
        self._now[1] = 0.0
        self.on_map, self.off_map = 1.0 - off_map, off_map

    def assign(self, mass: Float64, deviation_rad: Float64, off_map: float) -> None:
        """A probability (C,) that somebody made up, and the heading deviations (C,) that belong to it."""
        self._now[0] = mass * ((1.0 - off_map) / mass.sum())
        self._now[1] = self._now[0] * deviation_rad
        self.on_map, self.off_map = 1.0 - off_map, off_map

    def mix(self, share: float) -> None:
        """Forget `share` of everything: as much may be anywhere on the map."""
        self._now *= np.float32((1.0 - share) * self.scale)
        self._now[0] += np.float32(share / len(self.cells))
        self.off_map *= (1.0 - share) * self.scale
        self.on_map = 1.0 - self.off_map

    def hop(self, model: StepModel, turn_rad: float, off_map_weight: float, backward: bool) -> float:
        """Every path one cell on, or back; returns the factor by which odometry's turn changed the mass on the map.

        `off_map_weight` is that factor for what is off the map. The belief is normalised before the step.
        """
        scale, joints, result = self.scale, self._joints, np.empty(2)
        on_map, off_map = self.on_map * scale, self.off_map * scale
        arriving = model.leak * on_map + model.enter * off_map
        belief_native().geoloc_belief_hop(
            len(self.cells), len(joints), pointer(joints.step_turn_rad), pointer(joints.opposite),
            pointer(joints.in_start), pointer(joints.in_cell), pointer(joints.in_turn_rad), pointer(joints.out_start),
            pointer(joints.out_cell), backward, model.stay, scale, turn_rad, model.heading_variance_rad2,
            model.heading_penalty, model.heading_forgotten, 1.0 - model.leak - model.leave,
            arriving / len(self.cells), model.looks_back_rad, _TURNING_SHARE / len(self.cells), pointer(self._now[0]),
            pointer(self._now[1]), pointer(self._next[0]), pointer(self._next[1]), pointer(self._flag), pointer(result),
        )
        self._now, self._next = self._next, self._now
        self.on_map, ended = float(result[0]), float(result[1])
        self.off_map = (1.0 - model.enter) * off_map * off_map_weight + model.leave * on_map + ended
        stayed = self.on_map - model.enter * off_map + model.leave * on_map
        return float(np.clip(stayed / on_map, _LEAST_FACTOR, 1.0))  # where nearly all is off the map, it rounds badly

    def weigh(self, likelihood: Float32, phase: float) -> float:
        """Multiply with a likelihood per viewpoint (V,), `phase` cells ahead; returns the factor of the map's mass.

        Being off the map has the likelihood 1.
        """
        self._keep_finite()
        cells, before = self.cells, self.on_map
        self.on_map = belief_native().geoloc_belief_weigh(
            len(cells.link_from), pointer(cells.link_start), pointer(cells.link_from), pointer(cells.link_to),
            pointer(likelihood), phase, pointer(self._now[0]), pointer(self._now[1]),
        )
        return self.on_map / before

    def weigh_yaw(self, likelihood: Float32) -> None:
        """Multiply with a likelihood of the vehicle's yaw, in equal bins (n,) from -pi to pi; 1 off the map."""
        cells = self.cells
        self.on_map = belief_native().geoloc_belief_weigh_yaw(
            len(cells), pointer(cells.yaw_rad), pointer(likelihood), len(likelihood), pointer(self._now[0]),
            pointer(self._now[1]),
        )

    def weigh_cells(self, cell: Int64, likelihood: Float32, elsewhere: float) -> None:
        """Multiply some cells (n,) with a likelihood (n,) and all others with `elsewhere`; 1 off the map."""
        self._keep_finite()
        factor = np.ascontiguousarray(likelihood / np.float32(elsewhere))
        belief_native().geoloc_belief_weigh_cells(
            len(cell), pointer(cell), pointer(factor), pointer(self._now[0]), pointer(self._now[1])
        )
        self.off_map /= elsewhere
        self._sum()

    def boost(self, grid: CellGrid, pose: Pose2, radius_m: float, max_turn_rad: float, factor: float) -> None:
        """Multiply with `factor` what is within a radius of a pose and looks the same way up to a turn."""
        self._keep_finite()
        cells = self.cells
        belief_native().geoloc_belief_boost(
            len(cells), len(grid.key), pointer(cells.x_m), pointer(cells.y_m), pointer(cells.yaw_rad),
            pointer(grid.key), pointer(grid.start), pointer(grid.cell), TILE_M, pose.x_m - cells.origin_m[0],
            pose.y_m - cells.origin_m[1], pose.yaw_rad, radius_m, max_turn_rad, factor, pointer(self._now[0]),
            pointer(self._now[1]),
        )
        self._sum()

    def _keep_finite(self) -> None:
        if self.on_map > _MOST_MASS:
            scale = self.scale
            self._now *= np.float32(scale)
            self.on_map *= scale
            self.off_map *= scale

    def _sum(self) -> None:
        # Anew: what is left of a total that nearly all was taken from would be rounding.
        self.on_map = float(self._now[0].sum(dtype=np.float64))

    def of_viewpoints(self) -> Float32:
        """Probability of each viewpoint (V,), with its half of the road to the next and from the last."""
        cells, belief = self.cells, np.empty(self._viewpoints, np.float32)
        belief_native().geoloc_belief_of_viewpoints(
            len(cells.link_from), self._viewpoints, pointer(cells.link_start), pointer(cells.link_from),
            pointer(cells.link_to), self.scale, pointer(self._now[0]), pointer(belief),
        )
        return belief
