import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.datasets.curation.windows import window_of, window_origin

SIDE_M = 500.0


@given(st.floats(-85.0, 85.0), st.floats(-179.9, 179.9))
def test_a_place_lies_in_the_window_whose_middle_is_at_most_half_a_side_away(latitude: float, longitude: float) -> None:
    key = int(window_of(np.array([latitude]), np.array([longitude]), SIDE_M)[0])
    offset_m = window_origin(key, SIDE_M).to_map(np.array([latitude]), np.array([longitude]))[0]
    assert np.abs(offset_m).max() <= SIDE_M / 2.0 * 1.015


@pytest.mark.parametrize(
    ("north_m", "east_m", "is_same"), [(0, 200, True), (200, 0, True), (0, 300, False), (300, 0, False)]
)
def test_windows_are_500_metres_wide(north_m: float, east_m: float, is_same: bool) -> None:
    key = int(window_of(np.array([35.0]), np.array([135.0]), SIDE_M)[0])
    latitude, longitude = window_origin(key, SIDE_M).to_geodetic(np.array([[float(east_m), float(north_m)]]))
    assert (window_of(latitude, longitude, SIDE_M)[0] == key) == is_same


def test_keys_ascend_from_south_to_north_and_from_west_to_east() -> None:
    keys = window_of(np.array([-35.0, -0.001, 0.001, 0.001]), np.array([5.0, 5.0, -5.0, 5.0]), SIDE_M)
    assert (np.diff(keys) > 0).all()


def test_the_poles_have_windows_too() -> None:
    keys = window_of(np.array([90.0, -90.0]), np.array([180.0, -180.0]), SIDE_M)
    for key in keys.tolist():
        assert abs(window_origin(key, SIDE_M).latitude_deg) <= 90.0
