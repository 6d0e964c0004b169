import numpy as np
import pytest

from geoloc_ros.evaluation.intervals import bootstrap_interval


def test_the_interval_of_a_mean_is_that_of_its_standard_error() -> None:
    values = (np.arange(1000) % 4 == 0).astype(float)
    low, high = bootstrap_interval(values, np.random.default_rng(0))
    error = 1.96 * np.sqrt(0.25 * 0.75 / 1000)
    assert (low, high) == (pytest.approx(0.25 - error, abs=0.004), pytest.approx(0.25 + error, abs=0.004))


def test_frames_of_one_drive_count_as_one() -> None:
    drive = np.repeat(np.arange(10), 100)
    values = (drive % 2).astype(float)
    narrow = bootstrap_interval(values, np.random.default_rng(0))
    wide = bootstrap_interval(values, np.random.default_rng(0), group=drive)
    assert wide[1] - wide[0] > 5 * (narrow[1] - narrow[0])


def test_queries_that_say_nothing_do_not_count() -> None:
    values = np.array([3.0, np.nan, 3.0])
    assert bootstrap_interval(values, np.random.default_rng(0), "median") == (3.0, 3.0)
    assert np.isnan(bootstrap_interval(values[1:2], np.random.default_rng(0))).all()


def test_a_median_over_drives_is_that_of_the_drives_drawn() -> None:
    """Both of two drives have a median of 3.5, one of them twice 9, the other twice 3."""
    values, drive = np.array([1.0, 9.0, 9.0, 2.0, 3.0, 4.0]), np.array([0, 0, 0, 1, 1, 1])
    assert bootstrap_interval(values, np.random.default_rng(0), "median", drive) == (3.0, 9.0)
    uneven = bootstrap_interval(np.array([5.0, 1.0, np.inf]), np.random.default_rng(0), "median", np.array([0, 0, 0]))
    assert uneven == (5.0, 5.0), "there is but one drive to draw"
