import numpy as np
import pytest

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.vpr.sequences.windows import centred_windows, next_in_sequence

DRIVES = np.array([4, 4, 4, -1, 7, 7], np.int32)


def test_a_window_has_its_photo_in_the_middle_and_repeats_the_ends_of_its_drive() -> None:
    assert centred_windows(DRIVES, 3).tolist() == [[0, 0, 1], [0, 1, 2], [1, 2, 2], [3, 3, 3], [4, 4, 5], [4, 5, 5]]


def test_an_even_window_begins_one_photo_late() -> None:
    assert centred_windows(DRIVES, 2)[:3].tolist() == [[0, 1], [1, 2], [2, 2]]


def test_drives_that_are_mixed_in_a_table_stay_apart() -> None:
    assert centred_windows(np.array([1, 0, 1, 0], np.int32), 3).tolist() == [[0, 0, 2], [1, 1, 3], [0, 2, 2], [1, 3, 3]]


def test_the_last_photo_of_a_drive_has_none_after_it() -> None:
    assert next_in_sequence(DRIVES).tolist() == [1, 2, -1, -1, 5, -1]


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(ConfigError, match="a sequence of 0 photos"):
        centred_windows(DRIVES, 0)
