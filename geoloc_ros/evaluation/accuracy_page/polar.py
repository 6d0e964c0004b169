"""Scans drawn from above, north up: walls by building, open view, what was not observed."""

from __future__ import annotations

import math

import numpy as np

from geoloc_ros.core.types import Bool, Float64, Int64, SemanticScan
from geoloc_ros.evaluation.accuracy_page import svg
from geoloc_ros.evaluation.accuracy_page.worst import Overlay, ray_angles, scan_points

_SIZE = 200.0
_RIM = 6.0
_RING_M = 10.0
_JUMP_M = 4.0
"""Neighbouring hits farther apart belong to different walls."""


def scan_plot(
    scan: SemanticScan, ray0_rad: float, reach_m: float, label: str, heading_rad: float | None = None,
    overlay: tuple[SemanticScan, Overlay] | None = None,
) -> str:
    """A scan (B,) whose first ray looks at `ray0_rad` counter-clockwise from east.

    Args:
        scan: Of one place.
        ray0_rad: Direction of its first ray.
        reach_m: The rim, where everything beyond is drawn.
        label: For those who cannot see it.
        heading_rad: Of a vehicle in the middle.
        overlay: Hits of another scan as dots.
    """
    scale = (_SIZE / 2 - _RIM - 2) / reach_m
    step_rad = 2.0 * np.pi / scan.num_rays
    angle_rad = ray_angles(scan.num_rays, ray0_rad)
    rim = scale * reach_m
    hit = scan.observed & np.isfinite(scan.range_m)
    parts = [svg.tag("circle", cx=0.0, cy=0.0, r=rim, class_="ground")]
    rings_m = np.arange(2.0 * _RING_M, reach_m, 2.0 * _RING_M)
    parts += [svg.tag("circle", cx=0.0, cy=0.0, r=scale * ring_m, class_="ring") for ring_m in rings_m]
    parts += [_sector(angle_rad[run], step_rad, rim, "unseen") for run in _runs(~scan.observed)]
    parts += [_sector(angle_rad[run], step_rad, rim, "open") for run in _runs(scan.observed & ~hit)]
    points = _on_paper(scan_points(np.minimum(scan.range_m, reach_m), ray0_rad), scale)
    parts += [_wall(points[run], int(scan.instance[run[0]])) for run in _walls(scan, hit)]
    if overlay is not None:
        other, where = overlay
        dots = scan_points(other.range_m, where.ray0_rad) + where.offset_m
        dots = dots[other.observed & (np.hypot(dots[:, 0], dots[:, 1]) <= reach_m)]
        if len(dots):
            parts.append(svg.tag("path", d=_dots(_on_paper(dots, scale)), class_="dots"))
    if heading_rad is not None:
        arrow = svg.tag("path", d="M8,0L-5,5L-3,0L-5,-5Z", transform=f"rotate({svg.number(-np.degrees(heading_rad))})",
                        class_="vehicle")  # fmt: skip
        parts.append(arrow)
    half = svg.number(_SIZE / 2)
    return svg.picture(
        _SIZE, _SIZE, svg.tag("g", *parts, transform=f"translate({half} {half})"), label=label, class_="scan"
    )


def common_reach(*scans: SemanticScan) -> float:
    """Rim, in steps of the rings, that holds nearly all walls of scans that are drawn side by side."""
    ranges_m = np.concatenate([scan.range_m[scan.observed & np.isfinite(scan.range_m)] for scan in scans])
    far_m = float(np.percentile(ranges_m, 90.0)) if len(ranges_m) else 0.0
    return max(2.0, math.ceil(far_m / _RING_M)) * _RING_M


def _on_paper(points_m: Float64, scale: float) -> Float64:
    return points_m * [scale, -scale]


def _runs(wanted: Bool) -> list[Int64]:
    """Neighbouring rays (k,) that are wanted, all round; a run across the last ray is one."""
    return _groups(wanted, wanted & ~np.roll(wanted, 1))


def _walls(scan: SemanticScan, hit: Bool) -> list[Int64]:
    """Neighbouring rays (k,) that hit the same wall, all round."""
    is_other = scan.instance != np.roll(scan.instance, 1)
    is_jump = np.abs(scan.range_m - np.roll(scan.range_m, 1)) > _JUMP_M
    return _groups(hit, hit & (~np.roll(hit, 1) | is_other | is_jump))


def _groups(wanted: Bool, is_first: Bool) -> list[Int64]:
    """The wanted rays in order, in parts of which each starts with a first one; a single ring ends where it starts."""
    order = (int(is_first.argmax()) + np.arange(len(wanted))) % len(wanted)
    order = order[wanted[order]]
    if not is_first.any():
        return [np.append(order, order[0])] if len(order) else []
    return np.split(order, np.flatnonzero(is_first[order]))[1:]


def _wall(points: Float64, instance: int) -> str:
    """A wall (k, 2) with the view of it. Neighbouring numbers get distant hues, as in the report."""
    hue = svg.number((instance * 137.508) % 360.0)
    view = svg.tag("path", d=svg.path(np.concatenate([np.zeros((1, 2)), points])) + "Z", class_="view")
    edge = svg.tag("path", d=svg.path(points) if len(points) > 1 else _dots(points), class_="wall")
    return svg.tag("g", view, edge, style=f"--hue:{hue}")


def _sector(angle_rad: Float64, step_rad: float, radius: float, class_: str) -> str:
    """A band at the rim over rays."""
    begin = angle_rad[0] - step_rad / 2.0
    ends = np.linspace(begin, begin + len(angle_rad) * step_rad, 2 + len(angle_rad) // 4)
    rim = _on_paper(np.stack([np.cos(ends), np.sin(ends)], axis=-1), radius)
    return svg.tag("path", d=svg.path(np.concatenate([rim, rim[::-1] * (1.0 + _RIM / radius)])) + "Z", class_=class_)


def _dots(points: Float64) -> str:
    return "".join(f"M{svg.number(x)},{svg.number(y)}h0" for x, y in points)
