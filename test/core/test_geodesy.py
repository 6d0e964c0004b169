import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.geodesy import GeoOrigin


def test_the_origin_is_at_zero() -> None:
    assert GeoOrigin(35.0, 135.7, 50.0).to_map(np.array(35.0), np.array(135.7)) == pytest.approx([0.0, 0.0], abs=1e-6)


def test_a_minute_of_latitude_is_a_nautical_mile_north() -> None:
    east_m, north_m = GeoOrigin(45.0, 7.0).to_map(np.array(45.0 + 1.0 / 60.0), np.array(7.0))
    assert east_m == pytest.approx(0.0, abs=1e-6)
    assert north_m == pytest.approx(1852.0, abs=2.0)


def test_a_degree_of_longitude_shrinks_with_latitude() -> None:
    on_equator_m = GeoOrigin(0.0, 0.0).to_map(np.array(0.0), np.array(0.01))[0]
    at_sixty_m = GeoOrigin(60.0, 0.0).to_map(np.array(60.0), np.array(0.01))[0]
    assert at_sixty_m / on_equator_m == pytest.approx(0.5, rel=0.01)


@given(st.floats(-80.0, 80.0), st.floats(-179.0, 179.0), st.floats(-5e3, 5e3), st.floats(-5e3, 5e3))
def test_there_and_back_is_the_same_point(latitude: float, longitude: float, x_m: float, y_m: float) -> None:
    origin = GeoOrigin(latitude, longitude)
    point_m = np.array([x_m, y_m])
    # The tangent plane leaves the ellipsoid by d^2 / 2R: 4 m at 7 km, which moves a point by millimetres only.
    assert origin.to_map(*origin.to_geodetic(point_m)) == pytest.approx(point_m, abs=0.01)


@given(st.floats(-80.0, 80.0), st.floats(-179.0, 179.0), st.floats(-50.0, 500.0))
def test_a_point_is_the_same_place_from_two_origins(latitude: float, longitude: float, height: float) -> None:
    one, other = GeoOrigin(latitude, longitude, height), GeoOrigin(latitude + 0.01, longitude - 0.01, height)
    there_m = other.to_map(np.array(latitude + 0.002), np.array(longitude + 0.003))
    seen_m = one.map_from(other).apply(np.array([*there_m, 0.0]))
    assert seen_m[:2] == pytest.approx(one.to_map(np.array(latitude + 0.002), np.array(longitude + 0.003)), abs=0.01)


def test_the_frame_of_an_origin_to_the_north_lies_north_and_lower() -> None:
    south_from_north = GeoOrigin(48.0, 10.0).map_from(GeoOrigin(48.1, 10.0))
    east_m, north_m, up_m = south_from_north.translation_m
    # A tenth of a degree is 11.12 km; the earth falls off by half its square over the radius.
    assert (east_m, north_m) == (pytest.approx(0.0, abs=1e-6), pytest.approx(11_119.0, abs=5.0))
    assert up_m == pytest.approx(-north_m**2 / 2.0 / 6_371_000.0, abs=0.1)
    assert np.degrees(np.arccos(south_from_north.rotation[2, 2])) == pytest.approx(0.1, abs=1e-3)
