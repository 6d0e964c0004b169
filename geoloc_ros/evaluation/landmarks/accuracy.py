"""What the errors of many views come to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Float64
from geoloc_ros.evaluation.intervals import bootstrap_interval
from geoloc_ros.evaluation.landmarks.errors import PoseErrors

FINE_M, FINE_DEG = 0.05, 5.0
"""Share of views within them: what is usual for 7-Scenes."""
AIM_RATIO, AIM_DEG = 0.01, 0.5
"""A hundredth of the distance to the surface, and half a degree."""
WRONG_RATIO, WRONG_DEG = 0.2, 10.0
"""A pose that was given and is further off in either is no inaccuracy, but another place."""


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % interval by drawing the views again; either may be infinite where few were found."""

    value: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Accuracy:
    """Of Q views, those that were not found counted as infinitely wrong."""

    views: int
    found_ratio: Estimate
    median_m: Estimate
    median_deg: Estimate
    median_ratio: Estimate
    """Of the distance to the surface; NaN where that is not known."""
    fine_ratio: Estimate
    """Share of views within FINE_M and FINE_DEG."""
    aim_ratio: Estimate
    """Share of views within AIM_RATIO of the distance to the surface and AIM_DEG."""
    wrong_ratio: float
    """Share of views for which a pose was given that is none (WRONG_RATIO of the distance, WRONG_DEG)."""


def accuracy_of(errors: PoseErrors, rng: np.random.Generator) -> Accuracy:
    """Medians and shares; `rng` draws views for the intervals."""
    near = errors.ratio <= AIM_RATIO
    known = np.isfinite(errors.distance_m)
    aim = np.where(known, near & (errors.angle_deg <= AIM_DEG), np.nan)
    far = np.where(known, errors.ratio > WRONG_RATIO, False) | (errors.angle_deg > WRONG_DEG)
    return Accuracy(
        len(errors),
        _share(errors.found.astype(np.float64), rng),
        _median(errors.position_m, rng), _median(errors.angle_deg, rng), _median(errors.ratio, rng),
        _share(errors.within(FINE_M, FINE_DEG).astype(np.float64), rng), _share(aim, rng),
        float(np.mean(errors.found & far)) if len(errors) else float("nan"),
    )  # fmt: skip


def _median(values: Float64, rng: np.random.Generator) -> Estimate:
    known = values[~np.isnan(values)]
    value = float(np.median(known)) if len(known) else float("nan")
    return Estimate(value, bootstrap_interval(values, rng, "median"))


def _share(values: Float64, rng: np.random.Generator) -> Estimate:
    known = values[~np.isnan(values)]
    value = float(known.mean()) if len(known) else float("nan")
    return Estimate(value, bootstrap_interval(values, rng))
