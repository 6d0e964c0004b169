from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.types import UInt8
from geoloc_ros.training.photos.augment import Augmentation, Change, change_labels, change_photo, draw_change


@pytest.fixture
def photo() -> UInt8:
    return np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)


def test_no_change_leaves_a_photo_as_it_is(photo: UInt8) -> None:
    assert np.array_equal(change_photo(photo, Change()), photo)


def test_mirrored_is_read_from_right_to_left(photo: UInt8) -> None:
    assert np.array_equal(change_photo(photo, Change(is_mirrored=True)), photo[:, ::-1])


def test_the_lower_right_quarter_fills_all_and_labels_follow(photo: UInt8) -> None:
    photo[:] = 0
    photo[12:, 16:] = 200
    change = Change(left=0.5, top=0.5, width=0.5, height=0.5)
    assert np.all(change_photo(photo, change)[2:, 2:] == 200)
    assert np.all(change_labels(photo[:, :, 0], change) == 200)


def test_a_mirrored_part_is_the_same_part(photo: UInt8) -> None:
    part = Change(left=0.25, top=0.0, width=0.5, height=1.0)
    mirrored = Change(left=0.25, top=0.0, width=0.5, height=1.0, is_mirrored=True)
    assert np.array_equal(change_photo(photo, mirrored), change_photo(photo, part)[:, ::-1])


def test_twice_as_bright_is_twice_the_value() -> None:
    dark = np.full((4, 4, 3), (10, 20, 30), np.uint8)
    assert np.array_equal(change_photo(dark, Change(brightness=2.0)), 2 * dark)


def test_without_contrast_all_is_the_mean_grey_and_without_saturation_each_its_own() -> None:
    halves = np.zeros((4, 4, 3), np.uint8)
    halves[:2] = (100, 100, 100)
    assert np.all(change_photo(halves, Change(contrast=0.0)) == 50)
    red = np.full((4, 4, 3), (200, 0, 0), np.uint8)
    assert np.all(np.abs(change_photo(red, Change(saturation=0.0)).astype(int) - round(200 * 0.299)) <= 1)


def test_a_third_of_a_turn_makes_red_green() -> None:
    red = np.full((4, 4, 3), (200, 0, 0), np.uint8)
    assert np.array_equal(change_photo(red, Change(hue_turns=1.0 / 3.0))[0, 0], (0, 200, 0))


@given(st.integers(0, 2**32), st.floats(-0.5, 0.5), st.floats(0.0, 2.0))
def test_grey_stays_grey_whatever_hue_and_saturation(seed: int, turns: float, saturation: float) -> None:
    grey = np.repeat(np.random.default_rng(seed).integers(0, 256, (6, 6, 1), np.uint8), 3, axis=2)
    changed = change_photo(grey, Change(hue_turns=turns, saturation=saturation))
    assert np.all(np.abs(changed.astype(int) - grey) <= 1)


@given(st.integers(0, 2**32))
def test_what_is_left_lies_inside_and_is_as_large_as_asked(seed: int) -> None:
    change = draw_change(Augmentation(smallest_crop=0.6), False, np.random.default_rng(seed))
    assert change.left >= 0.0 and change.left + change.width <= 1.0 + 1e-12
    assert change.top >= 0.0 and change.top + change.height <= 1.0 + 1e-12
    assert change.width * change.height >= 0.5  # 0.6 where it is not cut off at the edge of a photo
