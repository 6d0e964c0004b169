import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from geoloc_ros.core.landmarks import CameraPose
from geoloc_ros.core.types import Pose2, Pose3
from geoloc_ros.landmarks.vehicle_pose import camera_prior, vehicle_pose

# Optical frame on a base: z ahead, x right, y down.
FORWARD = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
HERE = Pose3(np.eye(3), np.zeros(3))
MOUNT = Pose3(FORWARD, np.array([2.0, 0.0, 1.5]))


def seen_at(scene_from_camera: Pose3, covariance: np.ndarray) -> CameraPose:
    return CameraPose(scene_from_camera, covariance, 9, np.arange(1, 9, dtype=np.int32), 0.5, -20.0)


def test_the_base_stands_behind_and_below_its_camera() -> None:
    seen = seen_at(Pose3(FORWARD, np.array([12.0, 5.0, 1.5])), np.eye(6))
    found = vehicle_pose(seen, HERE, MOUNT)
    assert found.map_from_base.translation_m == pytest.approx([10.0, 5.0, 0.0])
    assert found.map_from_base.rotation == pytest.approx(np.eye(3))
    assert found.planar()[0].as_array() == pytest.approx([10.0, 5.0, 0.0])


def test_a_scene_that_lies_turned_on_the_map_turns_pose_and_covariance() -> None:
    quarter = Pose3(Rotation.from_euler("z", 90, degrees=True).as_matrix(), np.array([100.0, 0.0, 3.0]))
    covariance = np.diag([0.04, 0.01, 0.09, 1e-4, 4e-4, 9e-4])
    on_base = Pose3(FORWARD, np.zeros(3))
    found = vehicle_pose(seen_at(Pose3(FORWARD, np.array([12.0, 5.0, 0.0])), covariance), quarter, on_base)
    assert found.map_from_base.translation_m == pytest.approx([95.0, 12.0, 3.0])
    pose, planar = found.planar()
    assert pose.yaw_rad == pytest.approx(np.pi / 2.0)
    assert np.diag(found.covariance) == pytest.approx([0.01, 0.04, 0.09, 4e-4, 1e-4, 9e-4])
    assert np.diag(planar) == pytest.approx([0.01, 0.04, 9e-4])


def test_an_angle_that_is_not_known_moves_the_base_by_its_lever() -> None:
    covariance = np.diag([1e-6, 1e-6, 1e-6, 1e-12, 1e-12, 0.01])
    found = vehicle_pose(seen_at(Pose3(FORWARD, np.zeros(3)), covariance), HERE, MOUNT)
    # Yaw of 0.1 rad about a camera 2 m ahead: the base swings by 0.2 m, to the right when it turns left.
    assert found.covariance[1, 1] == pytest.approx(0.04, rel=1e-3)
    assert found.covariance[1, 5] == pytest.approx(-0.02, rel=1e-3)
    assert found.covariance[0, 0] == pytest.approx(1e-6, rel=1e-3)


@given(st.integers(0, 10_000))
def test_the_covariance_is_that_of_poses_which_err(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rotations = Rotation.random(3, random_state=seed).as_matrix()
    scene_from_camera, map_from_scene, mount = (Pose3(each, rng.normal(0.0, 3.0, 3)) for each in rotations)
    root = 1e-3 * rng.normal(size=(6, 6))
    found = vehicle_pose(seen_at(scene_from_camera, root @ root.T), map_from_scene, mount)
    # The columns of the root are deviations; each moves the base as if the camera erred by it.
    moved = []
    for deviation in root.T:
        turned = Rotation.from_rotvec(deviation[3:]).as_matrix() @ scene_from_camera.rotation
        off = Pose3(turned, scene_from_camera.translation_m + deviation[:3])
        base = vehicle_pose(seen_at(off, np.eye(6)), map_from_scene, mount).map_from_base
        turn = Rotation.from_matrix(base.rotation @ found.map_from_base.rotation.T).as_rotvec()
        moved.append(np.append(base.translation_m - found.map_from_base.translation_m, turn))
    by_deviations = np.array(moved).T @ np.array(moved)
    assert found.covariance == pytest.approx(by_deviations, abs=0.05 * float(np.abs(by_deviations).max()))


def test_a_prior_is_where_the_camera_of_a_level_vehicle_is_as_high_as_the_scene_was_learnt_from() -> None:
    scene_on_map = Pose3(Rotation.from_euler("z", 90, degrees=True).as_matrix(), np.array([100.0, 0.0, 3.0]))
    learnt_from_m = np.array([[12.0, 5.0, 0.7], [40.0, 0.0, 9.0]])
    prior = camera_prior(Pose2(95.0, 10.0, np.pi / 2.0), np.diag([4.0, 1.0, 0.04]), scene_on_map, MOUNT, learnt_from_m)
    assert prior.scene_from_camera.translation_m == pytest.approx([12.0, 5.0, 0.7])
    assert prior.scene_from_camera.rotation == pytest.approx(FORWARD)
    assert prior.sigma_m == pytest.approx(np.sqrt(4.25)) and prior.sigma_rad == pytest.approx(0.218, abs=1e-3)


def test_pose_and_prior_are_each_others_inverse() -> None:
    pose = Pose2(3.0, -4.0, 2.0)
    scene_on_map = Pose3(Rotation.from_euler("xyz", [0.0, 0.0, 1.0]).as_matrix(), np.array([5.0, 6.0, 0.0]))
    prior = camera_prior(pose, np.eye(3), scene_on_map, MOUNT, np.array([[0.0, 0.0, 1.5]]))
    back = vehicle_pose(seen_at(prior.scene_from_camera, np.eye(6)), scene_on_map, MOUNT)
    assert back.planar()[0].as_array() == pytest.approx(pose.as_array())
