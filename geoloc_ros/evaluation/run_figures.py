"""How good many drives were: errors, fixes that are wrong, covariances that hold, with intervals over drives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.types import Bool, Float64
from geoloc_ros.evaluation.consistency import POSE, POSITION, is_within_ellipse, nees
from geoloc_ros.evaluation.intervals import Statistic, bootstrap_interval
from geoloc_ros.evaluation.metrics import FALSE_M, FOUND_M
from geoloc_ros.evaluation.scan_runs import ScanRun

STAY_RATIO = 0.9
TELEPORT_M = 100.0


@dataclass(frozen=True)
class RunFigure:
    """One number over many drives."""

    name: str
    value: float
    """NaN where nothing was to be measured."""
    unit: str
    interval: tuple[float, float]
    """95 %, over drives drawn again: frames of one drive resemble each other."""
    n: int
    """Of what it is a mean or median: frames, fixes or drives."""


@dataclass(frozen=True)
class _Measure:
    """How a figure is made of one drive."""

    unit: str
    statistic: Statistic
    of: Callable[[ScanRun], Float64]
    """Values, one or many or none; shares come as 0 and 1."""
    factor: float = 1.0


def figures(runs: Sequence[ScanRun], names: Sequence[str]) -> list[RunFigure]:
    """Figures of drives; the names are those of MEASURES."""
    return [_figure(name, MEASURES[name], runs) for name in names]


def _figure(name: str, measure: _Measure, runs: Sequence[ScanRun]) -> RunFigure:
    each = [measure.factor * np.asarray(measure.of(run), np.float64).reshape(-1) for run in runs]
    values = np.concatenate([np.empty(0), *each])
    drive = np.repeat(np.arange(len(each)), [len(part) for part in each])
    if len(values) == 0:
        return RunFigure(name, float("nan"), measure.unit, (float("nan"), float("nan")), 0)
    value = values.mean() if measure.statistic == "mean" else np.median(values)
    interval = bootstrap_interval(values, np.random.default_rng(0), measure.statistic, drive)
    return RunFigure(name, float(value), measure.unit, interval, len(values))


def is_found(run: ScanRun) -> bool:
    """The last frame is a fix within 10 m, and so are 90 % of those since the first fix.

    Of a drive with a teleport: since the first fix within 10 m after it; `lost_detect_s` and `recover_m` judge what is
    before that.
    """
    right = run.is_fix & (run.error_m <= FOUND_M)
    row = teleport_row(run)
    begun = right if row else run.is_fix
    since = row + int(np.argmax(begun[row:]))
    return bool(right[-1]) and float(right[since:].mean()) >= STAY_RATIO


def first_fix_m(run: ScanRun) -> float:
    """Driven until the first fix, right or wrong; infinite without one."""
    return float(run.driven_m[np.argmax(run.is_fix)]) if run.is_fix.any() else float("inf")


def is_right_after(run: ScanRun, driven_m: float) -> bool:
    """Whether the best place of the belief, fix or not, is within 10 m of the truth after so much driving."""
    row = min(int(np.searchsorted(run.driven_m, driven_m)), len(run) - 1)
    return bool(run.error_m[row] <= FOUND_M)


def nees_of_fixes(run: ScanRun, dof: int) -> Float64:
    """Squared errors (N,) of the fixes in units of their covariances: of the position, or of position and heading."""
    error = (run.pose - run.truth)[run.is_fix]
    error[:, 2] = wrap_angle(error[:, 2])
    return nees(error[:, :dof], run.covariance[run.is_fix, :dof, :dof])


def teleport_row(run: ScanRun) -> int:
    """The first frame after the longest step, if that is longer than anybody drives between frames; 0 if none is."""
    step_m = np.diff(run.driven_m, prepend=0.0)
    return int(np.argmax(step_m)) if step_m.max() > TELEPORT_M else 0


def lost_detect_s(run: ScanRun) -> Float64:
    """Time from the first frame after the teleport to the one after the last wrong fix; infinite if the drive ends so.

    Empty for a drive without a teleport, or without a fix before it.
    """
    row = teleport_row(run)
    if row == 0 or not run.is_fix[row - 1]:
        return np.empty(0)
    wrong = np.flatnonzero((run.is_fix & (run.error_m > FALSE_M))[row:])
    noticed = row if len(wrong) == 0 else row + int(wrong[-1]) + 1
    return np.array([run.time_s[noticed] - run.time_s[row] if noticed < len(run) else np.inf])


def recover_m(run: ScanRun) -> Float64:
    """Driven from the first frame after the teleport until a fix is within 10 m; infinite if none ever is.

    Empty for a drive without a teleport, or without a fix before it.
    """
    row = teleport_row(run)
    if row == 0 or not run.is_fix[row - 1]:
        return np.empty(0)
    right = (run.is_fix & (run.error_m <= FOUND_M))[row:]
    return np.array([run.driven_m[row + np.argmax(right)] - run.driven_m[row] if right.any() else np.inf])


def rival_modes(run: ScanRun) -> Float64:
    """How many of the places told (F,) have at least half the probability of the best one, that one included."""
    probability = np.nan_to_num(run.modes[..., 3])
    return np.asarray(np.sum(probability >= 0.5 * probability.max(axis=1, keepdims=True), axis=1), np.float64)


def _since_first_fix(run: ScanRun) -> Bool:
    return np.asarray(np.cumsum(run.is_fix) > 0)


def _within(limit_m: float) -> Callable[[ScanRun], Float64]:
    def of(run: ScanRun) -> Float64:
        return np.asarray((run.is_fix & (run.error_m <= limit_m))[_since_first_fix(run)], np.float64)

    return of


def _ellipse95(run: ScanRun) -> Float64:
    return is_within_ellipse(nees_of_fixes(run, POSITION), POSITION, 0.95)


def _overconfidence(run: ScanRun) -> Float64:
    """Probability of each fix less whether it was right."""
    return np.asarray(run.probability[run.is_fix] - (run.error_m[run.is_fix] <= FALSE_M), np.float64)


def _path(driven_m: float) -> Callable[[ScanRun], Float64]:
    return lambda run: np.array([float(is_right_after(run, driven_m))])


MEASURES: dict[str, _Measure] = {
    "found": _Measure("%", "mean", lambda run: np.array([float(is_found(run))]), 100.0),
    "first_fix_m": _Measure("m", "median", lambda run: np.array([first_fix_m(run)])),
    "median_error_m": _Measure("m", "median", lambda run: run.error_m[run.is_fix]),
    "median_heading_error_deg": _Measure("deg", "median", lambda run: np.degrees(run.heading_error_rad[run.is_fix])),
    "r1m": _Measure("%", "mean", _within(1.0), 100.0),
    "r3m": _Measure("%", "mean", _within(3.0), 100.0),
    "r5m": _Measure("%", "mean", _within(5.0), 100.0),
    "availability": _Measure("%", "mean", lambda run: run.is_fix[_since_first_fix(run)].astype(float), 100.0),
    "path80": _Measure("%", "mean", _path(80.0), 100.0),
    "path160": _Measure("%", "mean", _path(160.0), 100.0),
    "path320": _Measure("%", "mean", _path(320.0), 100.0),
    "false_fix_rate": _Measure("%", "mean", lambda run: (run.error_m[run.is_fix] > FALSE_M).astype(float), 100.0),
    "overconfidence": _Measure("%", "mean", _overconfidence, 100.0),
    "ellipse95_coverage": _Measure("%", "mean", _ellipse95, 100.0),
    "nees_median": _Measure("", "median", lambda run: nees_of_fixes(run, POSITION)),
    "nees3_median": _Measure("", "median", lambda run: nees_of_fixes(run, POSE)),
    "fix_rate": _Measure("%", "mean", lambda run: run.is_fix.astype(float), 100.0),
    "outside_fix_rate": _Measure("%", "mean", lambda run: run.is_fix.astype(float), 100.0),
    "lost_detect_s": _Measure("s", "median", lost_detect_s),
    "recover_m": _Measure("m", "median", recover_m),
    "modes": _Measure("", "mean", rival_modes),
}
"""All that can be asked. Error, heading, covariance and falseness are of fixes; r1m, r3m, r5m and availability of the
frames since the first fix, those without a fix being misses."""
