"""Odometry out of velocities."""

import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from geometry_msgs.msg import TwistWithCovarianceStamped  # noqa: E402
from nav_msgs.msg import Odometry  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from geoloc_ros.core.errors import ObservationError  # noqa: E402
from geoloc_ros.ros.conversions import to_pose2, to_time  # noqa: E402
from geoloc_ros.ros.twist_odometry import TwistOdometry  # noqa: E402

SECOND = 1_000_000_000


def twist(stamp_ns: int, forward_mps: float, turn_radps: float = 0.0) -> TwistWithCovarianceStamped:
    message = TwistWithCovarianceStamped(header=Header(stamp=to_time(stamp_ns), frame_id="base_link"))
    message.twist.twist.linear.x, message.twist.twist.angular.z = forward_mps, turn_radps
    return message


def test_who_starts_evenly_drives_half_as_far() -> None:
    odometry = TwistOdometry("odom")
    odometry.add(twist(0, 0.0))
    message = odometry.add(twist(2 * SECOND, 10.0))
    assert to_pose2(message.pose.pose).x_m == pytest.approx(10.0)
    assert (message.header.frame_id, message.child_frame_id) == ("odom", "base_link")
    assert message.twist.twist.linear.x == 10.0


def test_a_quarter_circle_ends_where_it_should() -> None:
    odometry, num_steps, radius_m = TwistOdometry("odom"), 100, 20.0
    message = Odometry()
    for step in range(num_steps + 1):
        message = odometry.add(twist(step * SECOND, radius_m * np.pi / 2 / num_steps, np.pi / 2 / num_steps))
    pose = to_pose2(message.pose.pose)
    assert (pose.x_m, pose.y_m, pose.yaw_rad) == pytest.approx((radius_m, radius_m, np.pi / 2), abs=1e-3)


def test_velocities_that_are_none_or_old_are_refused_and_change_nothing() -> None:
    odometry = TwistOdometry("odom")
    odometry.add(twist(0, 1.0))
    with pytest.raises(ObservationError, match="finite"):
        odometry.add(twist(SECOND, float("nan")))
    with pytest.raises(ObservationError, match="newer"):
        odometry.add(twist(0, 1.0))
    assert to_pose2(odometry.add(twist(SECOND, 1.0)).pose.pose).x_m == pytest.approx(1.0)
    odometry.clear()
    assert to_pose2(odometry.add(twist(0, 1.0)).pose.pose).x_m == 0.0
