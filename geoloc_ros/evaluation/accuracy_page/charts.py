"""Lines over an axis, and bars with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Float64
from geoloc_ros.evaluation.accuracy_page import svg
from geoloc_ros.evaluation.accuracy_page.sources import Estimate

_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 14.0, 10.0, 36.0
_BAR, _GAP = 10.0, 7.0
_LETTER = 6.2
"""Width of a letter, about."""


@dataclass(frozen=True)
class Axis:
    """What one direction of a chart shows."""

    label: str
    low: float
    high: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def ratio(self, values: Float64) -> Float64:
        """0 at the low end, 1 at the high one."""
        form = np.log10 if self.logarithmic else np.asarray
        low, high = form(np.float64(self.low)), form(np.float64(self.high))
        return np.asarray((form(np.maximum(values, self.low)) - low) / (high - low), np.float64)


@dataclass(frozen=True)
class Line:
    """One curve."""

    name: str
    x: Float64
    y: Float64
    series: int
    """Number of its colour."""


@dataclass(frozen=True)
class Bars:
    """What belongs to one label."""

    label: str
    values: tuple[tuple[int, Estimate], ...]
    """Colour and value, top down."""
    note: str = ""


def line_chart(lines: Sequence[Line], x: Axis, y: Axis, label: str, extra: Sequence[Line] = ()) -> str:
    """Curves over each other; `extra` ones, which rise, are dashed and thin and named in place."""
    width, height = 640.0, 380.0
    inner_w, inner_h = width - _LEFT - _RIGHT, height - _TOP - _BOTTOM

    def at(xs: Float64, ys: Float64) -> Float64:
        return np.stack([_LEFT + inner_w * x.ratio(xs), _TOP + inner_h * (1.0 - y.ratio(ys))], axis=-1)

    parts = []
    for tick in x.ticks:
        (left, _) = at(np.float64(tick), np.float64(y.low))
        parts += [
            svg.line(left, _TOP, left, _TOP + inner_h, "grid"),
            svg.words(left, height - 20, f"{tick:g}", "tick", "middle"),
        ]
    for tick in y.ticks:
        (_, top) = at(np.float64(x.low), np.float64(tick))
        parts += [
            svg.line(_LEFT, top, width - _RIGHT, top, "grid"),
            svg.words(_LEFT - 6, top + 3.5, f"{tick:g}", "tick", "end"),
        ]
    parts += [
        svg.words(_LEFT + inner_w / 2, height - 4, x.label, "label", "middle"),
        svg.upward_words(11, _TOP + inner_h / 2, y.label, "label"),
    ]
    for each in extra:
        points = at(each.x, each.y)
        named = points[np.searchsorted(each.y, (y.low + 0.3 * (y.high - y.low)))]
        parts.append(svg.tag("path", d=svg.path(points), class_="line extra"))
        parts.append(svg.words(named[0] + 6, named[1] + 4, each.name, "tick"))
    for each in reversed(lines):  # the first one on top
        drawn = svg.path(at(each.x, each.y))
        parts.append(svg.tag("path", svg.title(each.name), d=drawn, class_=f"line series-{each.series}"))
    return svg.picture(width, height, *parts, label=label)


def bar_chart(groups: Sequence[Bars], label: str, num_letters: int) -> str:
    """Horizontal bars of percentages, each with its interval and number; room for labels of `num_letters`."""
    width = 640.0
    left = 16.0 + _LETTER * num_letters
    inner = width - left - 54.0
    top, parts = 6.0, []
    for group in groups:
        tall = _BAR * len(group.values)
        name = svg.words(left - 8, top + tall / 2 + 3.5, group.label, "label", "end")
        content = [_bar(left, top + _BAR * row, inner / 100.0, *value) for row, value in enumerate(group.values)]
        parts.append(svg.tag("g", *([svg.title(group.note)] if group.note else []), name, *content))
        top += tall + _GAP
    parts.insert(0, svg.line(left, 2, left, top, "axis"))
    return svg.picture(width, top + 2, *parts, label=label)


def _bar(left: float, top: float, scale: float, series: int, estimate: Estimate) -> str:
    if not math.isfinite(estimate.value):
        return ""
    end, middle = left + scale * estimate.value, top + _BAR / 2
    parts = [svg.tag("rect", x=left, y=top + 1, width=max(end - left, 0.5), height=_BAR - 2,
                     class_=f"bar series-{series}")]  # fmt: skip
    if estimate.interval is not None:
        low, high = (left + scale * value for value in estimate.interval)
        parts.append(svg.line(low, middle, high, middle, "whisker"))
        end = max(end, high)
    parts.append(svg.words(end + 5, middle + 3.5, f"{estimate.value:.1f}", "tick"))
    return "".join(parts)


def round_ticks(high: float) -> tuple[float, ...]:
    """About five round numbers from 0 to `high`."""
    if not high > 0.0:
        return (0.0,)
    rough = high / 5.0
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1.0, 2.0, 5.0, 10.0) if power * factor >= rough)
    return tuple(step * number for number in range(int(high / step + 1e-9) + 1))
