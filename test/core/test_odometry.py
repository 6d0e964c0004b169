"""The odometry buffer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.odometry import OdometryBuffer
from geoloc_ros.core.types import OdometryPose, Pose2

SECOND = 1_000_000_000


def buffer_of(*poses: tuple[float, Pose2], length_s: float = 100.0) -> OdometryBuffer:
    buffer = OdometryBuffer(length_s)
    for stamp_s, pose in poses:
        buffer.append(OdometryPose(int(stamp_s * SECOND), pose))
    return buffer


@given(ratio=st.floats(0.0, 1.0))
def test_between_two_poses_it_moves_in_a_straight_line(ratio: float) -> None:
    buffer = buffer_of((1.0, Pose2(0.0, 2.0, 0.0)), (2.0, Pose2(10.0, 2.0, 1.0)))
    pose = buffer.at(SECOND + int(ratio * SECOND))
    assert (pose.x_m, pose.y_m, pose.yaw_rad) == pytest.approx((10.0 * ratio, 2.0, ratio), abs=1e-6)


def test_yaw_turns_the_short_way_across_pi() -> None:
    buffer = buffer_of((0.0, Pose2(0.0, 0.0, np.pi - 0.1)), (1.0, Pose2(0.0, 0.0, -np.pi + 0.1)))
    assert abs(buffer.at(SECOND // 2).yaw_rad) == pytest.approx(np.pi)


def test_outside_of_what_is_known_it_refuses() -> None:
    buffer = buffer_of((1.0, Pose2(0.0, 0.0, 0.0)), (2.0, Pose2(0.0, 0.0, 0.0)))
    for stamp_ns in (SECOND - 1, 2 * SECOND + 1):
        with pytest.raises(ObservationError):
            buffer.at(stamp_ns)
    with pytest.raises(ObservationError, match="nothing"):
        OdometryBuffer(1.0).at(0)
    assert buffer.at(SECOND) == buffer.at(2 * SECOND)


def test_a_stamp_that_goes_back_is_refused_and_changes_nothing() -> None:
    buffer = buffer_of((1.0, Pose2(1.0, 0.0, 0.0)), (2.0, Pose2(2.0, 0.0, 0.0)))
    with pytest.raises(ObservationError):
        buffer.append(OdometryPose(2 * SECOND, Pose2(9.0, 9.0, 9.0)))
    assert buffer.at(2 * SECOND).x_m == 2.0


def test_it_forgets_what_is_too_old_and_stays_small() -> None:
    buffer = buffer_of(*((step * 0.1, Pose2(step, 0.0, 0.0)) for step in range(1000)), length_s=2.0)
    assert len(buffer) <= 50
    assert buffer.at(int(98.0 * SECOND)).x_m == pytest.approx(980.0)
