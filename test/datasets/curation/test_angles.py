import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.datasets.curation.angles import difference_deg, motion_deg, way_m
from geoloc_ros.datasets.curation.facing import FACINGS, facing_of


@given(st.floats(-720, 720), st.floats(-720, 720))
def test_differences_are_symmetric_and_at_most_half_a_turn(one: float, other: float) -> None:
    there, back = (float(difference_deg(np.array(a), np.array(b))) for a, b in ((one, other), (other, one)))
    assert 0.0 <= there <= 180.0 and abs(there - back) < 1e-9


def test_north_is_zero_and_east_is_ninety() -> None:
    north, east = np.array([[0.0, 0.0], [0.0, 5.0]]), np.array([[0.0, 0.0], [5.0, 0.0]])
    places, part = np.concatenate([north, east]), np.array([0, 0, 1, 1])
    assert np.allclose(motion_deg(places, part, 1.0), [0.0, 0.0, 90.0, 90.0])


def test_a_halt_keeps_the_last_direction_and_a_late_start_takes_the_next() -> None:
    places = np.array([[0.0, 0.0], [0.1, 0.0], [5.0, 0.0], [5.0, 0.2], [5.0, 0.0], [5.0, -5.0]])
    assert np.allclose(motion_deg(places, np.zeros(6, int), 1.0), [90, 90, 90, 90, 90, 180], atol=2.5)


def test_noise_at_a_halt_is_no_motion() -> None:
    moving = np.array([(x, 0.0) for x in np.arange(0.0, 21.0, 5.0)])
    halted = np.array([(20.0, 0.35 * (number % 2)) for number in range(12)])
    places = np.concatenate([moving, halted])
    assert np.allclose(motion_deg(places, np.zeros(len(places), int), 1.0), 90.0, atol=5.0)


def test_a_slow_zigzag_moves_along_its_middle() -> None:
    places = np.array([(0.4 * number, 0.4 * (number % 2)) for number in range(30)])
    turned_deg = difference_deg(motion_deg(places, np.zeros(30, int), 1.0), np.full(30, 90.0))
    assert turned_deg.max() < 45.0 - 1e-6


def test_what_never_moves_has_no_direction() -> None:
    assert np.isnan(motion_deg(np.zeros((4, 2)), np.zeros(4, int), 1.0)).all()


def test_the_way_begins_anew_with_each_stretch() -> None:
    places = np.array([[0.0, 0.0], [3.0, 4.0], [100.0, 0.0], [101.0, 0.0]])
    assert np.allclose(way_m(places, np.array([0, 0, 1, 1])), [0.0, 5.0, 0.0, 1.0])


def test_facing_is_forward_within_45_degrees_backward_beyond_135_and_sideways_between() -> None:
    view = np.array([44.0, 46.0, 134.0, 136.0, 180.0, 270.0])
    facing = [FACINGS[each] for each in facing_of(view, np.zeros(6), 45.0)]
    assert facing == ["forward", "sideways", "sideways", "backward", "backward", "sideways"]
