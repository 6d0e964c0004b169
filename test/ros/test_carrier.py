"""What goes on between frames, without a node."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from nav_msgs.msg import Odometry  # noqa: E402
from rclpy.qos import QoSProfile  # noqa: E402
from std_msgs.msg import Header  # noqa: E402
from tf2_msgs.msg import TFMessage  # noqa: E402

from geoloc_ros.core.errors import ObservationError  # noqa: E402
from geoloc_ros.core.geometry import compose  # noqa: E402
from geoloc_ros.core.node_config import LocalizerNodeConfig  # noqa: E402
from geoloc_ros.core.types import LocalizationStatus, Pose2, PoseEstimate  # noqa: E402
from geoloc_ros.ros.carrier import PoseCarrier  # noqa: E402
from geoloc_ros.ros.conversions import to_odometry_pose, to_pose2, to_pose_msg, to_stamp_ns, to_time  # noqa: E402

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
CONFIG = LocalizerNodeConfig(transform_tolerance_s=0.5)
START = Pose2(30.0, 40.0, np.pi / 2.0)


class Ear:
    """A publisher that keeps what it is given."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def publish(self, message: Any) -> None:
        self.heard.append(message)


class Bench:
    """A carrier and what it says."""

    def __init__(self) -> None:
        self.ears: dict[str, Ear] = {}
        self.carrier = PoseCarrier(self._make)

    def _make(self, message_type: type[Any], topic: str, qos: QoSProfile) -> Ear:
        return self.ears.setdefault(topic, Ear())

    @property
    def poses(self) -> list[Odometry]:
        return self.ears["odometry/global"].heard

    @property
    def transforms(self) -> list[TFMessage]:
        return self.ears["/tf"].heard

    def odometry(self, stamp_ns: int, x_m: float, config: LocalizerNodeConfig = CONFIG) -> None:
        message = Odometry(header=Header(stamp=to_time(stamp_ns), frame_id="odom"), child_frame_id="base_link")
        message.pose.pose = to_pose_msg(Pose2(x_m, 0.0, 0.0))
        message.twist.twist.linear.x = 9.0
        self.carrier.carry(message, to_odometry_pose(message), config)

    def fix(self, stamp_ns: int, x_m: float, pose: Pose2 = START, config: LocalizerNodeConfig = CONFIG) -> None:
        """A frame of a stamp, at which odometry was `x_m` ahead."""
        estimate = PoseEstimate(
            stamp_ns, pose, 0.01 * np.eye(3), LocalizationStatus.INITIALIZED, 1.0, "", (), (), 0.0
        )
        self.carrier.hold(estimate, Pose2(x_m, 0.0, 0.0), config)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_before_a_fix_nothing_is_said(bench: Bench) -> None:
    bench.odometry(SECOND, 0.0)
    assert not bench.poses and not bench.transforms


def test_every_odometry_message_moves_the_pose_by_as_much(bench: Bench) -> None:
    bench.odometry(SECOND, 5.0)
    bench.fix(SECOND, 5.0)
    for tick in range(1, 51):
        bench.odometry(SECOND + tick * 20 * MILLISECOND, 5.0 + 0.2 * tick)
    assert len(bench.poses) == 50
    last = bench.poses[-1]
    assert to_pose2(last.pose.pose) == Pose2(30.0, pytest.approx(50.0), pytest.approx(np.pi / 2.0))
    assert to_stamp_ns(last.header.stamp) == 2 * SECOND and last.header.frame_id == "map"
    assert last.child_frame_id == "base_link" and last.twist.twist.linear.x == 9.0
    assert last.pose.covariance[7] > bench.poses[0].pose.covariance[7] > 0.01


def test_the_transform_is_that_of_the_image_and_explains_the_pose_between_frames(bench: Bench) -> None:
    bench.odometry(SECOND, 7.0)
    bench.fix(SECOND, 7.0)
    transform = bench.transforms[0].transforms[0]
    assert (transform.header.frame_id, transform.child_frame_id) == ("map", "odom")
    assert to_stamp_ns(transform.header.stamp) == SECOND + SECOND // 2
    bench.odometry(SECOND + SECOND // 5, 9.0)
    there = transform.transform
    rotation = 2.0 * np.arctan2(there.rotation.z, there.rotation.w)
    map_from_odom = Pose2(there.translation.x, there.translation.y, float(rotation))
    np.testing.assert_allclose(
        compose(map_from_odom, Pose2(9.0, 0.0, 0.0)).as_array(), to_pose2(bench.poses[0].pose.pose).as_array()
    )


def test_while_the_camera_pauses_the_transform_stays_fresh_but_not_at_the_rate_of_odometry(bench: Bench) -> None:
    bench.odometry(SECOND, 0.0)
    bench.fix(SECOND, 0.0)
    for tick in range(1, 1001):
        bench.odometry(SECOND + tick * 10 * MILLISECOND, 0.0)
    stamps = [to_stamp_ns(message.transforms[0].header.stamp) for message in bench.transforms]
    assert len(stamps) == 201 and stamps[-1] == 11 * SECOND + SECOND // 2
    assert np.all(np.diff(stamps) == 50 * MILLISECOND)


def test_a_frame_that_comes_after_its_odometry_replaces_the_transform_that_was_sent_meanwhile(bench: Bench) -> None:
    bench.odometry(SECOND, 0.0)
    bench.fix(SECOND, 0.0)
    bench.odometry(2 * SECOND, 0.0)
    bench.fix(2 * SECOND - 100 * MILLISECOND, 0.0, Pose2(99.0, 0.0, 0.0))
    last, before = (bench.transforms[row].transforms[0] for row in (-1, -2))
    assert last.transform.translation.x == 99.0
    assert to_stamp_ns(last.header.stamp) > to_stamp_ns(before.header.stamp)


def test_with_tf_broadcast_off_only_the_pose_is_carried(bench: Bench) -> None:
    config = CONFIG.model_copy(update={"tf_broadcast": False})
    bench.odometry(SECOND, 0.0, config)
    bench.fix(SECOND, 0.0, config=config)
    bench.odometry(2 * SECOND, 0.0, config)
    assert len(bench.poses) == 1 and not bench.transforms


def test_without_a_fix_the_transform_is_left_to_go_stale(bench: Bench) -> None:
    bench.odometry(SECOND, 0.0)
    bench.fix(SECOND, 0.0)
    bench.carrier.drop()
    bench.odometry(2 * SECOND, 0.0)
    assert not bench.poses and len(bench.transforms) == 1


def test_after_half_an_hour_without_a_frame_nobody_knows(bench: Bench) -> None:
    bench.odometry(SECOND, 0.0)
    bench.fix(SECOND, 0.0)
    with pytest.raises(ObservationError, match="no frame for so long"):
        for second in range(2, 1800):
            bench.odometry(second * SECOND, 9.0 * second)
    said = len(bench.poses)
    bench.odometry(1800 * SECOND, 9.0 * 1800)
    assert len(bench.poses) == said


def test_odometry_that_jumps_ends_it(bench: Bench) -> None:
    bench.odometry(SECOND, 0.0)
    bench.fix(SECOND, 0.0)
    with pytest.raises(ObservationError, match="jumped"):
        bench.odometry(2 * SECOND, 500.0)


def test_a_frame_from_before_the_clock_went_back_is_not_carried_into_the_new_time(bench: Bench) -> None:
    bench.odometry(100 * SECOND, 0.0)
    bench.carrier.clear()
    bench.fix(100 * SECOND, 0.0)
    bench.odometry(SECOND, 0.0)
    assert not bench.poses and not bench.transforms
    bench.fix(SECOND, 0.0)
    assert to_stamp_ns(bench.transforms[0].transforms[0].header.stamp) == SECOND + SECOND // 2
