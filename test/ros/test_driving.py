"""A vehicle that has nothing but the localizer's transform to steer by, as Nav2 does, and an EKF that has its pose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from geoloc_ros.core.geometry import compose, relative_motion, wrap_angle  # noqa: E402
from geoloc_ros.core.types import Float64, Pose2  # noqa: E402
from geoloc_ros.localization.place_index import PlaceIndex  # noqa: E402
from geoloc_ros.ros.conversions import PLANAR, to_pose2, to_stamp_ns  # noqa: E402

from .driven import SEED, TICKS_PER_SCAN, Drive, index_town  # noqa: E402
from .driving import TICK_S, PoseFilter, plan  # noqa: E402

LENGTH_M = 200.0


@pytest.fixture(scope="module")
def driven(shared_world: Any, tmp_path_factory: pytest.TempPathFactory) -> Drive:
    """A drive along a planned path, from a start that somebody pointed at to where the controller stops."""
    index = index_town(tmp_path_factory.mktemp("town"))
    drive = Drive(shared_world, index, plan(PlaceIndex.load(index).geomap, LENGTH_M, SEED))
    drive.set_off(off_m=1.0)
    while drive.tick(with_scan=len(drive.moments) % TICKS_PER_SCAN == 0):
        pass
    return drive


def error_m(pose: Pose2, truth: Pose2) -> float:
    return float(np.hypot(pose.x_m - truth.x_m, pose.y_m - truth.y_m))


def test_the_vehicle_reaches_its_goal_on_our_transform_and_would_not_on_its_odometry(driven: Drive) -> None:
    goal, last = Pose2(*driven.path[-1]), driven.moments[-1]
    dead_reckoned = compose(Pose2(*driven.path[0]), last.odometry)
    assert error_m(last.truth, goal) < 3.0, driven.states[-1].reason
    assert error_m(dead_reckoned, last.truth) > 5.0


def test_between_images_the_pose_comes_with_every_odometry_message(driven: Drive) -> None:
    stamps = {to_stamp_ns(message.header.stamp) for message in driven.carried}
    assert not [moment for moment in driven.moments[2:] if moment.stamp_ns not in stamps]
    truth = {moment.stamp_ns: moment.truth for moment in driven.moments}
    errors_m = [error_m(to_pose2(one.pose.pose), truth[to_stamp_ns(one.header.stamp)]) for one in driven.carried]
    assert np.median(errors_m) < 2.0


def test_a_filter_that_fuses_our_pose_is_hardly_more_sure_than_the_pose(driven: Drive, root: Path) -> None:
    """With the process noise of the example for robot_localization."""
    nodes = yaml.safe_load((root / "config" / "robot_localization.yaml").read_text())
    ekf = nodes["/**/ekf_filter_node_map"]["ros__parameters"]
    noise = np.array(ekf["process_noise_covariance"]).reshape(15, 15)[np.ix_(PLANAR, PLANAR)].diagonal()
    poses = {to_stamp_ns(message.header.stamp): message.pose for message in driven.poses}
    first = poses[driven.moments[0].stamp_ns]
    ours = PoseFilter(to_pose2(first.pose).as_array(), _planar(first), noise)
    given, fused, distances = [], [], []
    for before, moment in zip(driven.moments, driven.moments[1:], strict=False):
        ours.predict(relative_motion(before.odometry, moment.odometry), TICK_S)
        if moment.stamp_ns in poses:
            pose, covariance = to_pose2(poses[moment.stamp_ns].pose).as_array(), _planar(poses[moment.stamp_ns])
            distances.append(ours.correct(pose, covariance))
            given.append(_nees(pose, covariance, moment.truth))
            fused.append(_nees(ours.pose, ours.covariance, moment.truth))
    # Process noise as large as the variance of what is fused leaves 0.62 of it (x = (x + 1) / (x + 2)); with little of
    # it an EKF would be ten times as sure after ten poses whose errors are the same.
    assert np.mean(fused) < 1.0 / 0.62 * np.mean(given)
    assert np.mean(fused) < 6.0
    assert np.mean(np.array(distances) > ekf["pose0_rejection_threshold"]) < 0.02


def _nees(pose: Float64, covariance: Float64, truth: Pose2) -> float:
    """Squared error in its standard deviations."""
    off = pose - truth.as_array()
    off[2] = wrap_angle(float(off[2]))
    return float(off @ np.linalg.solve(covariance, off))


def _planar(pose: Any) -> Float64:
    return np.array(pose.covariance).reshape(6, 6)[np.ix_(PLANAR, PLANAR)]
