"""Belief over all road cells, exact over every drivable path: the forward algorithm, in C++."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.localization_config import MotionConfig, TrackerConfig
from geoloc_ros.core.types import Float32, Float64, HeadingFix, Int64, Mode, Pose2, PositionFix
from geoloc_ros.localization.belief.cell_grid import build_cell_grid
from geoloc_ros.localization.belief.cells import cut_cells
from geoloc_ros.localization.belief.fixes import FixWeights, check_covariance
from geoloc_ros.localization.belief.junctions import join_cells
from geoloc_ros.localization.belief.modes import ModeFinder
from geoloc_ros.localization.belief.road_belief import RoadBelief, StepModel
from geoloc_ros.localization.belief.smoothing import BeliefHistory
from geoloc_ros.localization.belief.tempering import MOST_NATS, FrameTemper
from geoloc_ros.maps.geomap import PlaceGraph

_REVERSES_AT = -0.5
"""Cells behind its cell at which a path changes to the one before: odometry that trembles must not change it."""
_LOOKS_BACK_RAD = 1.65
"""Deviation at which a path changes to the other direction of its road: more than any corner that is cut."""
_SAME_M, _SAME_RAD = 15.0, 1.0
_MISNAMED = 1e-3
"""Share of named poses that are elsewhere on the map, and as many off it."""
_MOST_FAR = 700.0
_FAR_ODDS = 1e-8
"""A pose six standard deviations from all roads was as likely named by mistake."""


@dataclass(frozen=True)
class _Frame:
    step: int
    ahead_m: float
    turned_rad: float


class PathTracker:
    """Sums over all drivable paths the probability of odometry and of what was seen on the way.

    The state is a road cell with a driving direction, or "off the map". All mass moves on by one cell when odometry has
    moved by one, and back along the same roads in reverse; in between, `phase` says how far it is into its cells, so
    nothing is lost to rounding. A small share lags behind at every step (and steps are shortened alike), which is how
    odometry's error spreads. At a fork each way on gets the same share. A frame counts in proportion to the distance
    driven since the last one, so standing still adds nothing and ten frames of the same facade count as one.

    Each cell also holds the expected deviation of the vehicle's yaw from the road's (the mean over the paths that lead
    there). Odometry's turns add to it and the road's subtract. It costs probability per metre for as long as it
    lasts: cheap when the vehicle cuts a corner, decisive when odometry turned where a path did not. A path that looks
    back goes on in the other direction of its road, if it has one.

    A few paths leave the map and come back anywhere. What is seen out there is as likely as at a place drawn at random,
    and so is a turn; hence the ratios that are weighed average to 1 over the places of the map.
    """

    def __init__(
        self, places: PlaceGraph, config: TrackerConfig, motion: MotionConfig, memory_m: float = 0.0
    ) -> None:
        """`memory_m` is the drive that `smoothed` and `most_probable_path` look back over; its beliefs are kept."""
        self._config = config
        self._cells = cut_cells(places, config.cell_length_m)
        self._grid = build_cell_grid(self._cells)
        joints = join_cells(self._cells, places)
        self._belief = RoadBelief(self._cells, joints, len(places.viewpoint_place))
        self._modes = ModeFinder(self._cells, self._grid, config.cell_length_m)
        self._links_to = np.argsort(self._cells.link_to, kind="stable")
        self._temper = FrameTemper(len(places.viewpoint_place))
        # A step of probability 1 - stay and length l has variance stay (1 - stay) l^2 over its mean (1 - stay) l.
        stay = min(0.5, motion.distance_variance_m / config.cell_length_m)
        self._hop_m = (1.0 - stay) * config.cell_length_m
        self._step = StepModel(
            stay, config.heading_sigma_rad**2, 1.0 - np.exp(-config.heading_penalty_per_m * self._hop_m),
            1.0 - np.exp(-self._hop_m / config.heading_memory_m), config.leak_per_m * self._hop_m,
            config.leave_map_per_m * self._hop_m, config.enter_map_per_m * self._hop_m,
            _LOOKS_BACK_RAD if config.heading_penalty_per_m > 0.0 else np.inf,
        )
        self._history = BeliefHistory(joints, len(self._cells), stay, int(memory_m / self._hop_m))
        self._frames: deque[_Frame] = deque()
        self._steps = 0
        self._fixes = FixWeights(self._cells, self._grid, config)
        self.reset()

    @property
    def off_map_probability(self) -> float:
        """That the vehicle is on no road of the map."""
        return self._belief.off_map * self._belief.scale

    @property
    def log_evidence(self) -> float:
        """Log of how much more likely all frames and turns since the start are on the map than at random places.

        Summed over all paths on the map, so where nothing fits it rises above t with a probability of exp(-t) at most
        (Ville), if frames there are independent; streets that look alike make it rise slowly instead. What others
        say (fixes, `boost`) is not in it.
        """
        return self._log_evidence

    @property
    def next_power(self) -> float:
        """As what part of an independent frame the next one counts, 0 to 1."""
        return min(1.0, abs(self._unweighed_m) / self._config.evidence_length_m)

    def reset(self) -> None:
        """Anywhere in the city, in either direction, along the road; or off the map."""
        self._belief.spread(self._config.off_map_prior)
        self._start()

    def set_pose(self, pose: Pose2, covariance: Float64) -> None:
        """Belief of a pose that somebody names, with its covariance (3, 3) of x, y, yaw.

        If no road is near it, the vehicle may be anywhere on the map, or off it.

        Raises:
            ObservationError: If the covariance is none.
        """
        check_covariance(covariance)
        cells = self._cells
        offset_yaw = wrap_angle(pose.yaw_rad - cells.yaw_rad.astype(np.float64))
        offset = np.column_stack([
            pose.x_m - cells.origin_m[0] - cells.x_m, pose.y_m - cells.origin_m[1] - cells.y_m, offset_yaw
        ])
        # Roads are where lanes are not, and cells have a length: nobody means a pose to be nearer than that.
        floor = np.diag([self._config.cell_length_m**2, self._config.cell_length_m**2, 0.1**2])
        exponent = -0.5 * np.einsum("ci,ij,cj->c", offset, np.linalg.inv(covariance + floor), offset)
        mass = np.exp(exponent - exponent.max())
        on_road = (1.0 - 2.0 * _MISNAMED) / (1.0 + _FAR_ODDS * np.exp(min(-exponent.max(), _MOST_FAR)))
        elsewhere = 0.5 * (1.0 - on_road)
        spread = on_road * mass / mass.sum() + elsewhere / len(mass)
        self._belief.assign(spread, offset_yaw * (mass > 1e-6), elsewhere)
        self._start()

    def reopen(self, share: float) -> None:
        """Give up `share` of the belief, 0 to 1: as much may be anywhere on the map."""
        self._belief.mix(share)

    def advance(self, forward_m: float, turn_rad: float) -> bool:
        """Move by odometry (backwards is negative, left turns positive); True when the belief has changed cells."""
        self._ahead_m += forward_m
        self._turned_rad += turn_rad
        self._unweighed_m += forward_m
        hopped = False
        while self._ahead_m >= self._hop_m or self._ahead_m <= _REVERSES_AT * self._hop_m:
            step_m = float(np.copysign(self._hop_m, self._ahead_m))
            turn_rad = self._turned_rad * min(1.0, step_m / self._ahead_m)
            self._ahead_m -= step_m
            self._turned_rad -= turn_rad
            self._hop(turn_rad, step_m < 0.0)
            hopped = True
        return hopped

    def weigh(self, log_ratio: Float32) -> None:
        """Take in what a frame says about every viewpoint (V,); it counts by the distance driven since the last.

        Args:
            log_ratio: How much more likely the frame is there than at a random place, in nats. Ratios that average to 1
                keep that when the frame counts in part.
        """
        if self._history.is_kept:
            self._frames.append(_Frame(self._steps, self._ahead_m, self._turned_rad))
        power = self.next_power
        if power > 0.0:
            self._unweighed_m = 0.0
            likelihood, choice = self._temper.ratios(log_ratio, power)
            # Streets come in kinds, and frames in a row are of one kind: a wrong map does as well as its look-alikes.
            chance = self._config.look_alike_nats * power * choice
            factor = self._belief.weigh(likelihood, self._phase)
            self._belief.off_map *= float(np.exp(chance))
            self._log_evidence += float(np.log(factor))

    def weigh_places(self, log_ratio: Float32, power: float) -> None:
        """Take in what somebody else says about every viewpoint (V,), as the part `power` of it, 0 to 1."""
        self._belief.weigh(self._temper.ratios(log_ratio, power)[0], self._phase)

    def weigh_position(self, fix: PositionFix) -> None:
        """Take in a position that somebody measured."""
        self._belief.weigh_cells(*self._fixes.position(fix, self._ahead_m))

    def weigh_heading(self, fix: HeadingFix) -> None:
        """Take in a heading that somebody measured."""
        self._belief.weigh_yaw(self._fixes.heading(fix, self._turned_rad))

    def boost(self, poses: Float64, log_ratio: Float64, radius_m: float, max_turn_rad: float) -> None:
        """Multiply the belief around poses (n, 3) with likelihood ratios (n,) that somebody else found, in nats."""
        for (x_m, y_m, yaw_rad), nats in zip(poses, log_ratio, strict=True):
            back_m = self._ahead_m * np.array([np.cos(yaw_rad), np.sin(yaw_rad)])
            at = Pose2(float(x_m - back_m[0]), float(y_m - back_m[1]), float(yaw_rad - self._turned_rad))
            self._belief.boost(self._grid, at, radius_m, max_turn_rad, float(np.exp(min(nats, MOST_NATS))))

    def belief(self) -> Float32:
        """Probability of each viewpoint (V,), with its half of the road to the next and from the last.

        They add up to 1, together with that of being off the map.
        """
        return self._belief.of_viewpoints()

    def belief_at(self, viewpoints: Int64) -> Float32:
        """The same of some viewpoints (n,), a few: without a look at all others."""
        return np.array([self._belief_of(int(viewpoint)) for viewpoint in viewpoints], np.float32)

    def modes(self, max_modes: int, radius_m: float, max_turn_rad: float) -> tuple[Mode, ...]:
        """Where the vehicle may be: one to `max_modes` places, most probable first, with the belief around each.

        What is within `radius_m` and `max_turn_rad` of the mean of a mode belongs to it. The covariance holds what the
        cells do not resolve: their length, and the lane on the road.
        """
        belief = self._belief
        return self._modes.find(
            belief.mass, belief.moment, belief.scale, self._ahead_m, self._turned_rad, max_modes, radius_m, max_turn_rad
        )

    def smoothed(self) -> tuple[Mode, ...]:
        """Where the vehicle was at each frame of the last `memory_m`, from all frames until now, oldest first."""
        belief, first = self._belief, self._steps - len(self._history)
        snapshots = self._history.smoothed(belief.mass, belief.moment)
        poses: list[Mode] = []
        for frame in self._frames:
            snapshot, (mass, moment) = snapshots[frame.step - first], np.zeros((2, len(self._cells)), np.float32)
            mass[snapshot.cell], moment[snapshot.cell] = snapshot.mass, snapshot.moment
            scale = 1.0 / float(snapshot.mass.sum())
            poses += self._modes.find(mass, moment, scale, frame.ahead_m, frame.turned_rad, 1, _SAME_M, _SAME_RAD)
        return tuple(poses)

    def most_probable_path(self) -> Float64:
        """Poses (n, 3), a cell apart, of the one path of the last `memory_m` that explains everything best."""
        cells, belief = self._cells, self._belief
        path = self._history.most_probable_path(belief.mass, belief.moment)
        xy_m = np.column_stack([cells.x_m[path], cells.y_m[path]]) + cells.origin_m
        return np.column_stack([xy_m, cells.yaw_rad[path]])

    @property
    def _phase(self) -> float:
        return self._ahead_m / self._config.cell_length_m

    def _start(self) -> None:
        self._ahead_m = self._turned_rad = self._log_evidence = 0.0
        self._unweighed_m = self._config.evidence_length_m  # the first frame counts in full
        self._fixes.reset()
        self._history.clear()
        self._frames.clear()
        self._steps = 0

    def _hop(self, turn_rad: float, backward: bool) -> None:
        self._history.record(self._belief.mass, self._belief.moment, backward)
        self._steps += 1
        while self._frames and self._frames[0].step < self._steps - len(self._history):
            self._frames.popleft()
        chance = -self._config.turn_chance_per_m * self._hop_m
        factor = self._belief.hop(self._step, turn_rad, float(np.exp(chance)), backward)
        self._log_evidence += float(np.log(factor)) - chance

    def _belief_of(self, viewpoint: int) -> float:
        cells, mass = self._cells, self._belief.mass
        start = cells.link_start
        out = range(*np.searchsorted(cells.link_from, [viewpoint, viewpoint + 1]))
        back = self._links_to[slice(*np.searchsorted(cells.link_to, [viewpoint, viewpoint + 1], sorter=self._links_to))]
        middle = [int(start[link] + (start[link + 1] - start[link] + 1) // 2) for link in (*out, *back)]
        near = sum(float(mass[start[link] : split].sum()) for link, split in zip(out, middle, strict=False))
        far = sum(
            float(mass[split : start[link + 1]].sum()) for link, split in zip(back, middle[len(out) :], strict=True)
        )
        return (near + far) * self._belief.scale
