import math

import numpy as np
import pytest

from geoloc_ros.inference.agreement import class_agreement, golden_batch, range_error, relative_error


def test_one_pixel_of_four_that_is_called_something_else_leaves_three_quarters() -> None:
    expected = np.zeros((1, 3, 2, 2), np.float32)
    expected[0, 1] = 1.0
    found = expected.copy()
    found[0, 2, 1, 1] = 2.0
    assert (class_agreement(expected, expected), class_agreement(found, expected)) == (1.0, 0.75)


def test_the_worst_item_counts() -> None:
    expected = np.array([[3.0, 4.0], [30.0, 40.0]], np.float32)
    assert relative_error(expected + np.array([[0.0, 0.5], [0.0, 0.5]], np.float32), expected) == pytest.approx(0.1)
    assert relative_error(expected, expected) == 0.0


def test_missing_numbers_and_something_in_place_of_nothing_are_infinitely_wrong() -> None:
    nothing, something = np.zeros((1, 2), np.float32), np.ones((1, 2), np.float32)
    assert relative_error(something, nothing) == relative_error(something * np.nan, something) == math.inf
    assert relative_error(nothing, nothing) == 0.0


def test_ranges_of_which_logarithms_differ_by_a_hundredth_differ_by_a_percent() -> None:
    log_range = np.full((1, 1, 2, 2), 3.0, np.float32)
    assert range_error(log_range + np.float32(math.log(1.01)), log_range) == pytest.approx(0.01, rel=1e-3)


def test_golden_items_are_always_the_same_and_of_two_brightnesses() -> None:
    batch = golden_batch((3, 8), 2)
    assert batch.dtype == np.float32 and np.array_equal(batch, golden_batch((3, 8), 2))
    assert batch[0].max() <= 1.0 < 100.0 < batch[1].max() <= 255.0
