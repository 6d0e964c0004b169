"""True poses at other times than they were recorded at."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.types import Float64, Int64


def poses_at(wanted_ns: Int64, stamps_ns: Int64, poses: Float64) -> Float64:
    """Poses (F, 3) at `wanted_ns` (F,), interpolated between those (N, 3) of ascending `stamps_ns` (N,).

    NaN before the first and after the last of them.
    """
    if len(stamps_ns) == 0:
        return np.full((len(wanted_ns), 3), np.nan)
    # Nanoseconds since 1970 do not fit a float64; since the first stamp they do.
    known_s, wanted_s = (stamps_ns - stamps_ns[0]) * 1e-9, (wanted_ns - stamps_ns[0]) * 1e-9
    unwrapped = np.column_stack([poses[:, :2], np.unwrap(poses[:, 2])])
    columns = [np.interp(wanted_s, known_s, column, left=np.nan, right=np.nan) for column in unwrapped.T]
    found = np.column_stack(columns)
    found[:, 2] = wrap_angle(found[:, 2])
    return found
