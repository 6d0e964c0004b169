"""A pose carried by odometry."""

import numpy as np
import pytest

from geoloc_ros.core.geometry import compose
from geoloc_ros.core.localization_config import MotionConfig
from geoloc_ros.core.types import Pose2
from geoloc_ros.localization.carrying import CarriedPose

SECOND = 1_000_000_000
NOTHING = MotionConfig(scale_sigma=0.0, yaw_bias_radps=0.0, distance_variance_m=1e-12)
EXACT = np.zeros((3, 3))
START = Pose2(100.0, 50.0, np.pi / 2.0)


def carried(config: MotionConfig, covariance: np.ndarray = EXACT) -> CarriedPose:
    """North on the map, while odometry believes it is at its origin and looks along x."""
    return CarriedPose(START, covariance, 0, Pose2(0.0, 0.0, 0.0), config)


def test_ten_metres_ahead_are_ten_metres_north_for_who_looks_north() -> None:
    moved = carried(NOTHING).to(SECOND, Pose2(10.0, 0.0, 0.5))
    pose, covariance = moved
    assert (pose.x_m, pose.y_m, pose.yaw_rad) == pytest.approx((100.0, 60.0, np.pi / 2.0 + 0.5))
    np.testing.assert_allclose(covariance, 0.0, atol=1e-10)


def test_the_transform_explains_the_carried_pose() -> None:
    start = carried(NOTHING)
    odometry = Pose2(7.0, -2.0, 0.3)
    moved = start.to(SECOND, odometry)
    assert compose(start.map_from_odom(), odometry).as_array() == pytest.approx(moved[0].as_array())


def test_a_wrong_scale_is_felt_along_the_way_and_a_wrong_start_heading_across_it() -> None:
    moved = carried(NOTHING.model_copy(update={"scale_sigma": 0.1}), np.diag([0.0, 0.0, 0.02**2])).to(
        SECOND, Pose2(10.0, 0.0, 0.0)
    )
    # 10 % of ten metres north, and 0.02 rad times ten metres west.
    np.testing.assert_allclose(np.sqrt(np.diag(moved[1])), [0.2, 1.0, 0.02], atol=1e-5)
    # Who looks more to the left than believed has come out further west: where x is smaller.
    assert moved[1][0, 2] == pytest.approx(-0.2 * 0.02)


def test_drift_turns_the_heading_and_half_of_it_the_way() -> None:
    moved = carried(NOTHING.model_copy(update={"yaw_bias_radps": 0.01})).to(2 * SECOND, Pose2(30.0, 0.0, 0.0))
    np.testing.assert_allclose(np.sqrt(np.diag(moved[1])), [0.3, 0.0, 0.02], atol=1e-5)
    assert moved[1][0, 2] == pytest.approx(-0.3 * 0.02)


def test_who_drives_to_and_fro_is_as_unsure_as_who_has_driven_as_far() -> None:
    start = carried(NOTHING.model_copy(update={"distance_variance_m": 0.05}))
    for tick in range(10):
        start.to(tick * SECOND, Pose2(20.0, 0.0, 0.0))
        back = start.to(tick * SECOND + SECOND // 2, Pose2(0.0, 0.0, 0.0))
    np.testing.assert_allclose(np.diag(back[1]), [0.0, 0.05 * 400.0, 0.0], atol=1e-9)


@pytest.mark.parametrize("num_messages", [1, 50])
def test_how_often_odometry_speaks_makes_no_difference(num_messages: int) -> None:
    start = carried(MotionConfig(), np.diag([1.0, 1.0, 0.01]))
    for part in np.arange(1, num_messages + 1) / num_messages:
        moved = start.to(int(part * SECOND), Pose2(9.0 * part, 0.0, 0.0))
    once = carried(MotionConfig(), np.diag([1.0, 1.0, 0.01])).to(SECOND, Pose2(9.0, 0.0, 0.0))
    np.testing.assert_allclose(moved[1], once[1], atol=1e-9)


def test_who_watches_for_jumps_is_told_how_far_odometry_moved() -> None:
    start = carried(NOTHING)
    start.to(SECOND, Pose2(3.0, 4.0, 0.0))
    assert start.step_m == 5.0
    start.to(2 * SECOND, Pose2(1003.0, 4.0, 0.0))
    assert start.step_m == 1000.0
