import numpy as np
import pytest

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.satellites import satellite_position

ORIGIN = GeoOrigin(35.0, 135.75)
HERE = np.array([35.0, 135.75])


def test_the_origin_of_the_map_lies_at_nought_and_north_is_up() -> None:
    fix = satellite_position(7, HERE, True, None, ORIGIN)
    assert fix.stamp_ns == 7 and fix.position_m == pytest.approx([0.0, 0.0], abs=1e-6)
    north = satellite_position(7, HERE + [0.001, 0.0], True, None, ORIGIN)
    # A thousandth of a degree of a meridian, at this latitude 110.94 km per degree.
    assert north.position_m == pytest.approx([0.0, 110.94], abs=0.01)


def test_nobody_between_houses_is_believed_to_be_better_than_three_metres() -> None:
    assert satellite_position(0, HERE, True, np.diag([1e-4, 16.0]), ORIGIN).covariance_m2 == pytest.approx(
        np.diag([9.0001, 25.0])
    )
    assert satellite_position(0, HERE, True, None, ORIGIN).covariance_m2 == pytest.approx(np.diag([900.0, 900.0]))


@pytest.mark.parametrize(("place_deg", "has_fix"), [(HERE, False), (np.array([np.nan, 135.0]), True)])
def test_who_does_not_know_is_refused(place_deg: np.ndarray, has_fix: bool) -> None:
    with pytest.raises(ObservationError, match="not a position"):
        satellite_position(0, place_deg, has_fix, None, ORIGIN)


def test_a_covariance_that_is_none_is_refused() -> None:
    with pytest.raises(ObservationError, match="covariance that is none"):
        satellite_position(0, HERE, True, np.diag([-100.0, 1.0]), ORIGIN)
