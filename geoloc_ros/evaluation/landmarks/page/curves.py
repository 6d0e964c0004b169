"""Charts of the page: how many views are found how exactly, and what something in front of the camera does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoloc_ros.core.types import Float64
from geoloc_ros.evaluation.accuracy_page.charts import Axis, Line, line_chart
from geoloc_ros.evaluation.landmarks.landmark_evaluation import JudgedMethod, OcclusionCurve
from geoloc_ros.evaluation.landmarks.occlusion import SIDE_PERCENT

_TICKS_M = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_TICKS_DEG = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_PERCENT = (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)
_SAMPLES = 120
NUM_SERIES = 10
"""Colours of page.css; methods take them in their order, from 1."""


def position_curves(methods: Sequence[JudgedMethod]) -> str:
    """Share of views within an error in position."""
    low, high = _range_m(methods)
    ticks = tuple(tick for tick in _TICKS_M if low <= tick <= high)
    axis = Axis("error of the position, at most (m)", low, high, ticks, logarithmic=True)
    return _cumulative(methods, [each.judged.errors.position_m for each in methods], axis)


def angle_curves(methods: Sequence[JudgedMethod]) -> str:
    """Share of views within an error of the angle."""
    axis = Axis("error of the angle, at most (°)", _TICKS_DEG[0], _TICKS_DEG[-1], _TICKS_DEG, logarithmic=True)
    return _cumulative(methods, [each.judged.errors.angle_deg for each in methods], axis)


def _range_m(methods: Sequence[JudgedMethod]) -> tuple[float, float]:
    """From a tick below the best tenth of a method to one above the worst that is no other place."""
    errors = [each.judged.errors.position_m[each.judged.errors.found] for each in methods]
    known = np.concatenate([*errors, np.zeros(0)])
    if not len(known):
        return _TICKS_M[0], _TICKS_M[-1]
    best = min(float(np.percentile(one, 5)) for one in errors if len(one))
    low = max((tick for tick in _TICKS_M if tick <= best), default=_TICKS_M[0])
    high = min((tick for tick in _TICKS_M if tick >= float(np.percentile(known, 95))), default=_TICKS_M[-1])
    return low, max(high, 10.0 * low)


def _cumulative(methods: Sequence[JudgedMethod], values: Sequence[Float64], x: Axis) -> str:
    at = np.geomspace(x.low, x.high, _SAMPLES)
    lines = [
        Line(method.name, at, 100.0 * np.array([np.mean(errors <= limit) for limit in at]), series(number))
        for number, (method, errors) in enumerate(zip(methods, values, strict=True))
    ]
    return line_chart(lines, x, Axis("views, %", 0.0, 100.0, _PERCENT), x.label)


def occlusion_curves(curves: Sequence[OcclusionCurve], series_of: dict[str, int]) -> str:
    """Median error over the share of the image that is hidden; a curve ends where most views are not found."""
    lines = []
    for curve in curves:
        median_m = np.array(curve.median_m)
        known = np.isfinite(median_m)
        if known.any():
            lines.append(Line(curve.name, np.array(curve.percent)[known], median_m[known], series_of[curve.name]))
    if not lines:
        return '<p class="note">Most views are not found, whatever is hidden.</p>'
    low = min(float(line.y.min()) for line in lines)
    high = max(float(line.y.max()) for line in lines)
    bottom = max((tick for tick in _TICKS_M if tick <= low), default=_TICKS_M[0])
    top = min((tick for tick in _TICKS_M if tick >= high), default=_TICKS_M[-1])
    ticks = tuple(tick for tick in _TICKS_M if bottom <= tick <= top)
    y = Axis("median error of the position (m)", bottom, max(top, 2.0 * bottom), ticks, logarithmic=True)
    return line_chart(lines, _hidden(), y, "Occlusion: error")


def occlusion_found(curves: Sequence[OcclusionCurve], series_of: dict[str, int]) -> str:
    """Share of views that are found over the share of the image that is hidden."""
    lines = [
        Line(curve.name, np.array(curve.percent), 100.0 * np.array(curve.found_ratio), series_of[curve.name])
        for curve in curves
    ]
    return line_chart(lines, _hidden(), Axis("views found, %", 0.0, 100.0, _PERCENT), "Occlusion: found")


def _hidden() -> Axis:
    shares = (0.0, *(side * side / 100.0 for side in SIDE_PERCENT))
    return Axis("hidden, % of the image", 0.0, max(shares), shares)


def series(number: int) -> int:
    """Colour of the method of this number."""
    return 1 + number % NUM_SERIES
