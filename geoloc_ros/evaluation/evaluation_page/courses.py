"""Drives at a glance: the error along the way, and the way itself."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Bool, Float64
from geoloc_ros.evaluation.accuracy_page import svg
from geoloc_ros.evaluation.judged import JudgedDrive
from geoloc_ros.evaluation.metrics import FALSE_M, FOUND_M

_WIDTH, _HEIGHT, _MARGIN = 260.0, 54.0, 3.0
_LOWEST_M, _HIGHEST_M = 0.1, 1000.0
_MAX_POINTS = 250


def course(drive: JudgedDrive) -> str:
    """Position error over the distance driven, logarithmic; fixes in another colour than what was no fix."""
    rows = _thinned(len(drive))
    left = _MARGIN + (_WIDTH - 2 * _MARGIN) * drive.driven_m[rows] / max(1.0, float(drive.driven_m[-1]))
    points = np.stack([left, _top(drive.error_m[rows])], axis=-1)
    known, fixed = np.isfinite(points[:, 1]), drive.is_fix[rows]
    limits = [
        svg.line(0, float(_top(np.array(limit_m))), _WIDTH, float(_top(np.array(limit_m))), "limit")
        for limit_m in (1.0, FOUND_M, FALSE_M)
    ]
    runs = [_runs(points, known & ~fixed, "search"), _runs(points, known & fixed, "fix")]
    label = f"{drive.name}: error over distance, lines at 1, {FOUND_M:g} and {FALSE_M:g} m"
    return svg.picture(_WIDTH, _HEIGHT, svg.title(label), *limits, *runs, label=label, class_="course")


def way(drive: JudgedDrive) -> str:
    """The way, north up, where it was localized coloured by the error."""
    width, rows = 74.0, _thinned(len(drive))
    truth_m = drive.truth[rows, :2]
    low, high = truth_m.min(axis=0), truth_m.max(axis=0)
    scale = (_HEIGHT - 2 * _MARGIN) / max(1.0, float((high - low).max()))
    points = (truth_m - (low + high) / 2.0) * [scale, -scale] + [width / 2.0, _HEIGHT / 2.0]
    fixed, error_m = drive.is_fix[rows], drive.error_m[rows]
    groups = {
        "near": fixed & (error_m <= FOUND_M), "off": fixed & (error_m > FOUND_M) & (error_m <= FALSE_M),
        "false": fixed & (error_m > FALSE_M),
    }  # fmt: skip
    parts = [svg.tag("path", d=svg.path(points), class_="truth")]
    parts += [_runs(points, chosen, name) for name, chosen in groups.items()]
    return svg.picture(width, _HEIGHT, *parts, label=f"{drive.name}: the way", class_="way")


def _top(error_m: Float64) -> Float64:
    decades = np.log10(np.asarray(error_m, np.float64).clip(_LOWEST_M, _HIGHEST_M) / _LOWEST_M)
    ratio = decades / np.log10(_HIGHEST_M / _LOWEST_M)
    return np.asarray(_HEIGHT - _MARGIN - (_HEIGHT - 2 * _MARGIN) * ratio)


def _runs(points: Float64, chosen: Bool, class_: str) -> str:
    """One path through all points in a row that are chosen."""
    borders = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]])))
    data = "".join(svg.path(points[start:end]) for start, end in borders.reshape(-1, 2).tolist())
    return svg.tag("path", d=data, class_=class_) if data else ""


def _thinned(count: int) -> Float64:
    return np.unique(np.linspace(0, count - 1, min(count, _MAX_POINTS)).astype(int))
