"""The figures of a condition, each with the interval that comes from drawing its drives again."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Float64, Int64
from geoloc_ros.evaluation.condition_curves import belief_reliability
from geoloc_ros.evaluation.consistency import POSITION, is_within_ellipse
from geoloc_ros.evaluation.intervals import Statistic, bootstrap_interval
from geoloc_ros.evaluation.judged import Condition, drive_numbers, joined
from geoloc_ros.evaluation.metrics import FALSE_M, FOUND_M


@dataclass(frozen=True)
class ConditionFigure:
    """One number."""

    name: str
    unit: str
    value: float
    """NaN where nothing can be said; infinite for a median over drives of which half never had a fix."""
    interval: tuple[float, float] | None
    """95 %, over drives; None for fewer than two."""
    count: int
    """Drives, frames or fixes that it is made from."""
    meaning: str


def condition_figures(condition: Condition, seed: int) -> tuple[ConditionFigure, ...]:
    """Everything that is told of a condition; the same seed draws the same drives again."""
    return (*_over_drives(condition, seed), *_over_frames(condition, seed))


def figure_text(value: float, unit: str) -> str:
    """A value for people; infinite is never, and nothing can be said where it is NaN."""
    if not math.isfinite(value):
        return "never" if value > 0.0 else "–"
    digits = 0 if abs(value) >= 1000.0 else 1 if abs(value) >= 10.0 or unit == "%" else 2
    return f"{value:.{digits}f}" + (f" {unit}" if unit else "")


def _over_drives(condition: Condition, seed: int) -> tuple[ConditionFigure, ...]:
    metrics = [drive.metrics for drive in condition.drives]

    def figure(
        name: str, unit: str, values: list[float], statistic: Statistic, meaning: str, scale: float = 1.0
    ) -> ConditionFigure:
        return _figure(condition, name, unit, scale * np.array(values, float), None, statistic, meaning, seed)

    return (
        figure("found", "%", [m.found for m in metrics], "mean",
               f"drives whose last frame is a fix within {FOUND_M:g} m, and 90 % of those since the first such", 100.0),
        figure("first_fix_m", "m", [m.first_fix_m for m in metrics], "median",
               "driven until the first fix, median over drives"),
        figure("first_fix_s", "s", [m.first_fix_s for m in metrics], "median",
               "from the first frame to the first fix, median over drives"),
        figure("availability", "%", [m.availability for m in metrics], "mean",
               "frames with a fix, mean over drives", 100.0),
        *(
            figure(f"r{limit}m", "%", [m.recall[limit] for m in metrics], "mean",
                   f"frames with a fix within {limit} m, mean over drives; no fix is a miss", 100.0)
            for limit in metrics[0].recall
        ),
    )  # fmt: skip


def _over_frames(condition: Condition, seed: int) -> tuple[ConditionFigure, ...]:
    drives, group = condition.drives, drive_numbers(condition.drives)
    fixed = joined(drives, "is_fix") > 0.0
    error_m = np.where(fixed, joined(drives, "error_m"), np.nan)
    heading_deg = np.where(fixed, joined(drives, "heading_error_deg"), np.nan)
    position_nees, pose_nees = joined(drives, "position_nees"), joined(drives, "pose_nees")
    is_false = np.where(np.isnan(error_m), np.nan, error_m > FALSE_M)

    def figure(name: str, unit: str, values: Float64, statistic: Statistic, meaning: str) -> ConditionFigure:
        return _figure(condition, name, unit, values, group, statistic, meaning, seed)

    return (
        figure("median_error_m", "m", error_m, "median", "of the fixes, nothing aligned"),
        figure("median_heading_error_deg", "deg", heading_deg, "median", "of the fixes"),
        figure("false_fix_rate", "%", 100.0 * is_false, "mean", f"fixes off by more than {FALSE_M:g} m"),
        figure("ellipse50_coverage", "%", 100.0 * is_within_ellipse(position_nees, POSITION, 0.5), "mean",
               "fixes whose published 50 % ellipse holds the truth"),
        figure("ellipse95_coverage", "%", 100.0 * is_within_ellipse(position_nees, POSITION, 0.95), "mean",
               "fixes whose published 95 % ellipse holds the truth"),
        figure("nees_mean", "", position_nees, "mean", "of position, 2 where the covariance is true"),
        figure("nees_median", "", position_nees, "median", "of position, 1.39 where the covariance is true"),
        figure("nees3_mean", "", pose_nees, "mean", "of position and heading, 3 where the covariance is true"),
        figure("nees3_median", "", pose_nees, "median", "of position and heading, 2.37 where the covariance is true"),
        ConditionFigure(
            "belief_gap", "%", 100.0 * belief_reliability(drives).mean_gap, None, len(group),
            f"mean distance of the belief said from the share of poses within {FOUND_M:g} m",
        ),
    )  # fmt: skip


_STATISTICS: dict[Statistic, Callable[[Float64], np.floating]] = {"mean": np.mean, "median": np.median}


def _figure(
    condition: Condition, name: str, unit: str, values: Float64, group: Int64 | None, statistic: Statistic,
    meaning: str, seed: int,
) -> ConditionFigure:
    known = values[~np.isnan(values)]
    value = float(_STATISTICS[statistic](known)) if len(known) else float("nan")
    interval = None
    if len(condition.drives) > 1 and len(known):
        # Of its own name: a figure or a condition more changes no interval of the others.
        rng = np.random.default_rng([seed, zlib.crc32(f"{condition.name}/{name}".encode())])
        interval = bootstrap_interval(values, rng, statistic, group)
    return ConditionFigure(name, unit, value, interval, len(known), meaning)
