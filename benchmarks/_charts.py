"""Line charts as images: what a benchmark needs, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from geoloc_ros.core.types import UInt8

COLOURS = (
    (180, 119, 31), (14, 127, 255), (44, 160, 44), (40, 39, 214), (189, 103, 148), (75, 86, 140), (194, 119, 227),
    (127, 127, 127), (34, 189, 188), (207, 190, 23), (120, 60, 20), (20, 20, 20),
)  # fmt: skip
"""Blue first, green, red; the last is black."""
_WIDTH, _HEIGHT = 620, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 150, 40, 50
_FONT, _SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.42
_SCALE = 2
"""Drawn larger, for smooth lines on any screen."""


@dataclass(frozen=True)
class Line:
    """One curve."""

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    colour: int = 11
    """Of COLOURS."""


def draw_chart(
    title: str, x_name: str, y_name: str, lines: Sequence[Line], x_ticks: Sequence[float], y_ticks: Sequence[float],
    logarithmic: bool = False,
) -> UInt8:
    """An image (H, W, 3), blue first; the axes go from the first to the last tick, and both are logarithmic or none."""
    axes = _Axes(x_ticks, y_ticks, logarithmic)
    image = np.full((_SCALE * _HEIGHT, _SCALE * _WIDTH, 3), 255, np.uint8)
    axes.draw(image)
    for number, line in enumerate(lines):
        colour = COLOURS[line.colour % len(COLOURS)]
        known = np.isfinite(line.x) & np.isfinite(line.y)
        points = axes.at(line.x[known], line.y[known])
        if len(points):
            cv2.polylines(image, [points], False, colour, 2 * _SCALE, cv2.LINE_AA)
        for point in points if len(points) < 15 else ():
            cv2.circle(image, point.tolist(), 3 * _SCALE, colour, -1, cv2.LINE_AA)
        _write(image, line.name, _WIDTH - _RIGHT + 10, _TOP + 12 + 18 * number, colour)
    _write(image, title, _LEFT, 16, (0, 0, 0))
    _write(image, x_name, _LEFT, _HEIGHT - 12, (0, 0, 0))
    _write(image, y_name, 6, _TOP - 6, (0, 0, 0))
    return image


class _Axes:
    """From numbers to pixels."""

    def __init__(self, x_ticks: Sequence[float], y_ticks: Sequence[float], logarithmic: bool) -> None:
        self._ticks = np.array(x_ticks, float), np.array(y_ticks, float)
        self._logarithmic = logarithmic

    def at(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int32]:
        """Pixels (N, 2); what is beyond the axes lies on their ends."""
        shares = [self._share(values, ticks) for values, ticks in zip((x, y), self._ticks, strict=True)]
        right = _LEFT + shares[0] * (_WIDTH - _LEFT - _RIGHT)
        down = _HEIGHT - _BOTTOM - shares[1] * (_HEIGHT - _TOP - _BOTTOM)
        return np.rint(_SCALE * np.stack([right, down], axis=-1)).astype(np.int32).reshape(-1, 2)

    def draw(self, image: UInt8) -> None:
        """Grid and numbers."""
        x_ticks, y_ticks = self._ticks
        for tick in x_ticks:
            low, high = self.at(np.array([tick, tick]), y_ticks[[0, -1]])
            cv2.line(image, low.tolist(), high.tolist(), (225, 225, 225), _SCALE)
            _write(image, f"{tick:g}", int(low[0]) // _SCALE - 10, _HEIGHT - _BOTTOM + 16, (90, 90, 90))
        for tick in y_ticks:
            low, high = self.at(x_ticks[[0, -1]], np.array([tick, tick]))
            cv2.line(image, low.tolist(), high.tolist(), (225, 225, 225), _SCALE)
            _write(image, f"{tick:g}", 22, int(low[1]) // _SCALE + 4, (90, 90, 90))

    def _share(self, values: NDArray[np.float64], ticks: NDArray[np.float64]) -> NDArray[np.float64]:
        scale = np.log if self._logarithmic else np.asarray
        low, high = scale(ticks[0]), scale(ticks[-1])
        inside = np.clip(values, ticks[0], ticks[-1])
        return np.asarray((scale(inside) - low) / (high - low))


def _write(image: UInt8, text: str, x: int, y: int, colour: tuple[int, int, int]) -> None:
    cv2.putText(image, text, (_SCALE * x, _SCALE * y), _FONT, _SCALE * _SIZE, colour, _SCALE, cv2.LINE_AA)
