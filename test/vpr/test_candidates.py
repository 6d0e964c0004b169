import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.vpr.candidates import SAME_PLACE_M, group_photos


def test_photos_of_one_place_are_one_candidate_between_them() -> None:
    found = group_photos(
        np.array([7, 3]), np.array([[0.0, 0.0], [8.0, 0.0]]), np.array([0.0, 0.1]), np.array([2.0, 2.0])
    )
    assert found.row.tolist() == [7] and found.position_m.tolist() == [[4.0, 0.0]] and found.likeness.tolist() == [2.0]


def test_the_more_alike_photo_names_the_place_and_pulls_its_position() -> None:
    found = group_photos(
        np.array([7, 3]), np.array([[0.0, 0.0], [8.0, 0.0]]), np.zeros(2), np.array([1.0, 1.0 + np.log(3.0)])
    )
    assert found.row.tolist() == [3] and found.position_m[0, 0] == pytest.approx(6.0)


def test_photos_far_apart_or_looking_elsewhere_are_candidates_of_their_own() -> None:
    position_m = np.array([[0.0, 0.0], [0.0, 1.0], [2.0 * SAME_PLACE_M, 0.0]])
    found = group_photos(np.arange(3), position_m, np.array([0.0, np.pi, 0.0]), np.array([3.0, 2.0, 1.0]))
    assert found.row.tolist() == [0, 1, 2]


def test_a_photo_of_unknown_yaw_belongs_to_its_place() -> None:
    found = group_photos(np.arange(2), np.zeros((2, 2)), np.array([np.pi, np.nan]), np.array([2.0, 1.0]))
    assert found.row.tolist() == [0] and found.yaw_rad.tolist() == [np.pi]


def test_no_photos_are_no_candidates() -> None:
    found = group_photos(np.empty(0, np.int64), np.empty((0, 2)), np.empty(0), np.empty(0))
    assert len(found) == 0 and found.position_m.shape == (0, 2)


@given(st.integers(1, 30), st.integers(0, 100))
def test_the_order_of_the_photos_does_not_matter(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    row, position_m = np.arange(count), rng.uniform(0.0, 60.0, (count, 2))
    yaw_rad, likeness = rng.uniform(-np.pi, np.pi, count), rng.permutation(count) / 7.0
    order = rng.permutation(count)
    one = group_photos(row, position_m, yaw_rad, likeness)
    other = group_photos(row[order], position_m[order], yaw_rad[order], likeness[order])
    assert one.row.tolist() == other.row.tolist() and np.allclose(one.position_m, other.position_m)
    assert np.all(np.diff(one.likeness) <= 0.0)
