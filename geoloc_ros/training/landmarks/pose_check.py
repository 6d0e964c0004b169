"""How well a learned scene finds the views that were held out, and how much its covariances have to grow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from geoloc_ros.core.landmark_config import CameraPoseConfig, VotingConfig
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.evaluation.landmarks.calibration import calibration_of
from geoloc_ros.evaluation.landmarks.judged import judge_views
from geoloc_ros.landmarks.finder import load_finder
from geoloc_ros.landmarks.landmark_map import LandmarkMap

_FEWEST: Final = 10
"""Poses whose errors say something about covariances."""
# Errors of views that are like those learned from are smaller than others will be.
_SMALLEST_FACTOR: Final = 1.0


@dataclass(frozen=True)
class PoseCheck:
    """Of Q views."""

    views: int
    found: int
    median_m: float
    """Of all views; one that is not found is infinitely wrong."""
    median_deg: float
    variance_factor: float
    """For `LandmarkMap.variance_factor`."""

    def as_text(self) -> str:
        """One line for people."""
        return (
            f"{self.found} of {self.views} held-out views found, median error {self.median_m:.3g} m, "
            f"{self.median_deg:.2g} degrees"
        )


def check_poses(
    landmark_map: LandmarkMap, held_out: PosedImages, seed: int, progress: ProgressCallback = no_progress
) -> PoseCheck:
    """Find the held-out views with a map whose variance factor is 1."""
    finder = load_finder(landmark_map, VotingConfig(), CameraPoseConfig())
    judged = judge_views(finder.find, held_out, np.full(len(held_out), np.nan), seed, progress)
    calibration = calibration_of(held_out.scene_from_camera, judged.answers)
    is_enough = calibration.views >= _FEWEST and np.isfinite(calibration.factor)
    factor = max(_SMALLEST_FACTOR, calibration.factor**2) if is_enough else _SMALLEST_FACTOR
    errors = judged.errors
    return PoseCheck(
        len(errors), int(errors.found.sum()), float(np.median(errors.position_m)),
        float(np.median(errors.angle_deg)), factor,
    )  # fmt: skip
