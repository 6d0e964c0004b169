"""Curves of conditions: error, trust, availability."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import chi2

from geoloc_ros.core.types import Float64
from geoloc_ros.evaluation.accuracy_page.charts import Axis, Line, line_chart
from geoloc_ros.evaluation.condition_curves import belief_reliability, chance_availability, sigma_availability
from geoloc_ros.evaluation.consistency import AvailabilityCurve
from geoloc_ros.evaluation.judged import Condition, joined

_SHARE = Axis("share, %", 0.0, 100.0, (0.0, 20.0, 40.0, 60.0, 80.0, 100.0))
_ERROR = Axis("position error, m", 0.1, 1000.0, (0.1, 1.0, 3.0, 10.0, 25.0, 100.0, 1000.0), logarithmic=True)
_MAX_POINTS = 300
_PERCENT = np.linspace(0.0, 100.0, 101)
_TRUE = Line("true to itself", _PERCENT, _PERCENT, 0)


def error_chart(conditions: Sequence[Condition]) -> str:
    """Share of all frames with a fix within an error."""
    lines = []
    for number, condition in enumerate(conditions):
        error_m = np.sort(joined(condition.drives, "error_m")[joined(condition.drives, "is_fix") > 0.0])
        frames = sum(drive.metrics.frames for drive in condition.drives)
        share = 100.0 * np.arange(1, len(error_m) + 1) / frames
        rows = _thinned(len(error_m))
        lines.append(Line(condition.name, error_m[rows].clip(0.1, 1000.0), share[rows], number + 1))
    return line_chart(_drawn(lines), _ERROR, _named(_SHARE, "of all frames, %"), "share of frames within an error")


def ellipse_chart(conditions: Sequence[Condition], column: str, dof: int) -> str:
    """Share of the truths within each published ellipse: on the diagonal where covariances are true, below where they
    are too small. `column` is the NEES of `JudgedDrive` to take.
    """
    lines = []
    for number, condition in enumerate(conditions):
        values = joined(condition.drives, column)
        values = np.sort(values[~np.isnan(values)])
        inside = 100.0 * np.searchsorted(values, chi2.ppf(_PERCENT / 100.0, dof), side="right") / max(1, len(values))
        if len(values):
            lines.append(Line(condition.name, _PERCENT, inside, number + 1))
    return line_chart(
        lines, _named(_SHARE, "ellipse of, %"), _named(_SHARE, "truths inside, %"), "truths within ellipses", (_TRUE,)
    )


def reliability_chart(conditions: Sequence[Condition]) -> str:
    """Share of the poses near the truth over the belief around them."""
    lines = []
    for number, condition in enumerate(conditions):
        result = belief_reliability(condition.drives)
        used = result.count > 0
        lines.append(Line(condition.name, 100.0 * result.said[used], 100.0 * result.right[used], number + 1))
    return line_chart(
        _drawn(lines), _named(_SHARE, "belief around the pose, %"), _named(_SHARE, "poses within 10 m, %"),
        "reliability of the belief", (_TRUE,),
    )  # fmt: skip


def sigma_chart(conditions: Sequence[Condition]) -> str:
    """Error that remains over what is published, were fixes with larger covariances held back."""
    return _availability([(each.name, sigma_availability(each.drives)) for each in conditions])


def chance_chart(conditions: Sequence[Condition]) -> str:
    """The same, were poses published by their chance alone."""
    return _availability([(each.name, chance_availability(each.drives)) for each in conditions])


def _availability(curves: Sequence[tuple[str, AvailabilityCurve]]) -> str:
    lines = [
        Line(name, 100.0 * curve.availability, curve.error_m.clip(0.1, 1000.0), number + 1)
        for number, (name, curve) in enumerate(curves)
    ]
    return line_chart(
        _drawn(lines), _named(_SHARE, "of all frames published, %"), _named(_ERROR, "95 % of them are within, m"),
        "availability against error",
    )  # fmt: skip


def _drawn(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if len(line.x)]


def _named(axis: Axis, label: str) -> Axis:
    return Axis(label, axis.low, axis.high, axis.ticks, axis.logarithmic)


def _thinned(count: int) -> Float64:
    return np.unique(np.linspace(0, max(0, count - 1), min(count, _MAX_POINTS)).astype(int))
