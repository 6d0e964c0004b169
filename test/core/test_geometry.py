import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.geometry import (
    compose,
    inverse,
    pose2_from_quaternion,
    pose3_from_quaternion,
    quaternion_from_rotation,
    relative_motion,
    rotation_from_quaternion,
    rotation_from_rpy,
    wrap_angle,
    yaw_from_quaternion,
)
from geoloc_ros.core.types import Pose2, Pose3

lengths = st.floats(-1e4, 1e4)
angles = st.floats(-3.1, 3.1)
poses = st.builds(Pose2, lengths, lengths, angles)


@given(st.floats(-100.0, 100.0))
def test_wrapping_keeps_the_direction_and_stays_within_half_a_turn(angle_rad: float) -> None:
    wrapped = wrap_angle(angle_rad)
    assert -np.pi <= wrapped < np.pi
    assert np.cos(wrapped) == pytest.approx(np.cos(angle_rad), abs=1e-9)
    assert np.sin(wrapped) == pytest.approx(np.sin(angle_rad), abs=1e-9)


def test_one_metre_ahead_of_a_vehicle_that_looks_north_is_one_metre_further_north() -> None:
    ahead = compose(Pose2(5.0, 7.0, np.pi / 2), Pose2(1.0, 0.0, 0.0))
    assert ahead.as_array() == pytest.approx([5.0, 8.0, np.pi / 2])


@given(poses, poses)
def test_relative_motion_leads_from_one_pose_to_the_other(before: Pose2, after: Pose2) -> None:
    arrived = compose(before, relative_motion(before, after))
    assert [arrived.x_m, arrived.y_m] == pytest.approx([after.x_m, after.y_m], abs=1e-6)
    assert wrap_angle(arrived.yaw_rad - after.yaw_rad) == pytest.approx(0.0, abs=1e-9)


@given(poses)
def test_a_pose_and_its_inverse_cancel(pose: Pose2) -> None:
    assert compose(pose, inverse(pose)).as_array() == pytest.approx([0.0, 0.0, 0.0], abs=1e-6)


def test_a_quarter_turn_left_takes_forward_to_left() -> None:
    assert rotation_from_rpy(0.0, 0.0, np.pi / 2) @ [1.0, 0.0, 0.0] == pytest.approx([0.0, 1.0, 0.0])


def test_positive_pitch_looks_down() -> None:
    assert (rotation_from_rpy(0.0, 0.1, 0.0) @ [1.0, 0.0, 0.0])[2] < 0.0


@given(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5), angles)
def test_quaternions_and_rotations_agree(roll: float, pitch: float, yaw: float) -> None:
    rotation = rotation_from_rpy(roll, pitch, yaw)
    quaternion = quaternion_from_rotation(rotation)
    assert rotation_from_quaternion(quaternion) == pytest.approx(rotation, abs=1e-9)
    assert wrap_angle(yaw_from_quaternion(quaternion) - yaw) == pytest.approx(0.0, abs=1e-6)


def test_transforms_cancel_by_their_names() -> None:
    map_from_base = Pose3(rotation_from_rpy(0.1, 0.2, 0.3), np.array([1.0, 2.0, 3.0]))
    base_from_camera = Pose3(rotation_from_rpy(-1.0, 0.5, 2.0), np.array([0.5, 0.0, 1.7]))
    point_m = np.array([[1.0, 2.0, 3.0], [-4.0, 5.0, 6.0]])
    both = (map_from_base @ base_from_camera).apply(point_m)
    assert both == pytest.approx(map_from_base.apply(base_from_camera.apply(point_m)))
    assert map_from_base.inverse().apply(map_from_base.apply(point_m)) == pytest.approx(point_m)


@pytest.mark.parametrize("length", [1e-200, 0.5, 1e200])
def test_a_quaternion_may_have_any_length(length: float) -> None:
    half_turn = rotation_from_quaternion(np.array([0.0, 0.0, length, 0.0]))
    np.testing.assert_allclose(half_turn, np.diag([-1.0, -1.0, 1.0]), atol=1e-12)


@pytest.mark.parametrize("xyzw", [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, np.nan, 1.0]])
def test_what_is_no_pose_is_refused(xyzw: list[float]) -> None:
    with pytest.raises(ObservationError, match="no pose"):
        pose2_from_quaternion(1.0, 2.0, np.array(xyzw))
    with pytest.raises(ObservationError, match="no pose"):
        pose3_from_quaternion(np.zeros(3), np.array(xyzw))
