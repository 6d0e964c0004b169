"""One place that is followed metre by metre: aligned with the walls, carried by odometry, tested on every frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.localization_config import MotionConfig
from geoloc_ros.core.types import Float64, Observation, Pose2, PositionFix, SemanticScan
from geoloc_ros.localization.agreement import RayAgreement
from geoloc_ros.localization.alignment.aligner import Aligner, Alignment
from geoloc_ros.localization.alignment.window import ScanWindow
from geoloc_ros.localization.carrying import CarriedPose
from geoloc_ros.localization.significance import Witness

# What the last alignment found is in the window already: a prior only says where to look, or scans would count twice.
_NEARBY = np.diag([5.0**2, 5.0**2, np.radians(5.0) ** 2])
# Odometry is good for so long.
_ALIGN_EVERY_M = 5.0
# Who stands for minutes turns in odometry: align once the heading may be off by so much, and then again when by more.
_MOST_DRIFT_RAD, _DRIFT_GROWTH = np.radians(3.0), 1.5


class FollowedPlace:
    """A pose that begins at a mode of the belief over the map and is kept by the scans themselves.

    Each frame is compared with the map from where the vehicle is expected to be, before it is used to align anything:
    its log-likelihood ratio against other places of the city (`RayAgreement`) is what it honestly says of this place.
    """

    def __init__(
        self, aligner: Aligner, agreement: RayAgreement, motion: MotionConfig, pose: Pose2, covariance: Float64
    ) -> None:
        """Begin at a pose; `carry` before anything else."""
        self._aligner, self._agreement, self._motion = aligner, agreement, motion
        self.pose, self.covariance = pose, covariance
        self._begun = covariance
        self._carried: CarriedPose | None = None
        self.alignment: Alignment | None = None
        """The last one; None before the first."""
        self.unaligned_m = 0.0
        """Driven since then."""
        self._untried_m, self._tried_yaw_rad = np.inf, 0.0

    def carry(self, stamp_ns: int, odometry: Pose2, travelled_m: float) -> None:
        """Move to the odometry of a frame, `travelled_m` after the last one."""
        self.unaligned_m += travelled_m
        self._untried_m += travelled_m
        if self._carried is None:
            self._carried = CarriedPose(self.pose, self.covariance, stamp_ns, odometry, self._motion)
        self.pose, self.covariance = self._carried.to(stamp_ns, odometry)

    def expect(self, scan: SemanticScan, camera_yaw_rad: float) -> Witness:
        """What a frame says of the pose that it was expected from."""
        depth_scale = 1.0 if self.alignment is None else self.alignment.depth_scale
        pose = self.pose.as_array() + [0.0, 0.0, camera_yaw_rad]
        weighed = self._agreement.weigh(scan, depth_scale)
        return Witness(float(self._agreement.log_ratio([weighed], pose[None])[0]), weighed.information)

    @property
    def is_due(self) -> bool:
        """Whether it is time to align."""
        yaw_rad = float(np.sqrt(self.covariance[2, 2]))
        has_drifted = yaw_rad > max(_MOST_DRIFT_RAD, _DRIFT_GROWTH * self._tried_yaw_rad)
        return self.alignment is None or self._untried_m >= _ALIGN_EVERY_M or has_drifted

    def align(
        self, window: ScanWindow, observation: Observation, fixes: Sequence[PositionFix], camera_yaw_rad: float
    ) -> None:
        """Take the pose from the scans of a window that ends at the observation; or keep it if they say nothing."""
        self._untried_m, self._tried_yaw_rad = 0.0, float(np.sqrt(self.covariance[2, 2]))
        prior = self._begun + 0.25 * _NEARBY if self.alignment is None else self.covariance + _NEARBY
        alignment = self._aligner.align(window, self.pose, prior, fixes, camera_yaw_rad, self.alignment)
        if not alignment.converged:
            return
        self.alignment, self.unaligned_m = alignment, 0.0
        self.pose, self.covariance = alignment.pose, alignment.covariance
        self._carried = CarriedPose(
            alignment.pose, alignment.covariance, observation.stamp_ns, observation.odometry, self._motion
        )

    def distance_to(self, pose: Pose2) -> tuple[float, float]:
        """Metres and radians to another pose."""
        distance_m = float(np.hypot(pose.x_m - self.pose.x_m, pose.y_m - self.pose.y_m))
        return distance_m, abs(float(wrap_angle(pose.yaw_rad - self.pose.yaw_rad)))
