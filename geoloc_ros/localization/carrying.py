"""A pose between two frames: carried on by odometry, its covariance growing by what odometry may be wrong about."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.geometry import compose, inverse, relative_motion
from geoloc_ros.core.localization_config import MotionConfig
from geoloc_ros.core.types import Float64, Pose2


class CarriedPose:
    """A pose that was true at a stamp, with its covariance, moved by the odometry since.

    Odometry is wrong by a constant scale, by a constant drift of its heading, and by a distance error of its own that
    grows with every metre (`MotionConfig`). Since the errors are those since the stamp, and not of one message, the
    covariance does not depend on how often odometry speaks.
    """

    def __init__(
        self, pose: Pose2, covariance: Float64, stamp_ns: int, odometry: Pose2, config: MotionConfig
    ) -> None:
        """Start from a pose in the map frame with its covariance (3, 3) and the odometry of its stamp."""
        self._pose, self._covariance, self._stamp_ns = pose, covariance, stamp_ns
        self._start = self._last = odometry
        self._driven_m = 0.0
        self.step_m = 0.0
        """How far odometry moved the last time: who knows what a vehicle can do tells a jump by it."""
        self._config = config

    def to(self, stamp_ns: int, odometry: Pose2) -> tuple[Pose2, Float64]:
        """Pose and covariance (3, 3) of x, y, yaw at the odometry of a later stamp."""
        self.step_m = float(np.hypot(odometry.x_m - self._last.x_m, odometry.y_m - self._last.y_m))
        self._driven_m += self.step_m
        self._last = odometry
        pose = compose(self._pose, relative_motion(self._start, odometry))
        elapsed_s = max(0.0, (stamp_ns - self._stamp_ns) * 1e-9)
        return pose, self._grown(pose, elapsed_s)

    def map_from_odom(self) -> Pose2:
        """Of the frame of the odometry; it stays as it was at the stamp, as odometry's errors are not known."""
        return compose(self._pose, inverse(self._start))

    def _grown(self, pose: Pose2, elapsed_s: float) -> Float64:
        config = self._config
        moved = np.array([pose.x_m - self._pose.x_m, pose.y_m - self._pose.y_m])
        across = np.array([-moved[1], moved[0]])
        # A start heading that is wrong turns the whole way about the start.
        jacobian = np.eye(3)
        jacobian[:2, 2] = across
        # Drift that grows evenly turns the way by half of what it turns the heading, in the mean.
        drift = config.yaw_bias_radps * elapsed_s * np.array([*(0.5 * across), 1.0])
        scale = config.scale_sigma * np.array([*moved, 0.0])
        ahead = np.array([np.cos(pose.yaw_rad), np.sin(pose.yaw_rad), 0.0])
        covariance: Float64 = (
            jacobian @ self._covariance @ jacobian.T + np.outer(drift, drift) + np.outer(scale, scale)
            + config.distance_variance_m * self._driven_m * np.outer(ahead, ahead)
        )
        return covariance
