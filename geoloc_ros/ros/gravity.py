"""Which way is up on the vehicle, from an IMU: its attitude if it tells one, or what it feels, smoothed."""

from __future__ import annotations

from collections import deque

import numpy as np
from sensor_msgs.msg import Imu

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.geometry import rotation_from_quaternion
from geoloc_ros.core.types import Float64
from geoloc_ros.ros.conversions import to_stamp_ns
from geoloc_ros.ros.tf import StaticTransforms

_GRAVITY_MPS2 = 9.81
# An acceleration that differs by more from gravity says how the vehicle moves, not how it stands.
_TOLERANCE_MPS2 = 1.0
_SMOOTHING_S = 1.0
# No road is as steep; a mount that was forgotten, or is wrong by a quarter turn, is.
_MAX_TILT_RAD = 0.6
_MAX_AGE_NS = 200_000_000
_KEPT = 1000


class GravityTracker:
    """Remembers which way was up; `at` may be asked a little later than what it is asked for."""

    def __init__(self, base_frame: str, transforms: StaticTransforms) -> None:
        self._base_frame, self._transforms = base_frame, transforms
        self._heard: deque[tuple[int, Float64]] = deque(maxlen=_KEPT)
        self._felt: Float64 | None = None

    def add(self, message: Imu) -> None:
        """Listen to the IMU.

        Raises:
            ObservationError: If it tells neither, the mount is not known, or it says that the vehicle has fallen over.
        """
        stamp_ns = to_stamp_ns(message.header.stamp)
        if self._heard and stamp_ns < self._heard[-1][0]:
            self.clear()
        up_in_imu = _attitude(message)
        if up_in_imu is None:
            up_in_imu = self._smoothed(stamp_ns, _acceleration(message))
        if up_in_imu is None:
            return
        base_from_imu = self._transforms.lookup(self._base_frame, message.header.frame_id)
        up = base_from_imu.rotation @ up_in_imu
        tilt_rad = float(np.arccos(np.clip(up[2], -1.0, 1.0)))
        if not tilt_rad <= _MAX_TILT_RAD:
            raise ObservationError(
                f"the IMU says that '{self._base_frame}' is tilted by {np.degrees(tilt_rad):.0f} degrees; correct the "
                f"transform of '{message.header.frame_id}', or set use_imu to false"
            )
        self._heard.append((stamp_ns, up))

    def at(self, stamp_ns: int) -> Float64 | None:
        """(3,) unit vector up in the base frame; None where the IMU said nothing within 0.2 s of the stamp."""
        nearest = min(self._heard, key=lambda entry: abs(entry[0] - stamp_ns), default=None)
        if nearest is None or abs(nearest[0] - stamp_ns) > _MAX_AGE_NS:
            return None
        return nearest[1]

    def was_heard(self) -> bool:
        """Has it ever said which way is up?"""
        return bool(self._heard)

    def clear(self) -> None:
        """Start anew."""
        self._heard.clear()
        self._felt = None

    def _smoothed(self, stamp_ns: int, acceleration: Float64) -> Float64 | None:
        if abs(float(np.linalg.norm(acceleration)) - _GRAVITY_MPS2) > _TOLERANCE_MPS2:
            return None
        if self._felt is None or not self._heard:
            self._felt = acceleration
        else:
            passed_s = (stamp_ns - self._heard[-1][0]) * 1e-9
            self._felt = self._felt + (acceleration - self._felt) * passed_s / (passed_s + _SMOOTHING_S)
        up: Float64 = self._felt / np.linalg.norm(self._felt)
        return up


def _attitude(message: Imu) -> Float64 | None:
    """Up in the frame of the IMU by its orientation; None if it tells none."""
    quaternion = message.orientation
    xyzw = np.array([quaternion.x, quaternion.y, quaternion.z, quaternion.w])
    if message.orientation_covariance[0] < 0.0 or not np.any(xyzw):
        return None
    if not np.all(np.isfinite(xyzw)):
        raise ObservationError(f"the IMU's orientation is {xyzw}: not a quaternion")
    world_from_imu = rotation_from_quaternion(xyzw)
    up: Float64 = world_from_imu[2]
    return up


def _acceleration(message: Imu) -> Float64:
    felt = message.linear_acceleration
    acceleration = np.array([felt.x, felt.y, felt.z])
    if message.linear_acceleration_covariance[0] < 0.0 or not np.all(np.isfinite(acceleration)):
        raise ObservationError(
            f"the IMU tells no orientation, and its acceleration is {acceleration}; set use_imu to false"
        )
    return acceleration
