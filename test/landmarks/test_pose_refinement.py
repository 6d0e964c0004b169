import numpy as np

from geoloc_ros.core.types import Pose3
from geoloc_ros.landmarks.pose_refinement import moved, refine_pose

from .voted_scenes import CAMERA, differ, standing, wall


def test_the_least_squares_end_where_they_are_least(rng: np.random.Generator) -> None:
    landmarks, pose = wall(rng), standing(rng)
    pixel = CAMERA.project(pose.inverse().apply(landmarks.position_m))
    start = moved(pose, np.array([0.1, -0.05, 0.1, 0.02, 0.03, -0.04]))
    covariance_px2 = np.broadcast_to(np.eye(2), (len(pixel), 2, 2))
    refined = refine_pose(start, landmarks.position_m, pixel, CAMERA, covariance_px2, 0.0)
    assert refined is not None
    assert max(differ(refined.scene_from_camera, pose)) < 1e-7


def test_the_covariance_is_the_inverse_of_the_information(rng: np.random.Generator) -> None:
    # With the spread known beforehand: that of the Gauss-Newton matrix, by differences.
    landmarks, pose = wall(rng), standing(rng)
    pixel = CAMERA.project(pose.inverse().apply(landmarks.position_m))
    refined = refine_pose(
        pose, landmarks.position_m, pixel, CAMERA, np.broadcast_to(np.eye(2) * 4.0, (len(pixel), 2, 2)), 1e9
    )
    assert refined is not None
    columns = [
        (CAMERA.project(moved(pose, 1e-6 * step).inverse().apply(landmarks.position_m)) - pixel).ravel() / 1e-6
        for step in np.eye(6)
    ]
    information = np.stack(columns) @ np.stack(columns).T / 4.0
    # A robust estimate is 7 % less certain of normal errors, here of none it counts all alike.
    ratio = refined.covariance @ information
    np.testing.assert_allclose(ratio, np.eye(6) * ratio[0, 0], atol=1e-3)
    assert 0.3 < ratio[0, 0] < 1.1


def test_a_turn_is_about_the_axes_of_the_scene_and_moves_nothing() -> None:
    turned = moved(Pose3(np.eye(3), np.array([1.0, 2.0, 3.0])), np.array([0.0, 0.0, 0.0, 0.0, 0.0, np.pi / 2.0]))
    np.testing.assert_allclose(turned.apply(np.array([1.0, 0.0, 0.0])), [1.0, 3.0, 3.0], atol=1e-12)


def test_three_points_without_a_known_spread_have_no_covariance() -> None:
    points_m = np.array([(0.0, 0.0, 3.0), (1.0, 0.0, 3.5), (0.0, 1.0, 4.0)])
    identity = Pose3(np.eye(3), np.zeros(3))
    covariance_px2 = np.broadcast_to(np.eye(2), (3, 2, 2))
    assert refine_pose(identity, points_m, CAMERA.project(points_m), CAMERA, covariance_px2, 0.0) is None
