"""From a pose that is roughly known to metres: the scans of a window and the walls of the map, laid over each other.

The scans of the last metres are joined by odometry, whose scale and drift of heading are unknown, and the walls of the
map are cast from where each of them was made. Every building errs by itself, and the same way in all scans: depth by a
factor, the map by an offset on the ground. These are random effects with priors, eliminated building by building (a
bundle adjustment that is anchored in the map, by Gauss-Newton with robust weights). So the covariance is that of some
dozens of buildings, not of thousands of rays. The work is done by src/alignment.cpp.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np

from geoloc_ros.core.config import ScanConfig
from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.localization_config import AlignConfig, MotionConfig
from geoloc_ros.core.native import load_native
from geoloc_ros.core.types import Float64, Pose2, PositionFix
from geoloc_ros.localization.alignment.joined import JoinedScans, join_fixes, join_scans
from geoloc_ros.localization.alignment.window import ScanWindow
from geoloc_ros.maps.raycast import RayCaster

# x, y, yaw, log scale of odometry, yaw drift, its change, camera yaw, log scale of depth.
_STATE: Final = 8
_START_COVARIANCE: Final = np.diag([10.0**2, 10.0**2, np.radians(10.0) ** 2])
_EVERY_RAY_AT_FIRST = 2
_EVERY_SCAN, _EVERY_RAY, _NUM_STARTS = 2, 2, 3
# As far apart as a step of the solver can bridge, and as far out as a start is usually wrong.
_DEPTH_SIGMAS: Final = 2.0
_STEP_M, _STEP_RAD, _REACH_SIGMAS = 4.0, np.radians(4.0), 1.2
# However vague a pose is that somebody names: no mode of the belief is wider, and 2 300 poses take long enough.
_MOST_STEPS, _MOST_TURNS = 5, 9
# The farther back a scan is, the more the heading must be known for it to be anywhere near its place.
_STAGES_M: Final = (100.0, 240.0)
# Like houses fit in more than one place: it is asked again and again whether another one fits better.
_SEARCH_EVERY_M = 50.0
_DOUBT_COVARIANCE: Final = np.diag([4.0**2, 4.0**2, np.radians(4.0) ** 2])
# It is no pose if there are too few walls, if most of what is seen is something else, or if it still moves.
_MIN_BUILDINGS, _MIN_INLIER_RATIO, _LAST_STEP_M = 8, 0.3, 1.0
# Where a share of what is seen does not belong to the map, the variance of a robust estimate grows with the inverse
# square of the rest (Huber, Robust Statistics); the factor is that of 30 drives through kyoto, as large as the 95 %
# ellipse asks for.
_VARIANCE_FACTOR = 1.3
# By how much the weights of Student's t overstate its information, which is (f + 1) / (f + 3) of them (Lange et al.,
# Robust statistical modeling using the t distribution, 1989), f = 0.5 (kRayFreedom in src/alignment_solver.cpp).
_OVERSTATED: Final = 3.5 / 1.5


@dataclass(frozen=True)
class Alignment:
    """Where the scans of a window fit the map best."""

    pose: Pose2
    """Of the base at the newest frame."""
    covariance: Float64
    """(3, 3) of x, y, yaw: m^2, m rad, rad^2."""
    frame_pose: Float64
    """(K, 3), x_m, y_m, yaw_rad of the base at all frames of the window, oldest first."""
    log_ratio: float
    """Nats by which the rays are more likely here than where nothing is known; buildings are its units."""
    inlier_ratio: float
    """Share of the rays that hit something whose range fits the wall."""
    num_buildings: int
    """That took part."""
    scale: float
    """Metres per metre of odometry."""
    depth_scale: float
    """By which ranges are too long."""
    camera_yaw_rad: float
    """Of the camera on the vehicle, beside what was said of it."""
    nis: float
    """Innovation against the prior, normalised: of three degrees of freedom where all is well."""
    state: Float64
    """All unknowns, for the next alignment to start from (`Aligner.align`)."""
    searched_m: float
    """`ScanWindow.driven_m` at which other poses around were tried the last time."""
    converged: bool
    """False where there are too few walls, where most of what is seen does not fit them, or where no pose was found."""


class Aligner:
    """Lays scans over the walls of one city; safe to use from several threads."""

    def __init__(self, caster: RayCaster, scan: ScanConfig, align: AlignConfig, motion: MotionConfig) -> None:
        self._caster = caster
        self._align = align
        sigmas = [
            motion.scale_sigma, motion.yaw_bias_radps, align.yaw_bias_change_radps2, align.camera_yaw_rad,
            align.depth_scale_sigma,
        ]  # fmt: skip
        self._slow_information = np.diag(1.0 / np.maximum(sigmas, 1e-9) ** 2)
        self._model = _model(scan, align)
        self._most_depth = _DEPTH_SIGMAS * align.depth_scale_sigma

    def align(
        self, window: ScanWindow, start: Pose2, prior: Float64 | None = None, fixes: Sequence[PositionFix] = (),
        camera_yaw_rad: float = 0.0, before: Alignment | None = None,
    ) -> Alignment:
        """Find the pose of the newest frame of a window with at least one.

        Args:
            window: The scans.
            start: Where the newest of them is believed to be.
            prior: Covariance (3, 3) of that; None: within 10 m and 10 degrees. Without `before` it is searched through.
            fixes: Positions that others measured; those outside of the window's stamps are not used.
            camera_yaw_rad: Of the camera on the vehicle as far as known: every scan is taken as turned left by it.
            before: The last alignment of the same place, from which the start was carried on: what it found out about
                odometry, camera and depth is where this one starts. It adds no weight: its scans are in the window.
        """
        frames = window.frames
        joined = join_fixes(join_scans(frames), frames, fixes)
        mean = np.array([start.x_m, start.y_m, start.yaw_rad, 0.0, 0.0, 0.0, camera_yaw_rad, 0.0])
        covariance = _START_COVARIANCE if prior is None else prior
        information = np.zeros((_STATE, _STATE))
        information[:3, :3] = np.linalg.inv(covariance)
        information[3:, 3:] = self._slow_information
        problem = _Problem(joined, mean, information)
        driven_m = frames[-1].driven_m
        if before is None:
            solution, searched_m = self._find(problem, mean, covariance), driven_m
        else:
            solution = self._solve(problem, np.append(mean[:3], before.state[3:]))
            searched_m = before.searched_m
            if not 0.0 <= driven_m - searched_m < _SEARCH_EVERY_M:
                other, searched_m = self._find(problem, solution.state, _DOUBT_COVARIANCE), driven_m
                solution = max(solution, other, key=_log_ratio)
        return self._alignment(solution, problem, covariance, searched_m)

    def _find(self, problem: _Problem, around: Float64, covariance: Float64) -> _Solution:
        """Solve from the best start that is found within `covariance` of a state."""
        stages = [problem.newest(length_m, _EVERY_RAY_AT_FIRST) for length_m in _STAGES_M]
        starts = self._search(stages[0].joined, around, covariance)
        state = max((self._solve(stages[0], start) for start in starts), key=_log_ratio).state
        for stage in stages[1:]:
            state = self._solve(stage, state).state
        return self._solve(problem, state)

    def _search(self, joined: JoinedScans, state: Float64, covariance: Float64) -> list[Float64]:
        """The most promising of the poses within `covariance` of a state, by some of the newest rays."""
        thin = joined.thinned(_EVERY_SCAN, _EVERY_RAY)
        x_m, y_m = (_steps(covariance[axis, axis], _STEP_M, _MOST_STEPS) for axis in (0, 1))
        yaw_rad = _steps(covariance[2, 2], _STEP_RAD, _MOST_TURNS)
        offsets = np.stack(np.meshgrid(x_m, y_m, yaw_rad), axis=-1).reshape(-1, 3)
        states = np.repeat(state[None], len(offsets), axis=0)
        states[:, :3] += offsets
        log_ratio = np.empty(len(states))
        _native().geoloc_align_scores(
            self._caster.scene, *thin.log_range.shape, thin.motion.ctypes.data, thin.log_range.ctypes.data,
            thin.instance.ctypes.data, thin.observed.ctypes.data, self._model.ctypes.data, self._most_depth,
            len(states), states.ctypes.data, log_ratio.ctypes.data,
        )  # fmt: skip
        return list(states[np.argsort(-log_ratio, kind="stable")[:_NUM_STARTS]])

    def _solve(self, problem: _Problem, start: Float64) -> _Solution:
        joined, mean, information = problem.joined, problem.mean, problem.information
        solution = _Solution(start.copy(), np.zeros((_STATE, _STATE)), np.zeros((len(joined.motion), 3)), np.zeros(6))
        failed = _native().geoloc_align_window(
            self._caster.scene, *joined.log_range.shape, joined.motion.ctypes.data, joined.log_range.ctypes.data,
            joined.instance.ctypes.data, joined.observed.ctypes.data, len(joined.fix_node), joined.fix_node.ctypes.data,
            joined.fix_m.ctypes.data, joined.fix_information.ctypes.data, self._model.ctypes.data, mean.ctypes.data,
            np.ascontiguousarray(information).ctypes.data, self._align.max_iterations, solution.state.ctypes.data,
            solution.information.ctypes.data, solution.pose.ctypes.data, solution.report.ctypes.data,
        )  # fmt: skip
        if failed:  # numbers ran away: nothing was found out, which is not to end a node
            return _Solution(start.copy(), information.copy(), solution.pose, _NOTHING_FOUND.copy())
        return solution

    def _alignment(
        self, solution: _Solution, problem: _Problem, prior: Float64, searched_m: float
    ) -> Alignment:
        """What a solution says, for a start with the covariance `prior`."""
        mean = problem.mean
        x_m, y_m, yaw_rad, log_scale, _, _, camera_rad, log_depth = map(float, solution.state)
        _, last_step_m, num_buildings, log_ratio, inlier_ratio, disagreement = map(float, solution.report)
        growth = _growth(inlier_ratio, disagreement)
        covariance = np.asarray(growth * np.linalg.inv(solution.information)[:3, :3], np.float64)
        innovation = np.array([x_m - mean[0], y_m - mean[1], wrap_angle(yaw_rad - float(mean[2]))])
        # Over the sum of both: an upper bound of how far they should be apart.
        nis = innovation @ np.linalg.solve(prior + covariance, innovation)
        converged = (
            num_buildings >= _MIN_BUILDINGS and inlier_ratio >= _MIN_INLIER_RATIO and last_step_m < _LAST_STEP_M
        )
        return Alignment(
            Pose2(x_m, y_m, yaw_rad), covariance, solution.pose[problem.joined.scan_node], log_ratio, inlier_ratio,
            int(num_buildings), float(np.exp(log_scale)), float(np.exp(log_depth)), camera_rad - float(mean[6]),
            float(nis), solution.state, searched_m, converged,
        )


@dataclass(frozen=True)
class _Problem:
    """Scans, and what is known of the state without them."""

    joined: JoinedScans
    mean: Float64
    """(8,)."""
    information: Float64
    """(8, 8)."""

    def newest(self, length_m: float, every_ray: int) -> _Problem:
        """The same with some rays of the scans of the last metres."""
        return replace(self, joined=self.joined.newest(length_m).thinned(1, every_ray))


@dataclass(frozen=True)
class _Solution:
    """What the kernel writes."""

    state: Float64
    information: Float64
    pose: Float64
    """(nodes, 3)."""
    report: Float64
    """Iterations, last step in metres, buildings, log ratio, inlier ratio, disagreement of the buildings."""


_NOTHING_FOUND = np.array([0.0, np.inf, 0.0, -np.inf, 0.0, 0.0])


def _growth(inlier_ratio: float, disagreement: float) -> float:
    """By how much the variance is larger than the inverse information.

    The larger of what rays that do not fit ask for (many small houses, some of them gone) and of how the buildings
    disagree (few large ones, which fit but are farther off than assumed). The latter is a sandwich estimator: what an
    information overstates enters it squared.
    """
    unfitting = _VARIANCE_FACTOR / max(inlier_ratio, _MIN_INLIER_RATIO) ** 2
    return max(unfitting, _OVERSTATED, _OVERSTATED**2 * disagreement)


def _log_ratio(solution: _Solution) -> float:
    return float(solution.report[3])


def _steps(variance: float, step: float, most_steps: int) -> Float64:
    """Offsets to try along one axis."""
    most = round(min(_REACH_SIGMAS * float(np.sqrt(variance)) / step, most_steps))
    return step * np.arange(-most, most + 1.0)


def _model(scan: ScanConfig, align: AlignConfig) -> Float64:
    """As `Model` in src/alignment.cpp."""
    return np.array([
        scan.max_range_m, align.ray_sigma, align.depth_sigma, align.offset_sigma_m, align.edge_sigma_rad,
    ])  # fmt: skip


@cache
def _native() -> ctypes.CDLL:
    library = load_native()
    pointer, count = ctypes.c_void_p, ctypes.c_int32
    library.geoloc_align_window.argtypes = [
        pointer, count, count, *[pointer] * 4, count, *[pointer] * 6, count, *[pointer] * 4
    ]
    library.geoloc_align_window.restype = ctypes.c_int
    library.geoloc_align_scores.argtypes = [
        pointer, count, count, *[pointer] * 5, ctypes.c_double, count, *[pointer] * 2
    ]
    library.geoloc_align_scores.restype = ctypes.c_int
    return library
