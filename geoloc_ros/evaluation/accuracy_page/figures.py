"""The figures of the page: recall curves, learning curves, what was tried, ingredients of the noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from geoloc_ros.core.types import Float64
from geoloc_ros.evaluation.accuracy_page.charts import Axis, Bars, Line, bar_chart, line_chart, round_ticks
from geoloc_ros.evaluation.accuracy_page.labels import INGREDIENTS, method_name, series_of
from geoloc_ros.evaluation.accuracy_page.sources import Curve, Estimate, Experiment, Row
from geoloc_ros.evaluation.retrieval_details import RetrievalDetails

TOP1_SERIES, R10M_SERIES = 1, 3
_PERCENT_TICKS = (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)
_SAMPLES = 80


def recall_curves(details: RetrievalDetails) -> str:
    """Share of queries whose true place is among the best x percent, by method."""
    lowest = 100.0 / details.num_places
    share = np.logspace(np.log10(lowest), 2.0, _SAMPLES)
    series = series_of(details.methods)
    lines = [
        Line(method_name(name), share, _recall(details, number, share), series[name])
        for number, name in sorted(enumerate(details.methods), key=lambda each: series[each[1]])
    ]
    ticks = tuple(tick for tick in (0.001, 0.01, 0.1, 1.0, 10.0, 100.0) if tick >= lowest)
    x = Axis("true place among the best x % of all places", lowest, 100.0, ticks, logarithmic=True)
    y = Axis("queries, %", 0.0, 100.0, _PERCENT_TICKS)
    return line_chart(lines, x, y, "Recall by rank", [Line("chance", share, share, 0)])


def _recall(details: RetrievalDetails, method: int, share: Float64) -> Float64:
    return np.array([100.0 * details.success(method, percent / 100.0).mean() for percent in share])


def learning_curves(curves: Sequence[Curve]) -> str:
    """Validation over minutes."""
    longest = max(float(curve.minutes.max()) for curve in curves)
    x = Axis("minutes of training", 0.0, max(longest, 1e-3), round_ticks(longest))
    best = max(float(curve.validation.max()) for curve in curves)
    worst = min(0.0, *(float(curve.validation.min()) for curve in curves))
    y = Axis("validation, higher is better", worst, 1.05 * max(best, 1e-3), round_ticks(best))
    lines = [Line(curve.name, curve.minutes, curve.validation, number + 1) for number, curve in enumerate(curves)]
    return line_chart(lines, x, y, "Learning curves")


def experiment_bars(experiments: Sequence[Experiment], num_letters: int) -> str:
    """Top-1 % and recall within 10 m of what was tried; names have up to `num_letters`."""
    groups = [
        Bars(each.name, ((TOP1_SERIES, each.top1), (R10M_SERIES, Estimate(each.r10m))), each.note)
        for each in experiments
    ]
    return bar_chart(groups, "Experiments", num_letters)


def ingredient_bars(rows: Sequence[Row], kind: Literal["only", "without"]) -> str:
    """Top-1 % with one ingredient of the noise alone, or with all but one; below what nothing and everything give."""
    methods = list(dict.fromkeys(row.method for row in rows))
    series = series_of(methods)
    value = {(row.condition, row.method): row.measures["top1"] for row in rows}
    names = {"none": "no noise", "paper": "all of it"} | {f"{kind}_{name}": text for name, text in INGREDIENTS.items()}
    groups = [
        Bars(text, tuple((series[name], value[condition, name]) for name in methods if (condition, name) in value))
        for condition, text in names.items()
    ]
    num_letters = max(map(len, names.values()))
    return bar_chart([group for group in groups if group.values], f"Noise, {kind} one ingredient", num_letters)
