"""Trajectories as text: one line `stamp x y z qx qy qz qw` a pose, as evo and the TUM benchmark read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.errors import DatasetError, ObservationError
from geoloc_ros.core.geometry import pose3_from_quaternion, quaternion_from_rotation, yaw_from_quaternion
from geoloc_ros.core.types import Float64, Int64, Pose3


def write_tum(path: Path, stamp_ns: Int64, pose: Float64) -> None:
    """Write stamps (N,) and poses (N, 3) of x_m, y_m, yaw_rad; the same poses give the same bytes."""
    with write_beside(path) as partial, partial.open("w") as stream:
        for stamp, (x_m, y_m, yaw_rad) in zip(stamp_ns.tolist(), pose.tolist(), strict=True):
            half_rad = 0.5 * yaw_rad
            stream.write(_line(stamp, (x_m, y_m, 0.0), (0.0, 0.0, np.sin(half_rad), np.cos(half_rad))))


def write_tum_poses(path: Path, stamp_ns: Sequence[int], poses: Sequence[Pose3]) -> None:
    """The same of poses in six degrees of freedom."""
    with write_beside(path) as partial, partial.open("w") as stream:
        for stamp, pose in zip(stamp_ns, poses, strict=True):
            stream.write(_line(stamp, pose.translation_m.tolist(), quaternion_from_rotation(pose.rotation).tolist()))


def read_tum(path: Path) -> tuple[Int64, Float64]:
    """Stamps (N,) and poses (N, 3) of x_m, y_m, yaw_rad, in the order of the stamps.

    Raises:
        DatasetError: If the file is missing or a line is not a pose.
    """
    stamp_ns, rows = _read(path)
    poses = [(x_m, y_m, yaw_from_quaternion(np.array(xyzw))) for x_m, y_m, _, *xyzw in rows.tolist()]
    return stamp_ns, np.array(poses, float).reshape(-1, 3)


def read_tum_poses(path: Path) -> tuple[Int64, tuple[Pose3, ...]]:
    """Stamps (N,) and the poses in six degrees of freedom, in the order of the stamps.

    Raises:
        DatasetError: If the file is missing or a line is not a pose.
    """
    stamp_ns, rows = _read(path)
    try:
        return stamp_ns, tuple(pose3_from_quaternion(row[:3], row[3:]) for row in rows)
    except ObservationError as error:
        raise DatasetError(f"'{path}' has a line that is no pose: {error}") from error


def _line(stamp_ns: int, position_m: Sequence[float], xyzw: Sequence[float]) -> str:
    seconds, nanoseconds = divmod(stamp_ns, 1_000_000_000)
    numbers = [*(f"{value:.4f}" for value in position_m), *(f"{value:.7f}" for value in xyzw)]
    return f"{seconds}.{nanoseconds:09d} {' '.join(numbers)}\n"


def _read(path: Path) -> tuple[Int64, Float64]:
    """Stamps (N,) and x, y, z, qx, qy, qz, qw (N, 7)."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot read trajectory '{path}': {error}") from error
    stamps_ns, rows = [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            stamp, *values = line.split()
            x, y, z, qx, qy, qz, qw = map(float, values)
            stamps_ns.append(int(np.int64(_nanoseconds(stamp))))
        except (ValueError, OverflowError):
            raise DatasetError(
                f"line {number} of '{path}' is not 'stamp x y z qx qy qz qw': {line[:60]!r}"
            ) from None
        rows.append((x, y, z, qx, qy, qz, qw))
    order = np.argsort(np.array(stamps_ns, np.int64), kind="stable")
    return np.array(stamps_ns, np.int64)[order], np.array(rows, float).reshape(-1, 7)[order]


def _nanoseconds(text: str) -> int:
    """Exact, which a float of seconds since 1970 is not."""
    if not text.replace(".", "", 1).isdigit():
        return round(float(text) * 1e9)
    seconds, _, fraction = text.partition(".")
    return int(seconds or "0") * 1_000_000_000 + int(fraction[:9].ljust(9, "0"))
