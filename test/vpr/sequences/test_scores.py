import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.vpr.sequences.pooling import pool_descriptors
from geoloc_ros.vpr.sequences.scores import (
    aligned_distances,
    nearest_in_sequence,
    nearest_of_sequence,
    votes_of_sequence,
)
from geoloc_ros.vpr.sequences.windows import centred_windows

DISTANCE = np.array([[5.0, 1.0, 9.0, 9.0], [4.0, 3.0, 9.0, 0.5], [6.0, 2.0, 9.0, 9.0]], np.float32)
WHOLE = np.array([[0, 1, 2]])


def test_min_finds_the_photo_that_any_query_photo_is_nearest_to() -> None:
    assert nearest_of_sequence(DISTANCE, WHOLE).tolist() == [[4.0, 1.0, 9.0, 0.5]]


def test_mode_finds_the_photo_that_most_query_photos_are_nearest_to() -> None:
    assert votes_of_sequence(DISTANCE, WHOLE, num_nearest=1).argmin() == 1


def test_at_equal_votes_the_nearer_photo_wins() -> None:
    assert votes_of_sequence(DISTANCE[:2], np.array([[0, 1]]), num_nearest=1).argmin() == 3


@given(st.integers(0, 1000))
def test_a_vote_is_worth_more_than_any_nearness(seed: int) -> None:
    distance = np.random.default_rng(seed).uniform(0.0, 9.0, (3, 6)).astype(np.float32)
    score = votes_of_sequence(distance, WHOLE, num_nearest=2)[0]
    votes = np.bincount(distance.argsort(axis=1)[:, :2].reshape(-1), minlength=6)
    assert votes[score.argmin()] == votes.max()


def test_a_database_sequence_is_as_near_as_its_nearest_photo() -> None:
    assert nearest_in_sequence(DISTANCE, np.array([[0, 1], [2, 3]])) == pytest.approx(
        np.array([[1.0, 9.0], [3.0, 0.5], [2.0, 9.0]]), rel=1e-5
    )


def test_among_windows_that_share_their_nearest_photo_the_one_around_it_comes_first() -> None:
    windows = centred_windows(np.zeros(4, np.int32), 3)
    assert nearest_in_sequence(DISTANCE, windows).argmin(axis=1).tolist() == [1, 3, 1]


@given(st.integers(0, 1000), st.integers(1, 4))
def test_aligned_squared_distances_are_those_of_concatenated_descriptors(seed: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    queries, database = (rng.normal(size=(count, 6)).astype(np.float32) for count in (5, 7))
    for each in (queries, database):
        each /= np.linalg.norm(each, axis=1, keepdims=True)
    of_queries, of_database = (centred_windows(np.zeros(count, np.int32), length) for count in (5, 7))
    joined = pool_descriptors(queries, of_queries, "cat") @ pool_descriptors(database, of_database, "cat").T
    aligned = aligned_distances((2.0 - 2.0 * queries @ database.T).astype(np.float32), of_queries, of_database)
    assert aligned == pytest.approx(2.0 - 2.0 * joined, abs=1e-5)
