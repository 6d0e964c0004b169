from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.datasets.scenes.checked_pose import pose_from_matrix, pose_from_quaternion

angle = st.floats(-3.0, 3.0)


@given(roll=angle, pitch=angle, yaw=angle, noise=st.floats(-0.004, 0.004))
def test_a_rotation_that_was_rounded_is_made_exact(roll: float, pitch: float, yaw: float, noise: float) -> None:
    rotation = rotation_from_rpy(roll, pitch, yaw)
    matrix = np.eye(4)
    matrix[:3, :3] = rotation + noise
    pose = pose_from_matrix(matrix)
    np.testing.assert_allclose(pose.rotation @ pose.rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(pose.rotation) == pytest.approx(1.0)
    np.testing.assert_allclose(pose.rotation, rotation, atol=0.02)


def test_a_mirror_is_no_pose() -> None:
    with pytest.raises(ValueError, match="mirrors"):
        pose_from_matrix(np.diag([1.0, 1.0, -1.0, 1.0]))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_no_pose(value: float) -> None:
    with pytest.raises(ValueError, match="not finite"):
        pose_from_quaternion(np.array([1.0, 0.0, 0.0, 0.0]), np.array([0.0, value, 0.0]))
    with pytest.raises(ValueError, match="not finite"):
        pose_from_matrix(np.diag([1.0, value, 1.0, 1.0]))


def test_w_comes_first() -> None:
    half = np.sqrt(0.5)
    pose = pose_from_quaternion(np.array([half, 0.0, 0.0, half]), np.zeros(3))
    np.testing.assert_allclose(pose.rotation, rotation_from_rpy(0.0, 0.0, np.pi / 2), atol=1e-12)
