import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.datasets.photos.flat_frame import (
    flat_positions,
    geodetic_to_utm,
    named_zone,
    utm_to_geodetic,
    utm_zone,
)

NOWHERE = np.full((2, 2), np.nan)


def test_zones_are_six_degrees_wide_and_negative_in_the_south() -> None:
    geodetic_deg = np.array([[40.0, -81.0], [-33.9, 151.2], [0.0, 180.0], [0.0, -180.0], [51.0, 0.0], [np.nan, 0.0]])
    assert utm_zone(geodetic_deg).tolist() == [17, -56, 1, 1, 31, 0]


@pytest.mark.parametrize(("number", "letter", "zone"), [
    ("17", "T", 17), ("10", "S", 10), ("56", "H", -56), ("04", "m", -4),
    ("04", "N", 4), ("", "T", 0), ("17", "", 0), ("61", "T", 0),
    ("17", "A", 0), ("x", "T", 0),
])  # fmt: skip
def test_bands_tell_the_hemisphere(number: str, letter: str, zone: int) -> None:
    assert named_zone(number, letter) == zone


@given(st.floats(-79.0, 83.0), st.floats(-179.9, 179.9))
def test_utm_there_and_back(latitude_deg: float, longitude_deg: float) -> None:
    geodetic_deg = np.array([[latitude_deg, longitude_deg]])
    zone = utm_zone(geodetic_deg)
    utm_m = geodetic_to_utm(geodetic_deg, int(zone[0]))
    assert 100_000.0 < utm_m[0, 0] < 900_000.0 and 0.0 <= utm_m[0, 1] <= 10_000_000.0
    np.testing.assert_allclose(utm_to_geodetic(utm_m, zone), geodetic_deg, atol=1e-7)


def test_one_zone_is_left_as_it_was_given() -> None:
    utm_m = np.array([[500000.123, 4477000.456], [500010.0, 4477000.0]])
    zone = np.array([17, 17])
    flat_m = flat_positions(utm_m, zone, utm_to_geodetic(utm_m, zone))
    assert flat_m.tolist() == utm_m.tolist()


def test_a_city_across_a_border_of_zones_stays_whole() -> None:
    geodetic_deg = np.array([[51.5, -0.002], [51.5, 0.002], [51.501, 0.004]])  # Greenwich is where 30 meets 31
    flat_m = flat_positions(np.full((3, 2), np.nan), np.zeros(3, np.int64), geodetic_deg)
    plane_m = GeoOrigin(51.5, 0.0).to_map(geodetic_deg[:, 0], geodetic_deg[:, 1])
    for one, other in ((0, 1), (1, 2), (0, 2)):
        length_m = np.hypot(*(plane_m[one] - plane_m[other]))
        assert np.hypot(*(flat_m[one] - flat_m[other])) == pytest.approx(length_m, rel=2e-3)
    # The same where half of it was given in each zone.
    zone = utm_zone(geodetic_deg)
    utm_m = np.concatenate([geodetic_to_utm(geodetic_deg[[row]], int(zone[row])) for row in range(3)])
    np.testing.assert_allclose(flat_positions(utm_m, zone, geodetic_deg), flat_m, atol=1e-3)


def test_a_town_on_the_equator_stays_whole() -> None:
    geodetic_deg = np.array([[0.001, 33.0], [-0.001, 33.0], [0.002, 33.0]])
    flat_m = flat_positions(np.full((3, 2), np.nan), np.zeros(3, np.int64), geodetic_deg)
    assert np.hypot(*(flat_m[0] - flat_m[1])) == pytest.approx(221.1, abs=0.5)


def test_cities_of_one_name_in_two_zones_never_meet() -> None:
    geodetic_deg = np.array([[45.0, 3.0], [45.0, 9.0]])  # the middles of zones 31 and 32: equal coordinates
    flat_m = flat_positions(NOWHERE, np.zeros(2, np.int64), geodetic_deg)
    assert np.hypot(*(flat_m[0] - flat_m[1])) > 1_000_000.0


def test_positions_of_no_zone_are_taken_as_they_are() -> None:
    utm_m = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert flat_positions(utm_m, np.zeros(2, np.int64), NOWHERE).tolist() == utm_m.tolist()
