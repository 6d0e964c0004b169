"""The way between frames that lie far apart."""

import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from geoloc_ros.core.types import OdometryPose, Pose2  # noqa: E402
from geoloc_ros.ros.way import DrivenWay  # noqa: E402

SECOND = 1_000_000_000
START = Pose2(0.0, 0.0, 0.0)


def driven(length_m: int) -> DrivenWay:
    """One metre a second along x."""
    way = DrivenWay()
    for metre in range(length_m + 1):
        way.add(OdometryPose(metre * SECOND, Pose2(float(metre), 0.0, 0.0)))
    return way


def test_between_frames_that_lie_near_there_is_no_way() -> None:
    way, last = driven(100), START
    for metre in range(5, 100, 5):
        assert not list(way.take(last, metre * SECOND))
        last = Pose2(float(metre), 0.0, 0.0)


def test_after_a_pause_of_the_camera_the_way_comes_every_ten_metres_and_only_once() -> None:
    way = driven(100)
    points = list(way.take(START, 95 * SECOND))
    assert [point.pose.x_m for point in points] == [10.0 * step for step in range(1, 10)]
    assert not list(way.take(START, 95 * SECOND))


def test_a_vehicle_that_stands_adds_nothing() -> None:
    way = DrivenWay()
    for second in range(100):
        way.add(OdometryPose(second * SECOND, Pose2(0.0, 0.0, np.pi)))
    assert len(list(way.take(Pose2(50.0, 0.0, 0.0), 1000 * SECOND))) == 1
    way.clear()
    assert not list(way.take(Pose2(50.0, 0.0, 0.0), 1000 * SECOND))
