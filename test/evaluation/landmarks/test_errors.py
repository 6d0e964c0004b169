import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.evaluation.landmarks.errors import angle_between_deg, errors_of

from .landmark_views import NOWHERE, ORIGIN, answer, turned


def test_a_camera_half_a_metre_aside_and_turned_by_ten_degrees_is_so_far_off() -> None:
    errors = errors_of([ORIGIN], [answer(0.5, 10.0)], np.array([5.0]))
    assert errors.position_m[0] == pytest.approx(0.5)
    assert errors.angle_deg[0] == pytest.approx(10.0)
    assert errors.ratio[0] == pytest.approx(0.1)
    assert errors.within(0.5, 10.1).all() and not errors.within(0.5, 9.9).any() and not errors.within(0.4, 11.0).any()


def test_what_is_not_found_is_infinitely_wrong() -> None:
    errors = errors_of([ORIGIN, ORIGIN], [answer(0.0), NOWHERE], np.array([np.nan, 2.0]))
    assert errors.found.tolist() == [True, False]
    assert errors.angle_deg[1] == errors.ratio[1] == np.inf and np.isnan(errors.ratio[0])


def test_no_views_have_no_errors() -> None:
    assert len(errors_of([], [], np.zeros(0))) == 0


@given(st.floats(1e-7, 180.0))
def test_angles_are_exact_from_the_smallest_to_the_largest(angle_deg: float) -> None:
    assert angle_between_deg(np.eye(3), turned(angle_deg)) == pytest.approx(angle_deg, rel=1e-6, abs=1e-8)
