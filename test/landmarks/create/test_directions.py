from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.landmarks import Landmarks
from geoloc_ros.core.types import Pose3
from geoloc_ros.landmarks.create.directions import landmark_directions, project_landmarks


def test_cells_point_from_their_centres_to_the_landmark() -> None:
    # Cells of 4 pixels: the centres of the first row are at (2, 2), (6, 2), (10, 2).
    directions = landmark_directions(np.array([[1, 0, 2]], np.int32), np.array([[2.0, 9.0], [14.0, 5.0]]), 4.0)
    np.testing.assert_allclose(directions, [[[0.0, 1.0], [0.0, 0.0], [0.8, 0.6]]], atol=1e-7)


def test_landmarks_may_lie_outside_of_the_image_and_have_no_pixel() -> None:
    label = np.array([[1, 2, 3]], np.int32)
    pixel = np.array([[-1e6, 0.5], [np.nan, np.nan], [2.5, 0.5]])
    directions = landmark_directions(label, pixel, 1.0)
    # Behind the camera is no direction, and none has the cell in whose very centre the landmark lies.
    np.testing.assert_allclose(directions, [[[-1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]], atol=1e-7)


def test_no_landmarks_have_no_directions() -> None:
    assert not landmark_directions(np.zeros((3, 4), np.int32), np.zeros((0, 2)), 4.0).any()


@given(seed=st.integers(0, 2**32 - 1), stride=st.sampled_from([1.0, 4.0, 8.0]))
def test_lines_of_all_cells_meet_in_the_landmark(seed: int, stride: float) -> None:
    rng = np.random.default_rng(seed)
    pixel = rng.uniform(-200.0, 400.0, (5, 2))
    label = rng.integers(1, 6, (6, 8)).astype(np.int32)
    directions = landmark_directions(label, pixel, stride)
    rows, columns = np.indices(label.shape)
    away = pixel[label - 1] - stride * (np.stack([columns, rows], axis=2) + 0.5)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=2), 1.0, atol=1e-6)
    ahead = np.einsum("ijk,ijk->ij", away, directions)
    np.testing.assert_allclose(ahead, np.linalg.norm(away, axis=2), rtol=1e-5)


def test_projections_are_those_of_the_camera_behind_it_there_are_none() -> None:
    camera = Camera("pinhole", 200, 100, 100.0, 100.0, 100.0, 50.0)
    landmarks = Landmarks(np.array([[1.0, 0.0, 2.0], [0.0, 0.0, -2.0]]), np.zeros((2, 3), np.float32), 0.1)
    # One metre ahead of the origin of the scene.
    pixel = project_landmarks(landmarks, camera, Pose3(np.eye(3), np.array([0.0, 0.0, 1.0])))
    np.testing.assert_allclose(pixel, [[200.0, 50.0], [np.nan, np.nan]])
