"""Belief over all road cells, exact over every drivable path: the forward algorithm, in C++."""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np

from geoloc_ros.core.config import MotionConfig, TrackerConfig
from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.native import load_native
from geoloc_ros.core.types import Float32, Float64, Int32, Int64, Mode, Pose2
from geoloc_ros.localization.cells import cut_cells
from geoloc_ros.maps.geomap import PlaceGraph

_CLUSTER_PASSES = 2


class PathTracker:
    """Sums over all drivable paths the probability of odometry and of what was seen on the way.

    The state is a road cell with a driving direction. All mass moves on by one cell when odometry has moved by one; in
    between, `phase` says how far it is into its cells, so nothing is lost to rounding. A small share lags behind at
    every step (and steps are shortened alike), which is how odometry's error spreads. At a fork each way on gets the
    same share. A frame counts in proportion to the distance driven since the last one, so standing still adds
    nothing and ten frames of the same facade count as one.

    Each cell also holds the expected deviation of the vehicle's yaw from the road's (the mean over the paths that lead
    there). Odometry's turns add to it and the road's subtract. It costs probability per metre for as long as it
    lasts: cheap when the vehicle cuts a corner, decisive when odometry turned where a path did not.
    """

    def __init__(self, places: PlaceGraph, config: TrackerConfig, motion: MotionConfig) -> None:
        self._config = config
        self._cells = cut_cells(places, config.cell_length_m)
        self._num_viewpoints = len(places.viewpoint_place)
        # A step of probability 1 - stay and length l has variance stay (1 - stay) l^2 over its mean (1 - stay) l.
        self._stay = min(0.5, motion.distance_variance_m / config.cell_length_m)
        self._hop_m = (1.0 - self._stay) * config.cell_length_m
        self._mass = np.empty(len(self._cells), np.float32)
        self._moment = np.empty(len(self._cells), np.float32)
        self._scratch = np.empty((2, self._num_viewpoints), np.float32)
        self.reset()

    def reset(self) -> None:
        """Anywhere in the city, in either direction, along the road."""
        self._mass[:] = 1.0 / len(self._cells)
        self._moment[:] = 0.0
        self._total = 1.0
        self._ahead_m = 0.0
        self._turned_rad = 0.0
        self._unweighed_m = self._config.evidence_length_m  # the first frame counts in full

    def set_pose(self, pose: Pose2, covariance: Float64) -> None:
        """Belief of a pose that somebody names, with its covariance (3, 3) of x, y, yaw."""
        self.reset()
        cells = self._cells
        offset_yaw = wrap_angle(pose.yaw_rad - cells.yaw_rad.astype(np.float64))
        offset = np.column_stack([
            pose.x_m - cells.origin_m[0] - cells.x_m, pose.y_m - cells.origin_m[1] - cells.y_m, offset_yaw
        ])
        # Roads are where lanes are not, and cells have a length: nobody means a pose to be nearer than that.
        floor = np.diag([self._config.cell_length_m**2, self._config.cell_length_m**2, 0.1**2])
        exponent = -0.5 * np.einsum("ci,ij,cj->c", offset, np.linalg.inv(covariance + floor), offset)
        mass = np.exp(exponent - exponent.max())
        self._mass[:] = 0.999 * mass / mass.sum() + 0.001 / len(mass)
        self._moment[:] = self._mass * offset_yaw * (mass > 1e-6)

    def advance(self, forward_m: float, turn_rad: float) -> bool:
        """Move by odometry (backwards is negative, left turns positive); True when the belief has changed cells."""
        self._ahead_m += forward_m
        self._turned_rad += turn_rad
        self._unweighed_m += abs(forward_m)
        hopped = self._ahead_m >= self._hop_m
        while self._ahead_m >= self._hop_m:
            turn_rad = self._turned_rad * self._hop_m / self._ahead_m
            self._ahead_m -= self._hop_m
            self._turned_rad -= turn_rad
            self._hop(turn_rad)
        return hopped

    def weigh(self, log_likelihood: Float32) -> None:
        """Take in what a frame says about every viewpoint (V,); it counts by the distance driven since the last."""
        power = min(1.0, self._unweighed_m / self._config.evidence_length_m)
        self._unweighed_m = 0.0
        likelihood = np.exp(np.float32(power) * (log_likelihood - log_likelihood.max()))
        cells = self._cells
        self._total = _native().geoloc_tracker_weigh(
            len(cells.link_from), _pointer(cells.link_start), _pointer(cells.link_from), _pointer(cells.link_to),
            _pointer(likelihood), self._phase, _pointer(self._mass), _pointer(self._moment),
        )

    def belief(self) -> Float32:
        """Probability of each viewpoint (V,), with its half of the road to the next and from the last."""
        cells, belief = self._cells, np.empty(self._num_viewpoints, np.float32)
        _native().geoloc_tracker_belief(
            len(cells.link_from), self._num_viewpoints, _pointer(cells.link_start), _pointer(cells.link_from),
            _pointer(cells.link_to), 1.0 / self._total, _pointer(self._mass), _pointer(belief),
        )
        return belief

    def cluster(self, viewpoint: int, radius_m: float, max_turn_rad: float) -> Mode:
        """Mean and spread of the belief within `radius_m` and `max_turn_rad` of the best cell at a viewpoint.

        The spread holds what the cells do not resolve: their length, and the lane on the road.
        """
        pose = seed = self._best_pose(viewpoint)
        for _ in range(_CLUSTER_PASSES):
            sums = self._cluster_sums(pose, radius_m, max_turn_rad)
            if sums[0] <= 0.0:
                return Mode(seed, np.diag([radius_m**2, radius_m**2, max_turn_rad**2]), 0.0)
            mean = sums[1:] / sums[0]
            centre = pose
            dx_m, dy_m, turn_rad = map(float, mean[[0, 1, 5]])
            pose = Pose2(centre.x_m + dx_m, centre.y_m + dy_m, wrap_angle(centre.yaw_rad + turn_rad))
        covariance = np.diag([mean[2] - mean[0] ** 2, mean[4] - mean[1] ** 2, mean[6] - mean[5] ** 2])
        covariance[0, 1] = covariance[1, 0] = mean[3] - mean[0] * mean[1]
        unresolved = self._config.cell_length_m**2 / 12.0
        covariance += np.diag([1.0 + unresolved, 1.0 + unresolved, np.radians(1.0) ** 2])
        road_rad = centre.yaw_rad + mean[7]
        ahead = Pose2(
            float(pose.x_m + self._ahead_m * np.cos(road_rad)), float(pose.y_m + self._ahead_m * np.sin(road_rad)),
            wrap_angle(pose.yaw_rad + self._turned_rad),
        )
        return Mode(ahead, covariance, float(min(1.0, sums[0] / self._total)))

    @property
    def _phase(self) -> float:
        return self._ahead_m / self._config.cell_length_m

    def _best_pose(self, viewpoint: int) -> Pose2:
        """Expected pose of the most probable cell on the links that touch a viewpoint."""
        cells = self._cells
        links = np.flatnonzero((cells.link_from == viewpoint) | (cells.link_to == viewpoint))
        near = np.concatenate([np.arange(cells.link_start[link], cells.link_start[link + 1]) for link in links])
        best = int(near[np.argmax(self._mass[near])])
        return Pose2(
            float(cells.x_m[best] + cells.origin_m[0]), float(cells.y_m[best] + cells.origin_m[1]),
            wrap_angle(float(cells.yaw_rad[best] + self._moment[best] / max(float(self._mass[best]), 1e-30))),
        )

    def _hop(self, turn_rad: float) -> None:
        cells, config, native = self._cells, self._config, _native()
        native.geoloc_tracker_hop(
            len(cells.link_from), self._num_viewpoints, _pointer(cells.link_start), _pointer(cells.link_from),
            _pointer(cells.link_to), _pointer(cells.cell_turn_rad), _pointer(cells.exit_turn_rad),
            _pointer(cells.out_share), self._stay, 1.0 / self._total, turn_rad, _pointer(self._scratch[0]),
            _pointer(self._scratch[1]), _pointer(self._mass), _pointer(self._moment),
        )
        native.geoloc_tracker_settle(
            len(cells), config.heading_sigma_rad**2, 1.0 - np.exp(-config.heading_penalty_per_m * self._hop_m),
            np.exp(-self._hop_m / config.heading_memory_m), config.leak_per_m * self._hop_m,
            _pointer(self._mass), _pointer(self._moment),
        )
        self._total = float(self._mass.sum(dtype=np.float64))

    def _cluster_sums(self, centre: Pose2, radius_m: float, max_turn_rad: float) -> Float64:
        cells, sums = self._cells, np.empty(9)
        _native().geoloc_tracker_cluster(
            len(cells), _pointer(cells.x_m), _pointer(cells.y_m), _pointer(cells.yaw_rad), _pointer(self._mass),
            _pointer(self._moment), centre.x_m - cells.origin_m[0], centre.y_m - cells.origin_m[1], centre.yaw_rad,
            radius_m, max_turn_rad, _pointer(sums),
        )
        return sums


def _pointer(array: Float32 | Float64 | Int32 | Int64) -> int:
    assert array.flags.c_contiguous
    return array.ctypes.data


@cache
def _native() -> ctypes.CDLL:
    library = load_native()
    count, pointer, real = ctypes.c_int64, ctypes.c_void_p, ctypes.c_float
    library.geoloc_tracker_hop.argtypes = [count] * 2 + [pointer] * 6 + [real] * 3 + [pointer] * 4
    library.geoloc_tracker_hop.restype = None
    library.geoloc_tracker_settle.argtypes = [count] + [real] * 4 + [pointer] * 2
    library.geoloc_tracker_settle.restype = None
    library.geoloc_tracker_weigh.argtypes = [count] + [pointer] * 4 + [real] + [pointer] * 2
    library.geoloc_tracker_weigh.restype = ctypes.c_double
    library.geoloc_tracker_belief.argtypes = [count] * 2 + [pointer] * 3 + [real] + [pointer] * 2
    library.geoloc_tracker_belief.restype = None
    library.geoloc_tracker_cluster.argtypes = [count] + [pointer] * 5 + [real] * 5 + [pointer]
    library.geoloc_tracker_cluster.restype = None
    return library
