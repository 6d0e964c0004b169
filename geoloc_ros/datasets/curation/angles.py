"""Directions: of the compass, and of motion."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Bool, Float64, Int64


def difference_deg(one_deg: Float64, other_deg: Float64) -> Float64:
    """How far directions are apart, 0 to 180 degrees; NaN where one is."""
    difference: Float64 = np.abs((one_deg - other_deg + 180.0) % 360.0 - 180.0)
    return difference


def motion_deg(position_m: Float64, part: Int64, baseline_m: float) -> Float64:
    """Direction of motion (N,), clockwise from north in degrees, of frames in the order in which they were taken.

    It is that of the way since the last frame that lies `baseline_m` behind, so that a car at a traffic light keeps
    its direction; before the first such way it is that of the next one. NaN where a stretch never moves.

    Args:
        position_m: (N, 2).
        part: (N,), ascending numbers of the stretches.
        baseline_m: Metres of way.
    """
    along_m = way_m(position_m, part)
    # Stretches lie end to end here, farther apart than any baseline.
    apart_m = along_m + part * (along_m.max(initial=0.0) + 2.0 * baseline_m)
    behind = np.searchsorted(apart_m, apart_m - baseline_m, side="right") - 1
    known = (behind >= 0) & (part[behind] == part)
    way = position_m - position_m[behind]
    # Noise at a halt adds up to a way without leading anywhere.
    known &= np.linalg.norm(way, axis=1) >= baseline_m / 2.0
    direction_deg = np.degrees(np.arctan2(way[:, 0], way[:, 1])) % 360.0
    return _filled(np.where(known, direction_deg, np.nan), known, part)


def way_m(position_m: Float64, part: Int64) -> Float64:
    """Way (N,) from the start of its stretch to each frame."""
    step_m = np.zeros(len(part))
    step_m[1:] = np.where(np.diff(part) == 0, np.linalg.norm(np.diff(position_m, axis=0), axis=1), 0.0)
    total_m = np.cumsum(step_m)
    return np.asarray(total_m - total_m[np.searchsorted(part, part)])


def _filled(values: Float64, known: Bool, part: Int64) -> Float64:
    """Values (N,), unknown ones as the last known one of the stretch, or else the next."""
    row = np.arange(len(values))
    last = np.maximum.accumulate(np.where(known, row, 0))
    from_last = known[last] & (part[last] == part)
    following = np.minimum.accumulate(np.where(known, row, len(row) - 1)[::-1])[::-1]
    from_next = known[following] & (part[following] == part)
    return np.asarray(np.where(from_last, values[last], np.where(from_next, values[following], np.nan)))
