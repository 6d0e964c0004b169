from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.landmark_config import CameraPoseConfig
from geoloc_ros.core.landmarks import CameraPose, NotFound, VotedLandmarks
from geoloc_ros.core.types import Float64, Pose3
from geoloc_ros.landmarks.camera_pose import landmark_pose, solve_pose
from geoloc_ros.landmarks.pose_refinement import moved

from .voted_scenes import CAMERA, differ, standing, turned, wall

CONFIG = CameraPoseConfig()
SIZE_PX = (CAMERA.width, CAMERA.height)


def seen(points_m: Float64, pose: Pose3, sigma_px: float, wrong: float, rng: np.random.Generator) -> Float64:
    """Pixels of points; part of them anywhere in the image."""
    pixel: Float64 = CAMERA.project(pose.inverse().apply(points_m)) + rng.normal(0.0, sigma_px, (len(points_m), 2))
    is_wrong = rng.random(len(pixel)) < wrong
    pixel[is_wrong] = rng.uniform((0.0, 0.0), SIZE_PX, (int(is_wrong.sum()), 2))
    return pixel


def round_px2(count: int, sigma_px: float) -> Float64:
    return np.broadcast_to(np.eye(2) * sigma_px**2, (count, 2, 2))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000))
def test_exact_points_give_the_exact_pose_in_any_frame(seed: int) -> None:
    rng = np.random.default_rng(seed)
    landmarks, pose = wall(rng), standing(rng)
    frame = moved(Pose3(np.eye(3), rng.uniform(-1e3, 1e3, 3)), np.array([0.0, 0.0, 0.0, *rng.normal(0.0, 2.0, 3)]))
    pixel = seen(landmarks.position_m, pose, 0.0, 0.0, rng)
    answer = solve_pose(frame.apply(landmarks.position_m), pixel, CAMERA, CONFIG, rng)
    assert isinstance(answer, CameraPose)
    metres, radians = differ(answer.scene_from_camera, frame @ pose)
    assert metres < 1e-6 and radians < 1e-7
    assert len(answer.inliers) == len(landmarks) and answer.log10_chance < -100.0


def test_turning_the_scene_turns_the_covariance() -> None:
    rng = np.random.default_rng(3)
    landmarks, pose = wall(rng), standing(rng)
    pixel = seen(landmarks.position_m, pose, 0.5, 0.0, rng)
    frame = moved(Pose3(np.eye(3), np.array([5.0, -3.0, 1.0])), np.array([0.0, 0.0, 0.0, 0.3, -1.0, 0.5]))
    answers = [
        solve_pose(points_m, pixel, CAMERA, CONFIG, np.random.default_rng(0), round_px2(len(pixel), 0.5))
        for points_m in (landmarks.position_m, frame.apply(landmarks.position_m))
    ]
    assert isinstance(answers[0], CameraPose) and isinstance(answers[1], CameraPose)
    both = np.kron(np.eye(2), frame.rotation)
    np.testing.assert_allclose(
        answers[1].covariance, both @ answers[0].covariance @ both.T, atol=1e-2 * np.abs(answers[0].covariance).max()
    )


@pytest.mark.parametrize(("wrong", "count"), [(0.0, 80), (0.5, 80), (0.0, 12)])
def test_the_covariance_is_that_of_the_error(wrong: float, count: int) -> None:
    squares = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        landmarks, pose = wall(rng), standing(rng)
        points_m = landmarks.position_m[rng.permutation(len(landmarks))[:count]]
        pixel = seen(points_m, pose, 0.6, wrong, rng)
        answer = solve_pose(points_m, pixel, CAMERA, CONFIG, rng, round_px2(count, 0.6))
        assert isinstance(answer, CameraPose)
        off = answer.scene_from_camera.rotation @ pose.rotation.T
        turn = np.array([off[2, 1] - off[1, 2], off[0, 2] - off[2, 0], off[1, 0] - off[0, 1]]) / 2.0
        error = np.concatenate([answer.scene_from_camera.translation_m - pose.translation_m, turn])
        squares.append(error @ np.linalg.solve(answer.covariance, error))
    # Of six normal numbers the mean is 6 +- 0.35.
    assert 4.9 < np.mean(squares) < 7.6


def test_without_covariances_the_spread_of_the_points_says_how_well_the_pose_is_known(rng: np.random.Generator) -> None:
    landmarks, pose = wall(rng), standing(rng)
    exact, noise = seen(landmarks.position_m, pose, 0.0, 0.0, rng), rng.normal(size=(len(landmarks), 2))
    small, large = (solve_pose(landmarks.position_m, exact + noise * by, CAMERA, CONFIG, rng) for by in (0.01, 0.1))
    assert isinstance(small, CameraPose) and isinstance(large, CameraPose)
    np.testing.assert_allclose(np.diagonal(large.covariance) / np.diagonal(small.covariance), 100.0, rtol=0.05)


def test_points_that_are_known_better_count_more(rng: np.random.Generator) -> None:
    landmarks, pose = wall(rng), standing(rng)
    good = np.arange(len(landmarks)) % 2 == 0
    sigma_px = np.where(good, 0.02, 2.0)
    pixel = seen(landmarks.position_m, pose, 0.0, 0.0, rng) + sigma_px[:, None] * rng.normal(size=(len(good), 2))
    covariance_px2 = sigma_px[:, None, None] ** 2 * np.eye(2)
    weighed = solve_pose(landmarks.position_m, pixel, CAMERA, CONFIG, rng, covariance_px2)
    equally = solve_pose(landmarks.position_m, pixel, CAMERA, CONFIG, rng)
    assert isinstance(weighed, CameraPose) and isinstance(equally, CameraPose)
    assert differ(weighed.scene_from_camera, pose)[0] < 0.3 * differ(equally.scene_from_camera, pose)[0]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_points_at_random_are_not_found(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(0, 100))
    answer = solve_pose(
        rng.uniform(-3.0, 3.0, (count, 3)), rng.uniform((0.0, 0.0), SIZE_PX, (count, 2)), CAMERA, CONFIG, rng
    )
    assert isinstance(answer, NotFound) and answer.num_voted == count


def test_surfaces_are_not_seen_from_behind(rng: np.random.Generator) -> None:
    landmarks, pose = wall(rng), standing(rng)
    pixel = seen(landmarks.position_m, pose, 0.0, 0.0, rng)
    answer = solve_pose(landmarks.position_m, pixel, CAMERA, CONFIG, rng, normal=-landmarks.normal)
    assert answer == NotFound("0 of 80 landmarks agree on a pose, 6 are needed", 80)


def test_landmarks_on_a_line_fix_no_pose(rng: np.random.Generator) -> None:
    points_m = np.stack([np.linspace(-1.0, 1.0, 20), np.zeros(20), np.full(20, 3.0)], axis=1)
    answer = solve_pose(points_m, seen(points_m, Pose3(np.eye(3), np.zeros(3)), 0.0, 0.0, rng), CAMERA, CONFIG, rng)
    assert isinstance(answer, NotFound)


def test_landmarks_are_named_by_their_numbers(rng: np.random.Generator) -> None:
    landmarks, pose = wall(rng), standing(rng)
    chosen = np.array([3, 9, 14, 27, 33, 42, 48, 55, 61, 70, 76], np.int32)
    pixel = seen(landmarks.position_m[chosen - 1], pose, 0.0, 0.0, rng)
    pixel[4] += 50.0
    voted = VotedLandmarks(chosen, pixel, np.full(len(chosen), 30, np.int32), round_px2(len(chosen), 0.5))
    answer = landmark_pose(voted, landmarks, CAMERA, CONFIG, rng)
    assert isinstance(answer, CameraPose) and list(answer.inliers) == [3, 9, 14, 27, 42, 48, 55, 61, 70, 76]
    # What is known of the spread beforehand still counts beside residuals of nothing.
    doubled = landmark_pose(voted, landmarks, CAMERA, CONFIG, rng, variance_factor=4.0)
    assert isinstance(doubled, CameraPose)
    np.testing.assert_allclose(doubled.covariance, 4.0 * answer.covariance, rtol=1e-3)


def test_the_wall_of_another_frame_is_the_same_wall(rng: np.random.Generator) -> None:
    landmarks = wall(rng)
    frame = moved(Pose3(np.eye(3), np.ones(3)), np.array([0.0, 0.0, 0.0, 0.0, 1.0, 0.0]))
    there = turned(replace(landmarks, patch_m=0.5), frame)
    np.testing.assert_allclose(there.normal @ frame.rotation, landmarks.normal, atol=1e-6)
