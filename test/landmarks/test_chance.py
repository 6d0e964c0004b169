import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.landmarks.chance import log10_chance

AREA_PX2 = np.pi * 100.0**2


def test_seven_of_ten_within_a_pixel_by_hand() -> None:
    # 4 poses of each of 35 triples of the 7, of 120 sevens of ten, of 7 sizes; 4 points within 1 / 100 of the radius.
    expected = np.log10(4.0 * 35.0 * 120.0 * 7.0) + 4.0 * -4.0
    assert log10_chance(np.ones(7), 10, AREA_PX2) == pytest.approx(expected)


def test_the_size_that_is_least_probable_counts() -> None:
    sure = log10_chance(np.ones(7), 10, AREA_PX2)
    assert log10_chance(np.array([100.0] + [1.0] * 7), 10, AREA_PX2) == pytest.approx(sure)


@given(st.lists(st.floats(0.0, 20.0), min_size=4, max_size=30), st.integers(0, 100))
def test_worse_fits_and_more_that_disagree_are_never_surer(errors: list[float], others: int) -> None:
    error_px, total = np.array(errors), len(errors) + others
    chance = log10_chance(error_px, total, AREA_PX2)
    assert log10_chance(error_px + 0.5, total, AREA_PX2) >= chance - 1e-9
    assert log10_chance(error_px, total + 1, AREA_PX2) >= chance - 1e-9


@pytest.mark.parametrize("agreeing", [0, 2, 3])
def test_what_any_three_points_do_is_no_evidence(agreeing: int) -> None:
    assert log10_chance(np.zeros(agreeing), 10, AREA_PX2) > 0.0
