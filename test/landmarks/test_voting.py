import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.landmark_config import VotingConfig
from geoloc_ros.core.landmarks import VotedLandmarks
from geoloc_ros.core.types import Float32, Float64, Int32
from geoloc_ros.landmarks.voting import vote

from .voted_scenes import cell_centres, with_random_votes

CONFIG = VotingConfig()


def towards(label: Int32, landmark_px: Float64, stride: int) -> Float32:
    """Directions (h, w, 2) of cells to the landmark (n, 2) that they show."""
    to = landmark_px[np.maximum(label, 1) - 1] - cell_centres(*label.shape, stride)
    return np.asarray(to / np.linalg.norm(to, axis=-1, keepdims=True), np.float32)


def quarters(size: int = 24) -> Int32:
    """Four landmarks, one in each quarter."""
    half = np.arange(size) // (size // 2)
    return (1 + half + 2 * half[:, None]).astype(np.int32)


def count(label: Int32, direction: Float32, seed: int = 0, stride: int = 4, **changed: float) -> VotedLandmarks:
    config = CONFIG.model_copy(update=changed)
    return vote(label, direction, stride, config, np.random.default_rng(seed))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-20, 110), st.floats(-20, 110)), min_size=4, max_size=4), st.sampled_from([1, 4, 8])
)
def test_votes_that_all_point_to_landmarks_meet_there(where: list[tuple[float, float]], stride: int) -> None:
    # Also where a landmark lies outside of its own cells or of the image.
    label, landmark_px = quarters(), np.array(where) * stride / 4.0
    found = count(label, towards(label, landmark_px, stride), stride=stride)
    assert list(found.landmark) == [1, 2, 3, 4]
    np.testing.assert_allclose(found.pixel, landmark_px, atol=0.02 * stride)
    np.testing.assert_array_equal(found.votes, 144)


def test_four_votes_in_ten_at_random_do_not_move_a_landmark(rng: np.random.Generator) -> None:
    label, landmark_px = quarters(40), rng.uniform(20.0, 140.0, (4, 2))
    found = count(label, with_random_votes(towards(label, landmark_px, 4), 0.4, rng))
    np.testing.assert_allclose(found.pixel, landmark_px, atol=0.3)
    # 240 of 400, and hardly any of the others by chance.
    assert np.all((found.votes > 200) & (found.votes < 290))


def test_the_covariance_is_that_of_the_error(rng: np.random.Generator) -> None:
    squares = []
    for seed in range(60):
        label, landmark_px = quarters(), np.array([(31.0, 20.0), (71.0, 30.0), (21.0, 80.0), (91.0, 90.0)])
        exact = towards(label, landmark_px, 4)
        angle = np.arctan2(exact[..., 1], exact[..., 0]) + rng.normal(0.0, 0.03, label.shape)
        found = count(label, np.stack([np.cos(angle), np.sin(angle)], axis=-1).astype(np.float32), seed)
        error = found.pixel - landmark_px[found.landmark - 1]
        squares.append(np.einsum("ki,kij,kj->k", error, np.linalg.inv(found.covariance_px2), error))
    # Of two normal numbers the mean is 2; the model of the noise beside the landmark is a simple one.
    assert 1.4 < np.mean(squares) < 3.6


def test_cells_in_a_row_know_a_landmark_ahead_of_them_best_across(rng: np.random.Generator) -> None:
    label = np.ones((2, 40), np.int32)
    exact = towards(label, np.array([(200.0, 4.0)]), 4)
    angle = np.arctan2(exact[..., 1], exact[..., 0]) + rng.normal(0.0, 0.02, label.shape)
    (covariance,) = count(label, np.stack([np.cos(angle), np.sin(angle)], axis=-1).astype(np.float32)).covariance_px2
    assert covariance[0, 0] > 4.0 * covariance[1, 1]
    assert abs(covariance[0, 1]) < 0.3 * covariance[0, 0]


def test_a_landmark_does_not_depend_on_what_else_is_in_the_image(rng: np.random.Generator) -> None:
    label = quarters()
    direction = with_random_votes(towards(label, rng.uniform(0.0, 96.0, (4, 2)), 4), 0.3, rng)
    alone = count(np.where(label == 3, 3, 0).astype(np.int32), direction)
    among = count(label, direction)
    assert list(alone.landmark) == [3]
    np.testing.assert_array_equal(alone.pixel[0], among.pixel[2])


def test_directions_are_read_by_their_strides(rng: np.random.Generator) -> None:
    label = quarters()
    direction = with_random_votes(towards(label, rng.uniform(0.0, 96.0, (4, 2)), 4), 0.2, rng)
    planes = np.moveaxis(np.ascontiguousarray(np.moveaxis(direction, -1, 0)), 0, -1)
    assert not planes.flags.c_contiguous
    np.testing.assert_array_equal(count(label, planes).pixel, count(label, 4.0 * direction).pixel)


def test_small_patches_are_dropped_by_pixels_not_by_cells() -> None:
    label = np.zeros((20, 20), np.int32)
    label[2:6, 2:6] = 1  # 16 cells: 256 pixels at 4 per cell, 16 at 1
    direction = towards(label, np.array([(4.0, 4.0)]), 1)
    assert len(count(label, direction, stride=1).landmark) == 0
    assert len(count(label, direction, stride=1, least_pixels=16).landmark) == 1
    assert len(count(label, direction, stride=4).landmark) == 1
    assert len(count(label, direction, stride=4, least_pixels=257).landmark) == 0


def test_landmarks_with_few_agreeing_votes_are_dropped(rng: np.random.Generator) -> None:
    label = np.ones((6, 6), np.int32)
    direction = with_random_votes(np.zeros((6, 6, 2), np.float32), 1.0, rng)
    assert len(count(label, direction, least_inliers=12).landmark) == 0


@pytest.mark.parametrize("direction", [np.zeros((12, 12, 2)), np.full((12, 12, 2), np.nan), np.ones((12, 12, 2))])
def test_votes_that_never_meet_are_no_landmark(direction: Float64) -> None:
    assert len(count(np.ones((12, 12), np.int32), direction.astype(np.float32)).landmark) == 0


def test_an_image_without_landmarks_has_none() -> None:
    found = count(np.zeros((6, 8), np.int32), np.ones((6, 8, 2), np.float32))
    assert found.pixel.shape == (0, 2) and found.covariance_px2.shape == (0, 2, 2)


def test_what_points_away_from_a_landmark_does_not_vote_for_it() -> None:
    label = quarters()
    direction = -towards(label, np.full((4, 2), 48.0), 4)
    # All lines meet in the middle, behind every cell.
    assert len(count(label, direction).landmark) == 0
