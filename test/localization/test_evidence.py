import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.types import PlaceEvidence
from geoloc_ros.localization.evidence import PlaceEvidenceScorer
from geoloc_ros.maps.geomap import PlaceGraph, RoadGraph

from .conftest import places_of, road_graph

OUTLIERS = 0.1


@pytest.fixture
def road(straight_road: RoadGraph) -> PlaceGraph:
    return places_of(straight_road)


def seen(x_m: float, log_ratio: float = np.log(5.0), yaw_rad: float = np.nan, sigma_m: float = 12.0) -> PlaceEvidence:
    """At (x_m, 0)."""
    return PlaceEvidence(0, np.array([[x_m, 0.0]]), np.array([yaw_rad]), np.array([log_ratio]), sigma_m)


def at(places: PlaceGraph, values: np.ndarray, x_m: float, yaw_rad: float = 0.0) -> float:
    poses = places.poses()
    apart = np.hypot(poses[:, 0] - x_m, poses[:, 1]) + 100.0 * (np.cos(poses[:, 2] - yaw_rad) < 0.0)
    assert apart.min() < 1e-6
    return float(values[np.argmin(apart)])


def test_one_hypothesis_is_a_bell_of_its_ratio_and_the_rest_shares_what_is_left(road: PlaceGraph) -> None:
    ratio = np.exp(PlaceEvidenceScorer(road, OUTLIERS).log_ratios(seen(205.0)))
    poses = road.poses()
    # 12 m, and 5 m that viewpoints do not resolve, are 13 m.
    bell = 5.0 * np.exp(-0.5 * (poses[:, 0] - 205.0) ** 2 / 13.0**2)
    bell[np.abs(poses[:, 0] - 205.0) > 4.0 * 13.0] = 0.0
    assert ratio == pytest.approx(OUTLIERS + (1.0 - OUTLIERS) * (bell + 1.0 - bell.mean()), abs=1e-5)
    assert at(road, ratio, 205.0) == pytest.approx(at(road, ratio, 205.0, np.pi))


def test_a_heading_tells_the_two_directions_of_a_road_apart(road: PlaceGraph) -> None:
    log_ratio = PlaceEvidenceScorer(road, OUTLIERS).log_ratios(seen(205.0, yaw_rad=np.pi))
    assert at(road, log_ratio, 205.0, np.pi) > 1.0
    assert at(road, log_ratio, 205.0, 0.0) == pytest.approx(log_ratio.min(), abs=1e-3)


def test_what_was_seen_thirty_metres_ago_speaks_for_the_places_ahead_either_way(road: PlaceGraph) -> None:
    log_ratio = PlaceEvidenceScorer(road, OUTLIERS).log_ratios(seen(205.0, sigma_m=1.0), driven_m=30.0)
    poses = road.poses()
    assert {tuple(np.rint(poses[row, :1])) for row in np.argsort(-log_ratio)[:2]} == {(235.0,), (175.0,)}
    assert at(road, log_ratio, 235.0, 0.0) > 1.0 > at(road, log_ratio, 235.0, np.pi)


def test_two_photos_of_one_place_count_as_one(road: PlaceGraph) -> None:
    scorer, one = PlaceEvidenceScorer(road, OUTLIERS), seen(205.0)
    twice = [np.repeat(part, 2, axis=0) for part in (one.position_m, one.yaw_rad, one.log_ratio)]
    both = PlaceEvidence(0, *twice, sigma_m=12.0)
    assert np.array_equal(scorer.log_ratios(both), scorer.log_ratios(one))


def test_hypotheses_off_the_map_say_nothing(road: PlaceGraph) -> None:
    assert np.all(PlaceEvidenceScorer(road, OUTLIERS).log_ratios(seen(5000.0, 50.0)) == 0.0)


def test_no_hypotheses_say_nothing(road: PlaceGraph) -> None:
    nothing = PlaceEvidence(0, np.empty((0, 2)), np.empty(0), np.empty(0), 10.0)
    assert np.all(PlaceEvidenceScorer(road, OUTLIERS).log_ratios(nothing) == 0.0)


@given(st.floats(-100.0, 500.0), st.floats(-1e3, 1e3), st.floats(0.1, 300.0), st.floats(-200.0, 200.0))
def test_however_sure_they_are_they_average_to_one_and_may_be_wrong(
    x_m: float, log_ratio: float, sigma_m: float, driven_m: float
) -> None:
    places = places_of(road_graph([(0.0, 0.0), (400.0, 0.0)], [(0, 1)]))
    found = PlaceEvidenceScorer(places, OUTLIERS).log_ratios(seen(x_m, log_ratio, sigma_m=sigma_m), driven_m)
    assert np.exp(found.astype(float)).mean() == pytest.approx(1.0, abs=1e-4)
    assert found.min() >= np.log(OUTLIERS) - 1e-5
