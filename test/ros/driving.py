"""A simulated vehicle, and what a navigation stack would do with what the localizer publishes: stand-ins of tf2, of a
controller and of an EKF, each as small as it can be."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

import numpy as np

from geoloc_ros.core.geometry import compose, relative_motion, wrap_angle
from geoloc_ros.core.types import Float64, Pose2, SemanticScan
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.drive import drive_route
from geoloc_ros.sim.noise import paper_at
from geoloc_ros.sim.route import choose_route
from geoloc_ros.sim.scans import ScanSimulator

SPEED_MPS = 5.0
TICK_S = 0.05
_LOOK_AHEAD_M = 6.0
_MAX_TURN_RADPS = 0.8


class StaleTransformError(Exception):
    """As tf2's ExtrapolationException."""


class TransformBuffer:
    """What tf2 does for one pair of frames: remembers, interpolates, refuses to look into the future."""

    def __init__(self) -> None:
        self._stamps_ns: list[int] = []
        self._poses: list[Pose2] = []

    def __len__(self) -> int:
        return len(self._stamps_ns)

    def add(self, stamp_ns: int, parent_from_child: Pose2) -> None:
        """Insert by stamp; one that is there already is ignored."""
        at = bisect_left(self._stamps_ns, stamp_ns)
        if at == len(self._stamps_ns) or self._stamps_ns[at] != stamp_ns:
            self._stamps_ns.insert(at, stamp_ns)
            self._poses.insert(at, parent_from_child)

    def at(self, stamp_ns: int) -> Pose2:
        """Interpolated. Raises StaleTransformError outside of what was heard."""
        after = bisect_left(self._stamps_ns, stamp_ns)
        if after == len(self._stamps_ns) or (after == 0 and self._stamps_ns[0] != stamp_ns):
            raise StaleTransformError(f"nothing around {stamp_ns} ns")
        if self._stamps_ns[after] == stamp_ns:
            return self._poses[after]
        before_ns, after_ns = self._stamps_ns[after - 1 : after + 1]
        before, behind = self._poses[after - 1 : after + 1]
        ratio = (stamp_ns - before_ns) / (after_ns - before_ns)
        step = relative_motion(before, behind)
        return compose(before, Pose2(ratio * step.x_m, ratio * step.y_m, ratio * step.yaw_rad))


class PathFollower:
    """Pure pursuit: steers at the point of the path that lies a few metres ahead, and stops at the end."""

    def __init__(self, path_m: Float64) -> None:
        """A path of points (N, 2) in the map frame, half a metre apart or so."""
        self._path_m = path_m
        self._nearest = 0

    def command(self, pose: Pose2) -> tuple[float, float]:
        """Speed and turn rate; nought and nought at the goal."""
        position = np.array([pose.x_m, pose.y_m])
        # Only onwards: a path may cross itself.
        window = self._path_m[self._nearest : self._nearest + 40]
        self._nearest += int(np.argmin(np.hypot(*(window - position).T)))
        ahead = self._path_m[self._nearest :]
        if len(ahead) < 2:
            return 0.0, 0.0
        distance_m = np.hypot(*(ahead - position).T)
        target = ahead[int(np.argmax(distance_m > _LOOK_AHEAD_M))] if np.any(distance_m > _LOOK_AHEAD_M) else ahead[-1]
        bearing_rad = wrap_angle(float(np.arctan2(target[1] - pose.y_m, target[0] - pose.x_m)) - pose.yaw_rad)
        reach_m = max(float(np.hypot(*(target - position))), 1.0)
        turn_radps = 2.0 * SPEED_MPS * np.sin(bearing_rad) / reach_m
        return SPEED_MPS, float(np.clip(turn_radps, -_MAX_TURN_RADPS, _MAX_TURN_RADPS))


@dataclass
class SimulatedVehicle:
    """Drives as it is told; its odometry has a wrong scale and drifts, its camera sees an edited world."""

    world: ScanSimulator
    truth: Pose2
    scale: float = 1.03
    drift_radps: float = 0.004
    odometry: Pose2 = field(default_factory=lambda: Pose2(0.0, 0.0, 0.0))

    def move(self, speed_mps: float, turn_radps: float) -> None:
        """One tick."""
        step = Pose2(speed_mps * TICK_S, 0.0, turn_radps * TICK_S)
        self.truth = compose(self.truth, step)
        felt = Pose2(self.scale * step.x_m, 0.0, step.yaw_rad + self.drift_radps * TICK_S)
        self.odometry = compose(self.odometry, felt)

    def look(self) -> SemanticScan:
        """What the camera sees now (B,)."""
        scan = self.world.observe(self.truth.as_array()[None], np.zeros(1, np.int64))
        return SemanticScan(scan.range_m[0], scan.instance[0], scan.observed[0])


class PoseFilter:
    """An EKF over x, y, yaw as robot_localization runs it: odometry predicts, poses correct, errors independent."""

    def __init__(self, pose: Float64, covariance: Float64, noise_per_s: Float64) -> None:
        self.pose, self.covariance, self._noise_per_s = pose, covariance, noise_per_s

    def predict(self, motion: Pose2, elapsed_s: float) -> None:
        """Move by odometry; process noise (3,) per second."""
        before = Pose2(*self.pose)
        after = compose(before, motion)
        jacobian = np.eye(3)
        jacobian[:2, 2] = before.y_m - after.y_m, after.x_m - before.x_m
        self.pose = after.as_array()
        self.covariance = jacobian @ self.covariance @ jacobian.T + np.diag(self._noise_per_s) * elapsed_s

    def correct(self, pose: Float64, covariance: Float64) -> float:
        """Take in a pose; its Mahalanobis distance from what was expected."""
        innovation = pose - self.pose
        innovation[2] = wrap_angle(float(innovation[2]))
        spread = np.linalg.inv(self.covariance + covariance)
        gain = self.covariance @ spread
        self.pose = self.pose + gain @ innovation
        self.covariance = (np.eye(3) - gain) @ self.covariance
        return float(np.sqrt(innovation @ spread @ innovation))


def plan(geomap: GeoMap, length_m: float, seed: int) -> Float64:
    """A path (N, 3) of x, y, yaw along streets of the map, three metres right of their middle."""
    rng = np.random.default_rng(seed)
    route = choose_route(geomap.roads, geomap.bounds_m, 1.2 * length_m + 50.0, rng)
    trajectory = drive_route(geomap.roads, route, np.full(len(geomap.roads), 6.0), SPEED_MPS, length_m, rng)
    moved = np.concatenate([[True], np.hypot(*np.diff(trajectory.pose[:, :2], axis=0).T) > 1e-3])
    return trajectory.pose[moved]


def make_vehicle(geomap: GeoMap, start: Pose2, seed: int) -> SimulatedVehicle:
    """At a pose of the map, in a world that differs as in `paper`, seen with milder mistakes: a town is small."""
    return SimulatedVehicle(ScanSimulator(geomap, paper_at(1.0), seed), start)
