"""From detections to the building pixels of a segmentation, on images small enough to draw."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geoloc_ros.core.types import UInt8, UInt16
from geoloc_ros.reading.building_instances import merge_at_seams, number_apart, spread_over_columns

SHAPE = (5, 6)


def test_a_column_belongs_to_the_instance_that_most_of_its_building_pixels_have() -> None:
    labels = np.array([(5, 5), (1, 1), (1, 1), (1, 1), (3, 2)], np.uint8)
    instances = np.array([(9, 0), (4, 0), (7, 0), (7, 0), (4, 8)], np.uint16)
    expected = np.array([(0, 0), (7, 0), (7, 0), (7, 0), (0, 0)], np.uint16)
    np.testing.assert_array_equal(spread_over_columns(labels, instances), expected)


@given(arrays(np.uint8, SHAPE, elements=st.integers(0, 2)), arrays(np.uint16, SHAPE, elements=st.integers(0, 5)))
def test_every_column_has_one_instance_and_only_on_buildings(labels: UInt8, instances: UInt16) -> None:
    spread = spread_over_columns(labels, instances)
    assert (spread[labels != 1] == 0).all()
    for column in range(SHAPE[1]):
        on_building = labels[:, column] == 1
        votes = instances[:, column][on_building & (instances[:, column] > 0)]
        winners = np.flatnonzero(np.bincount(votes) == np.bincount(votes).max()) if len(votes) else [0]
        assert set(spread[on_building, column]) <= {min(winners)}


def test_numbers_of_parts_are_kept_apart() -> None:
    first, second = number_apart([np.array([[0, 2, 1]], np.uint16), np.array([[1, 0, 1]], np.uint16)])
    assert first.tolist() == [[0, 2, 1]]
    assert second.tolist() == [[3, 0, 3]]


def test_what_touches_along_a_seam_is_one_building() -> None:
    instances = np.tile(np.array([1, 1, 2, 2, 3, 3], np.uint16), (4, 1))
    instances[1:, 3] = instances[1:, 2] = 0  # 2 is low, so it touches 1 and 3 along one row, its whole edge
    instances[:, 4:] = np.array([[3], [4], [4], [4]])
    owner = np.tile(np.array([0, 0, 1, 1, 2, 2], np.int32), (4, 1))
    merged = merge_at_seams(instances, owner, wraps=False)
    assert merged[0].tolist() == [1] * 6
    assert merged[1].tolist() == [1, 1, 0, 0, 4, 4]


def test_a_short_touch_joins_nothing() -> None:
    instances = np.array([(1, 2), (1, 3), (1, 3), (1, 0), (0, 2), (0, 2)], np.uint16)
    owner = np.tile(np.array([0, 1], np.int32), (6, 1))
    merged = merge_at_seams(instances, owner, wraps=False)
    assert merged.tolist() == [[1, 2], [1, 1], [1, 1], [1, 0], [0, 2], [0, 2]]


def test_a_panorama_is_joined_at_its_ends() -> None:
    instances = np.tile(np.array([1, 1, 0, 2], np.uint16), (3, 1))
    owner = np.tile(np.array([0, 0, 1, 1], np.int32), (3, 1))
    assert merge_at_seams(instances, owner, wraps=True)[0].tolist() == [1, 1, 0, 1]
    assert merge_at_seams(instances, owner, wraps=False)[0].tolist() == [1, 1, 0, 2]
