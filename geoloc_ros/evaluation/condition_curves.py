"""What a condition is drawn from: belief against truth, and what stricter publishing would leave."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoloc_ros.core.types import Float64
from geoloc_ros.evaluation.consistency import AvailabilityCurve, Reliability, availability_curve, reliability
from geoloc_ros.evaluation.judged import JudgedDrive, joined
from geoloc_ros.evaluation.metrics import FALSE_M, FOUND_M


def belief_reliability(drives: Sequence[JudgedDrive]) -> Reliability:
    """The belief around each pose against whether it was within FOUND_M of the truth; fix or not."""
    error_m = joined(drives, "error_m")
    return reliability(np.where(np.isnan(error_m), np.nan, joined(drives, "probability")), error_m <= FOUND_M)


def sigma_availability(drives: Sequence[JudgedDrive]) -> AvailabilityCurve:
    """If only fixes up to a standard deviation were published: root of the larger variance of their position, m."""
    scores = [np.where(drive.is_fix, major_sigma_m(drive.covariance), np.nan) for drive in drives]
    return availability_curve(np.concatenate(scores), joined(drives, "error_m"), FALSE_M)


def chance_availability(drives: Sequence[JudgedDrive]) -> AvailabilityCurve:
    """If all poses up to a chance were published, and no other rule held."""
    return availability_curve(joined(drives, "chance"), joined(drives, "error_m"), FALSE_M)


def major_sigma_m(covariance: Float64) -> Float64:
    """Standard deviation (N,) along the longer axis of the position's ellipse; NaN where there is no covariance."""
    known = np.isfinite(covariance[:, :2, :2]).all(axis=(1, 2))
    sigma_m = np.full(len(covariance), np.nan)
    sigma_m[known] = np.sqrt(np.linalg.eigvalsh(covariance[known][:, :2, :2])[:, 1].clip(0.0))
    return sigma_m
