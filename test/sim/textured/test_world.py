from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.sim.textured.world import looking

ANGLES = st.floats(-1.5, 1.5)


@given(yaw=st.floats(-4.0, 4.0), pitch=ANGLES, roll=ANGLES)
def test_a_pose_is_a_rotation_that_looks_where_it_says(yaw: float, pitch: float, roll: float) -> None:
    pose = looking(yaw, pitch, roll, (1.0, 2.0, 3.0))
    np.testing.assert_allclose(pose.rotation @ pose.rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(pose.rotation) == pytest.approx(1.0)
    ahead = [np.cos(yaw) * np.cos(pitch), np.sin(yaw) * np.cos(pitch), np.sin(pitch)]
    np.testing.assert_allclose(pose.apply(np.array([0.0, 0.0, 1.0])) - [1.0, 2.0, 3.0], ahead, atol=1e-12)


def test_looking_along_x_has_y_on_the_left_and_rolls_clockwise() -> None:
    upright, rolled = looking(0.0, 0.0, 0.0, (0.0, 0.0, 0.0)), looking(0.0, 0.0, 0.3, (0.0, 0.0, 0.0))
    np.testing.assert_allclose(upright.rotation[:, 0], [0.0, -1.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(upright.rotation[:, 1], [0.0, 0.0, -1.0], atol=1e-12)
    assert rolled.rotation[2, 0] == pytest.approx(-np.sin(0.3))
