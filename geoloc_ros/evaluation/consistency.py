"""Is a localizer as sure as it may be: covariances against errors, probabilities against what was right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from geoloc_ros.core.types import Bool, Float32, Float64, Int64

LEVELS = (0.5, 0.8, 0.95, 0.99)
"""Of ellipses that hold so large a share of the errors, if the covariance is true."""
POSITION, POSE = 2, 3
"""Degrees of freedom: x and y, or x, y and yaw."""


@dataclass(frozen=True)
class Reliability:
    """How often what was said with a probability was right, in K bins of it; NaN in bins that nobody used."""

    said: Float64
    """(K,), mean probability of a bin."""
    right: Float64
    """(K,), share that was right."""
    count: Int64
    """(K,)."""

    @property
    def mean_gap(self) -> float:
        """Mean distance of said from right, over everything that was said ("expected calibration error")."""
        used = self.count > 0
        if not used.any():
            return float("nan")
        return float(np.average(np.abs(self.said - self.right)[used], weights=self.count[used]))


@dataclass(frozen=True)
class AvailabilityCurve:
    """What remains, and how good it is, if only frames up to a threshold of some score were published; K thresholds."""

    threshold: Float64
    """(K,), ascending."""
    availability: Float64
    """(K,), share of all frames that score no more."""
    error_m: Float64
    """(K,), a quantile of their error."""
    false_ratio: Float64
    """(K,), share of them that is wrong by more than the limit."""


def nees(error: Float64, covariance: Float64) -> Float64:
    """Normalised estimation error squared (N,) of errors (N, k) with covariances (N, k, k): k on average if true.

    Infinite where a covariance is singular, or is none; NaN where error or covariance is.
    """
    squared = np.full(len(error), np.inf)
    known: Bool = np.asarray(np.isfinite(error).all(axis=1) & np.isfinite(covariance).all(axis=(1, 2)))
    squared[~known] = np.nan
    usable = known.copy()
    usable[known] = np.linalg.eigvalsh(covariance[known]).min(axis=1) > 0.0
    solved = np.linalg.solve(covariance[usable], error[usable][..., None])[..., 0]
    squared[usable] = np.sum(error[usable] * solved, axis=1)
    return squared


def is_within_ellipse(nees_values: Float64, dof: int, level: float) -> Float64:
    """1 where an error lies within the ellipse of `level`, 0 where beside it, NaN where NEES is; (N,)."""
    inside = np.where(nees_values <= chi2.ppf(level, dof), 1.0, 0.0)
    return np.asarray(np.where(np.isnan(nees_values), np.nan, inside))


def mean_nees_bounds(dof: int, count: int, level: float = 0.95) -> tuple[float, float]:
    """Where the mean NEES of `count` independent errors lies with probability `level`, if the covariances are true."""
    tail = (1.0 - level) / 2.0
    low, high = chi2.ppf([tail, 1.0 - tail], dof * count) / count
    return float(low), float(high)


def median_nees(dof: int) -> float:
    """What the median of NEES is where the covariances are true."""
    return float(chi2.median(dof))


def reliability(probability: Float64 | Float32, right: Bool, num_bins: int = 10) -> Reliability:
    """Bins of equal width of probabilities (N,) against what came true (N,); NaN does not count."""
    known = np.isfinite(probability)
    said, came = probability[known].astype(np.float64), right[known].astype(np.float64)
    number = np.minimum((said.clip(0.0, 1.0) * num_bins).astype(np.int64), num_bins - 1)
    count = np.bincount(number, minlength=num_bins)
    means = [
        np.divide(np.bincount(number, values, num_bins), count, out=np.full(num_bins, np.nan), where=count > 0)
        for values in (said, came)
    ]
    return Reliability(means[0], means[1], count.astype(np.int64))


def availability_curve(
    score: Float64, error_m: Float64, false_m: float, quantile: float = 0.95, max_points: int = 200
) -> AvailabilityCurve:
    """Publish the F frames in the order of their score, lowest (surest) first.

    Args:
        score: (F,); NaN where the frame can never be published.
        error_m: (F,), of what would be published.
        false_m: Errors above are false.
        quantile: Of the error that is told.
        max_points: Thresholds; frames of equal score come together.
    """
    rows = np.flatnonzero(np.isfinite(score) & np.isfinite(error_m))
    rows = rows[np.argsort(score[rows], kind="stable")]
    ordered, error_m = score[rows], error_m[rows]
    last_of_score = np.append(np.flatnonzero(np.diff(ordered) > 0.0), len(rows) - 1) if len(rows) else np.zeros(0, int)
    if len(last_of_score) > max_points:
        last_of_score = last_of_score[np.unique(np.linspace(0, len(last_of_score) - 1, max_points).astype(int))]
    ends = last_of_score + 1
    return AvailabilityCurve(
        ordered[last_of_score], ends / max(1, len(score)),
        np.array([np.quantile(error_m[:end], quantile) for end in ends]),
        np.array([np.mean(error_m[:end] > false_m) for end in ends]),
    )


def coverages(nees_values: Float64, dof: int, levels: Sequence[float] = LEVELS) -> dict[float, float]:
    """Share of the errors within the ellipse of each level; NaN without an error."""
    known = nees_values[~np.isnan(nees_values)]
    return {
        level: float(np.mean(is_within_ellipse(known, dof, level))) if len(known) else float("nan")
        for level in levels
    }
