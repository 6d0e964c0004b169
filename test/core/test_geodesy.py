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
