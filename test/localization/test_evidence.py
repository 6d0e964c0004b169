import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.types import PlaceEvidence, Pose2
from geoloc_ros.localization.evidence import PlaceEvidenceScorer, place_evidence
from geoloc_ros.maps.geomap import PlaceGraph, RoadGraph

from .conftest import make_index, places_of, road_graph

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


@pytest.mark.parametrize("probability", [0.2, 0.6])
def test_the_probability_of_a_position_is_shared_by_the_viewpoints_that_stand_for_it(
    straight_road: RoadGraph, probability: float
) -> None:
    index, _, _ = make_index(straight_road)
    evidence = place_evidence(
        7, np.array([[205.0, 0.0]]), np.zeros(1), np.array([probability]), 12.0, index
    )
    assert (evidence.stamp_ns, evidence.sigma_m) == (7, 12.0)
    ratio = np.exp(PlaceEvidenceScorer(index.places, 1e-9).log_ratios(evidence))
    there = np.abs(index.places.poses()[:, 0] - 205.0) < 60.0
    # Uniform before, so the mean of the ratios over a part of the map times its share is its probability after.
    after = ratio[there & (np.cos(index.places.poses()[:, 2]) > 0.0)].sum() / len(ratio)
    elsewhere = (1.0 - probability) * there.mean() / 2.0
    assert after == pytest.approx(probability + elsewhere, abs=0.05)


def test_viewpoints_at_a_pose_are_near_it_and_look_its_way(road: PlaceGraph) -> None:
    rows = PlaceEvidenceScorer(road, OUTLIERS).viewpoints_at(Pose2(205.0, 2.0, 0.3))
    poses = road.poses()[rows]
    assert len(rows) >= 1 and np.all(np.abs(poses[:, 0] - 205.0) <= 10.0) and np.all(np.cos(poses[:, 2]) > 0.0)
    assert not len(PlaceEvidenceScorer(road, OUTLIERS).viewpoints_at(Pose2(205.0, 2.0, np.pi / 2.0)))
