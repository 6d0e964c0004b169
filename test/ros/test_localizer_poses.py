"""What the localizer node makes of `pose_refined`."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from geometry_msgs.msg import PoseWithCovarianceStamped  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from geoloc_ros.core.types import LocalizationStatus, Pose2  # noqa: E402
from geoloc_ros.ros.conversions import to_pose2, to_pose_with_covariance, to_time  # noqa: E402
from geoloc_ros.ros.qos import LATCHED_QOS  # noqa: E402

from .test_localizer_inputs import publisher_to  # noqa: E402
from .vehicle import Vehicle  # noqa: E402

SECOND = 1_000_000_000
# Beside all roads of the map; odometry starts at nought and drives to the east, too.
YARD = Pose2(-40.0, -35.0, 0.0)
COVARIANCE = np.diag([1e-3, 1e-3, 1e-5])


def refined(seconds: int, frame: str = "map") -> PoseWithCovarianceStamped:
    header = Header(stamp=to_time(seconds * SECOND), frame_id=frame)
    return to_pose_with_covariance(Pose2(YARD.x_m + 2.0 * seconds, YARD.y_m, 0.0), COVARIANCE, header)


def test_poses_alone_make_a_fix_and_it_is_theirs(world: Any, tiny_index: Path) -> None:
    vehicle = Vehicle(world, tiny_index)
    said = world.hear(PoseWithCovarianceStamped, "pose", LATCHED_QOS)
    poses = publisher_to(vehicle, PoseWithCovarianceStamped, "pose_refined")
    for second in range(1, 5):
        vehicle.send_odometry(second * SECOND, 2.0 * second)
        poses.publish(refined(second))
        world.until(lambda second=second: vehicle.node.health.counted("poses of others") == second)
        state = vehicle.send_frame(second * SECOND + SECOND // 2, 2.0 * second + 1.0)
    assert state.state == LocalizationStatus.INITIALIZED and "poses of others agree" in state.reason
    world.until(lambda: said)
    pose = to_pose2(said[-1].pose.pose)
    assert (pose.x_m, pose.y_m) == pytest.approx((YARD.x_m + 9.0, YARD.y_m), abs=0.1)
    assert vehicle.values["poses of others that agree"] == "4"


def test_a_pose_waits_for_odometry_and_one_without_is_refused(world: Any, tiny_index: Path) -> None:
    vehicle = Vehicle(world, tiny_index)
    poses = publisher_to(vehicle, PoseWithCovarianceStamped, "pose_refined")
    vehicle.send_odometry(SECOND)
    world.until(lambda: vehicle.node._odometry.reaches(SECOND))
    poses.publish(refined(2))
    world.until(lambda: vehicle.node._outside._waiting)
    vehicle.send_odometry(3 * SECOND)
    world.until(lambda: vehicle.node.health.counted("poses of others") == 1)
    for second in range(10, 16):
        poses.publish(refined(second))
    vehicle.until_refused("pose")


def test_another_frame_and_what_is_no_pose_are_refused(world: Any, tiny_index: Path) -> None:
    vehicle = Vehicle(world, tiny_index)
    poses = publisher_to(vehicle, PoseWithCovarianceStamped, "pose_refined")
    for second in (1, 4):
        vehicle.send_odometry(second * SECOND)
    broken, certain, old = refined(2), refined(2), refined(0)
    broken.pose.pose.position.x = float("nan")
    certain.pose.covariance = np.zeros(36)
    for number, message in enumerate((refined(2, "odom"), broken, certain, old), start=1):
        poses.publish(message)
        world.until(lambda number=number: vehicle.node.health.counted("refused: pose") == number)
    poses.publish(refined(3))
    world.until(lambda: vehicle.node.health.counted("poses of others") == 1)
