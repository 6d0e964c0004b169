"""Angles and planar motion."""

from typing import overload

import numpy as np

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import Float64, Pose2, Pose3


@overload
def wrap_angle(angle_rad: float) -> float: ...
@overload
def wrap_angle(angle_rad: Float64) -> Float64: ...
def wrap_angle(angle_rad: float | Float64) -> float | Float64:
    """The same angle in [-pi, pi)."""
    return (angle_rad + np.pi) % (2.0 * np.pi) - np.pi


def compose(a_from_b: Pose2, b_from_c: Pose2) -> Pose2:
    """`a_from_c`."""
    cos, sin = np.cos(a_from_b.yaw_rad), np.sin(a_from_b.yaw_rad)
    return Pose2(
        float(a_from_b.x_m + cos * b_from_c.x_m - sin * b_from_c.y_m),
        float(a_from_b.y_m + sin * b_from_c.x_m + cos * b_from_c.y_m),
        wrap_angle(a_from_b.yaw_rad + b_from_c.yaw_rad),
    )


def inverse(a_from_b: Pose2) -> Pose2:
    """`b_from_a`."""
    cos, sin = np.cos(a_from_b.yaw_rad), np.sin(a_from_b.yaw_rad)
    return Pose2(
        float(-cos * a_from_b.x_m - sin * a_from_b.y_m),
        float(sin * a_from_b.x_m - cos * a_from_b.y_m),
        wrap_angle(-a_from_b.yaw_rad),
    )


def relative_motion(before: Pose2, after: Pose2) -> Pose2:
    """Pose `after` seen from pose `before`: x forward, y left."""
    return compose(inverse(before), after)


def rotation_from_rpy(roll_rad: float, pitch_rad: float, yaw_rad: float) -> Float64:
    """Rotation (3, 3) of fixed-axis roll, pitch, yaw (REP-103): `Rz(yaw) @ Ry(pitch) @ Rx(roll)`."""
    cr, sr, cp, sp, cy, sy = (f(a) for a in (roll_rad, pitch_rad, yaw_rad) for f in (np.cos, np.sin))
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )


def quaternion_from_rotation(rotation: Float64) -> Float64:
    """`[x, y, z, w]` with w >= 0, of a rotation (3, 3)."""
    # Not at the top: it takes half a second, and few who need angles need quaternions.
    from scipy.spatial.transform import Rotation

    quaternion: Float64 = Rotation.from_matrix(rotation).as_quat(canonical=True)
    return quaternion


def rotation_from_quaternion(xyzw: Float64) -> Float64:
    """Rotation (3, 3) of a quaternion `[x, y, z, w]`; any non-zero length."""
    from scipy.spatial.transform import Rotation

    # The square of a length that is not zero may be.
    rotation: Float64 = Rotation.from_quat(xyzw / np.abs(xyzw).max()).as_matrix()
    return rotation


def yaw_from_quaternion(xyzw: Float64) -> float:
    """Heading of the x axis on the ground plane, rad."""
    x, y, z, w = xyzw
    return float(np.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z)))


def pose2_from_quaternion(x_m: float, y_m: float, xyzw: Float64) -> Pose2:
    """The planar part of a pose; a quaternion of any non-zero length.

    Raises:
        ObservationError: If something is no finite number or the quaternion has no length.
    """
    _check_pose(np.array([x_m, y_m]), xyzw)
    scaled = xyzw / np.abs(xyzw).max()
    return Pose2(x_m, y_m, yaw_from_quaternion(scaled / np.linalg.norm(scaled)))


def pose3_from_quaternion(translation_m: Float64, xyzw: Float64) -> Pose3:
    """A transform; a quaternion of any non-zero length.

    Raises:
        ObservationError: As `pose2_from_quaternion`.
    """
    _check_pose(translation_m, xyzw)
    return Pose3(rotation_from_quaternion(xyzw), translation_m)


def _check_pose(position_m: Float64, xyzw: Float64) -> None:
    if not (np.all(np.isfinite(position_m)) and np.all(np.isfinite(xyzw)) and np.any(xyzw)):
        raise ObservationError(f"position {position_m} and quaternion {xyzw} are no pose; check who publishes them")
