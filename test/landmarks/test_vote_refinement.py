import numpy as np
import pytest

from geoloc_ros.core.landmarks import Landmarks
from geoloc_ros.core.types import Float32, Float64, Int32, Pose3
from geoloc_ros.landmarks.pose_refinement import RefinedPose, moved
from geoloc_ros.landmarks.vote_refinement import refine_by_votes

from .voted_scenes import CAMERA, STRIDE, differ, perfect_maps, standing, wall, with_wrong_labels

OFF = np.array([0.03, -0.02, 0.04, 0.01, -0.015, 0.01])


def refine(start: Pose3, label: Int32, direction: Float32, landmarks: Landmarks) -> RefinedPose | None:
    return refine_by_votes(start, label, direction, landmarks, CAMERA, STRIDE)


def turned_by(direction: Float32, angle: Float64) -> Float32:
    """Directions (h, w, 2) turned by angles (h, w)."""
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = direction[..., 0], direction[..., 1]
    return np.stack([cos * x - sin * y, sin * x + cos * y], axis=-1).astype(np.float32)


def squared_error(refined: RefinedPose, truth: Pose3) -> float:
    off = refined.scene_from_camera.rotation @ truth.rotation.T
    turn = np.array([off[2, 1] - off[1, 2], off[0, 2] - off[2, 0], off[1, 0] - off[0, 1]]) / 2.0
    error = np.concatenate([refined.scene_from_camera.translation_m - truth.translation_m, turn])
    return float(error @ np.linalg.solve(refined.covariance, error))


@pytest.mark.parametrize("seed", range(5))
def test_exact_votes_lead_to_the_exact_pose(seed: int) -> None:
    rng = np.random.default_rng(seed)
    landmarks, pose = wall(rng), standing(rng)
    label, direction = perfect_maps(landmarks, pose)
    refined = refine(moved(pose, OFF), label, direction, landmarks)
    assert refined is not None
    metres, radians = differ(refined.scene_from_camera, pose)
    assert metres < 1e-4 and radians < 1e-4


def test_exact_votes_do_not_claim_to_know_everything(rng: np.random.Generator) -> None:
    landmarks, pose = wall(rng), standing(rng)
    label, direction = perfect_maps(landmarks, pose)
    exact = refine(pose, label, direction, landmarks)
    noisy = refine(pose, label, turned_by(direction, rng.normal(0.0, 1e-4, label.shape)), landmarks)
    assert exact is not None and noisy is not None
    # Nobody knows directions to a ten-thousandth of a radian: who errs by that claims no more than a few times as much.
    ratio = np.diagonal(exact.covariance) / np.diagonal(noisy.covariance)
    assert np.all((ratio > 0.1) & (ratio < 1.0))


def test_wrong_labels_are_not_heard(rng: np.random.Generator) -> None:
    landmarks, pose = wall(rng), standing(rng)
    label, direction = perfect_maps(landmarks, pose)
    refined = refine(moved(pose, OFF), with_wrong_labels(label, 0.5, len(landmarks), rng), direction, landmarks)
    assert refined is not None and differ(refined.scene_from_camera, pose)[0] < 2e-3


@pytest.mark.parametrize("size", [1, 3])
def test_the_covariance_is_that_of_the_error_also_where_neighbours_err_alike(size: int) -> None:
    squares = []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        landmarks, pose = wall(rng), standing(rng)
        label, direction = perfect_maps(landmarks, pose)
        height, width = label.shape
        # Blocks of so many cells across that are off by the same angle.
        blocks = rng.normal(0.0, 0.1, (height // size + 1, width // size + 1))
        angle = np.asarray(np.kron(blocks, np.ones((size, size)))[:height, :width], np.float64)
        refined = refine(pose, label, turned_by(direction, angle), landmarks)
        assert refined is not None
        squares.append(squared_error(refined, pose))
    # Of six normal numbers the median is 5.3; blocks reach from one landmark to the next.
    assert 3.8 < np.median(squares) < 10.0


def test_more_cells_know_more(rng: np.random.Generator) -> None:
    landmarks, pose = wall(rng), standing(rng)
    label, direction = perfect_maps(landmarks, pose)
    noisy = turned_by(direction, rng.normal(0.0, 0.1, label.shape))
    few = np.where(rng.random(label.shape) < 0.25, label, 0).astype(np.int32)
    all_of_them, quarter = refine(pose, label, noisy, landmarks), refine(pose, few, noisy, landmarks)
    assert all_of_them is not None and quarter is not None
    ratio = np.diagonal(quarter.covariance) / np.diagonal(all_of_them.covariance)
    assert 2.0 < np.median(ratio) < 8.0


def test_few_landmarks_fix_nothing(rng: np.random.Generator) -> None:
    landmarks, pose = wall(rng), standing(rng)
    label, direction = perfect_maps(landmarks, pose)
    few = np.where(np.isin(label, np.unique(label)[20:28]), label, 0).astype(np.int32)
    assert refine(pose, few, direction, landmarks) is None
    assert refine(pose, np.zeros_like(label), direction, landmarks) is None
    assert refine(pose, label, np.zeros_like(direction), landmarks) is None


def test_landmarks_seen_from_behind_do_not_count(rng: np.random.Generator) -> None:
    landmarks, pose = wall(rng), standing(rng)
    behind = Landmarks(landmarks.position_m, -landmarks.normal, landmarks.patch_m)
    label, direction = perfect_maps(landmarks, pose)
    assert refine(pose, label, direction, behind) is None
