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
        """0 at the low end, where everything below is too, 1 at the high one."""
        kept: Float64 = np.maximum(values, self.low)
        if self.logarithmic:
            return np.asarray(np.log10(kept / self.low) / math.log10(self.high / self.low))
        return np.asarray((kept - self.low) / (self.high - self.low))


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


@dataclass(frozen=True)
class _Plane:
    """Two axes on a drawing."""

    x: Axis
    y: Axis
    width: float = 640.0
    height: float = 380.0

    def left(self, values: Float64) -> Float64:
        """Of the drawing's left edge."""
        return _LEFT + (self.width - _LEFT - _RIGHT) * self.x.ratio(values)

    def top(self, values: Float64) -> Float64:
        """Below the drawing's upper edge."""
        return self.height - _BOTTOM - (self.height - _TOP - _BOTTOM) * self.y.ratio(values)

    def grid(self) -> list[str]:
        """Lines, numbers and labels of the axes."""
        floor, right = self.height - _BOTTOM, self.width - _RIGHT
        parts = []
        for tick, left in zip(self.x.ticks, self.left(np.array(self.x.ticks)), strict=True):
            parts.append(svg.line(left, _TOP, left, floor, "grid"))
            parts.append(svg.words(left, floor + 16, f"{tick:g}", "tick", "middle"))
        for tick, top in zip(self.y.ticks, self.top(np.array(self.y.ticks)), strict=True):
            parts.append(svg.line(_LEFT, top, right, top, "grid"))
            parts.append(svg.words(_LEFT - 6, top + 3.5, f"{tick:g}", "tick", "end"))
        parts.append(svg.words((_LEFT + right) / 2, self.height - 4, self.x.label, "label", "middle"))
        parts.append(svg.upward_words(11, (_TOP + floor) / 2, self.y.label, "label"))
        return parts


def line_chart(lines: Sequence[Line], x: Axis, y: Axis, label: str, extra: Sequence[Line] = ()) -> str:
    """Curves over each other; `extra` ones, which rise, are dashed and thin and named in place."""
    plane = _Plane(x, y)
    parts = plane.grid()
    for each in extra:
        points = np.stack([plane.left(each.x), plane.top(each.y)], axis=-1)
        left, top = points[np.searchsorted(each.y, y.low + 0.3 * (y.high - y.low))]
        parts.append(svg.tag("path", d=svg.path(points), class_="line extra"))
        parts.append(svg.words(left + 6, top + 4, each.name, "tick"))
    for each in reversed(lines):  # the first one on top
        points = np.stack([plane.left(each.x), plane.top(each.y)], axis=-1)
        parts.append(svg.tag("path", svg.title(each.name), d=svg.path(points), class_=f"line series-{each.series}"))
    return svg.picture(plane.width, plane.height, *parts, label=label)


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
