from dataclasses import replace

import cv2
import numpy as np
import pytest

from geoloc_ros.core.landmarks import CameraPose
from geoloc_ros.core.types import Pose3
from geoloc_ros.evaluation.landmarks.calibration import calibration_of, pose_difference, squared_errors

from .landmark_views import NOWHERE, ORIGIN, answer


def drawn(rng: np.random.Generator, count: int, boast: float) -> list[CameraPose]:
    """Errors by a covariance with long and short axes; what is told is smaller by `boast`."""
    mixing = rng.normal(size=(6, 6)) * np.array([0.1, 0.1, 0.1, 0.003, 0.003, 0.003])[:, None]
    covariance = mixing @ mixing.T
    poses = []
    for error in rng.multivariate_normal(np.zeros(6), covariance, count):
        rotation, _ = cv2.Rodrigues(error[3:])
        pose = Pose3(np.asarray(rotation, np.float64), error[:3])
        poses.append(CameraPose(pose, covariance / boast**2, 9, np.arange(1, 10, dtype=np.int32), 1.0, -30.0))
    return poses


def test_errors_drawn_by_the_covariance_lie_inside_of_it_as_often_as_they_should() -> None:
    poses = drawn(np.random.default_rng(1), 2000, 1.0)
    calibration = calibration_of([ORIGIN] * 2000, poses)
    assert calibration.position_ratio == pytest.approx(0.95, abs=0.015)
    assert calibration.pose_ratio == pytest.approx(0.95, abs=0.015)
    assert calibration.factor == pytest.approx(1.0, abs=0.03)


def test_who_claims_half_of_the_error_is_told_to_double_it() -> None:
    calibration = calibration_of([ORIGIN] * 2000, drawn(np.random.default_rng(1), 2000, 2.0))
    assert calibration.factor == pytest.approx(2.0, abs=0.06) and calibration.pose_ratio < 0.7


def test_what_was_not_found_says_nothing() -> None:
    assert calibration_of([ORIGIN, ORIGIN], [NOWHERE, answer(0.1)]).views == 1
    assert np.isnan(calibration_of([ORIGIN], [NOWHERE]).factor)


def test_a_pose_that_nothing_agrees_with_claims_no_covariance() -> None:
    alike = replace(answer(5.0), inliers=np.zeros(0, np.int32))
    assert calibration_of([ORIGIN, ORIGIN], [alike, answer(0.1)]).views == 1


def test_an_error_of_two_sigma_along_one_axis_is_four() -> None:
    position, pose = squared_errors(ORIGIN, answer(0.2, sigma=0.1))
    assert position == pytest.approx(4.0) and pose == pytest.approx(4.0)


def test_the_turn_is_about_the_axes_of_the_scene() -> None:
    down, _ = cv2.Rodrigues(np.array([0.4, -1.0, 0.3]))
    turn, _ = cv2.Rodrigues(np.array([0.0, 0.02, 0.0]))
    truth = Pose3(np.asarray(down, np.float64), np.zeros(3))
    found = Pose3(np.asarray(turn @ down, np.float64), np.array([0.0, 0.0, 1.0]))
    assert pose_difference(truth, found) == pytest.approx(np.array([0.0, 0.0, 1.0, 0.0, 0.02, 0.0]))
