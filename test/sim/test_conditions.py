import numpy as np
import pytest

from geoloc_ros.sim.conditions import CONDITIONS, NOON, condition_of


def test_every_name_has_its_condition_and_noon_is_the_default() -> None:
    assert [condition_of(name).name for name in CONDITIONS] == list(CONDITIONS)
    assert condition_of("noon") == NOON


def test_the_sun_of_noon_is_that_of_the_world() -> None:
    drawn = np.array([0.6, 0.0, 0.8])
    assert NOON.sun(drawn) is drawn


def test_the_sun_of_the_evening_is_low_and_elsewhere() -> None:
    condition = condition_of("rain_sunset")
    sun = condition.sun(np.array([0.6, 0.0, 0.8]))
    assert np.degrees(np.arcsin(sun[2])) == pytest.approx(condition.sun_elevation_deg)
    assert np.degrees(np.arctan2(sun[1], sun[0])) == pytest.approx(condition.sun_turn_deg)
    assert np.linalg.norm(sun) == pytest.approx(1.0)


def test_lamps_shine_at_night_only() -> None:
    assert [name for name in CONDITIONS if condition_of(name).lamp_light > 0.0] == ["night"]
