"""Trajectories as text: one line `stamp x y z qx qy qz qw` a pose, as evo and the TUM benchmark read them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.geometry import yaw_from_quaternion
from geoloc_ros.core.types import Float64, Int64


def write_tum(path: Path, stamp_ns: Int64, pose: Float64) -> None:
    """Write stamps (N,) and poses (N, 3) of x_m, y_m, yaw_rad; the same poses give the same bytes."""
    with write_beside(path) as partial, partial.open("w") as stream:
        for stamp, (x_m, y_m, yaw_rad) in zip(stamp_ns.tolist(), pose.tolist(), strict=True):
            seconds, nanoseconds = divmod(stamp, 1_000_000_000)
            half_rad = 0.5 * yaw_rad
            stream.write(
                f"{seconds}.{nanoseconds:09d} {x_m:.4f} {y_m:.4f} 0.0000 "
                f"0.0000000 0.0000000 {np.sin(half_rad):.7f} {np.cos(half_rad):.7f}\n"
            )


def read_tum(path: Path) -> tuple[Int64, Float64]:
    """Stamps (N,) and poses (N, 3) of x_m, y_m, yaw_rad, in the order of the stamps.

    Raises:
        DatasetError: If the file is missing or a line is not a pose.
    """
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot read trajectory '{path}': {error}") from error
    stamps_ns, poses = [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            stamp, *values = line.split()
            x_m, y_m, _, qx, qy, qz, qw = map(float, values)
            stamps_ns.append(_nanoseconds(stamp))
        except ValueError:
            raise DatasetError(
                f"line {number} of '{path}' is not 'stamp x y z qx qy qz qw': {line[:60]!r}"
            ) from None
        poses.append((x_m, y_m, yaw_from_quaternion(np.array([qx, qy, qz, qw]))))
    order = np.argsort(np.array(stamps_ns, np.int64), kind="stable")
    return np.array(stamps_ns, np.int64)[order], np.array(poses, float).reshape(-1, 3)[order]


def _nanoseconds(text: str) -> int:
    """Exact, which a float of seconds since 1970 is not."""
    if not text.replace(".", "", 1).isdigit():
        return round(float(text) * 1e9)
    seconds, _, fraction = text.partition(".")
    return int(seconds or "0") * 1_000_000_000 + int(fraction[:9].ljust(9, "0"))
