"""Whether covariances of poses are as large as the errors are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from geoloc_ros.core.landmarks import CameraAnswer, CameraPose
from geoloc_ros.core.types import Float64, Pose3

CHI2_95_POSITION, CHI2_95_POSE = 7.8147, 12.5916
"""Of 3 and of 6 degrees of freedom."""
_MEDIAN_POSE = 5.3481
"""Of chi squared with 6 degrees of freedom."""


@dataclass(frozen=True)
class Calibration:
    """Of the poses that were found."""

    views: int
    position_ratio: float
    """Share of positions inside of their 95 % ellipsoid."""
    pose_ratio: float
    """Share of poses inside of theirs, in six dimensions."""
    factor: float
    """By which standard deviations would have to be multiplied for the median error to be what they say."""


def calibration_of(truth: Sequence[Pose3], answers: Sequence[CameraAnswer]) -> Calibration:
    """Compare answers (Q,) with the true `scene_from_camera` (Q,); NaN where none was found.

    A pose that nothing agrees with, such as that of the most similar photo, claims no covariance and does not count.
    """
    pairs = zip(truth, answers, strict=True)
    found = [(one, pose) for one, pose in pairs if isinstance(pose, CameraPose) and len(pose.inliers)]
    if not found:
        return Calibration(0, float("nan"), float("nan"), float("nan"))
    squares = np.array([squared_errors(one, pose) for one, pose in found])
    return Calibration(
        len(found),
        float(np.mean(squares[:, 0] <= CHI2_95_POSITION)), float(np.mean(squares[:, 1] <= CHI2_95_POSE)),
        float(np.sqrt(np.median(squares[:, 1]) / _MEDIAN_POSE)),
    )  # fmt: skip


def squared_errors(truth: Pose3, found: CameraPose) -> tuple[float, float]:
    """Squared Mahalanobis distances of the position (3 degrees of freedom) and of the whole pose (6)."""
    error = pose_difference(truth, found.scene_from_camera)
    position = error[:3] @ np.linalg.solve(found.covariance[:3, :3], error[:3])
    return float(position), float(error @ np.linalg.solve(found.covariance, error))


def pose_difference(truth: Pose3, found: Pose3) -> Float64:
    """From the truth to what was found (6,): x, y, z (m) and rotations about these axes (rad), frame of the scene."""
    turned, _ = cv2.Rodrigues(found.rotation @ truth.rotation.T)
    return np.concatenate([found.translation_m - truth.translation_m, np.asarray(turned, np.float64).ravel()])
