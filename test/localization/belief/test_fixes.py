import numpy as np
import pytest

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.localization_config import MotionConfig, TrackerConfig
from geoloc_ros.core.types import HeadingFix, PositionFix
from geoloc_ros.localization.belief.cell_grid import build_cell_grid, cells_near
from geoloc_ros.localization.belief.cells import cut_cells
from geoloc_ros.localization.belief.fixes import FixWeights
from geoloc_ros.localization.belief.tracker import PathTracker
from geoloc_ros.maps.geomap import RoadGraph

from ..conftest import places_of

FIVE_METRES = np.diag([25.0, 25.0])
SECOND_NS = 1_000_000_000


def position(x_m: float, y_m: float, second: float = 0.0) -> PositionFix:
    return PositionFix(int(second * SECOND_NS), np.array([x_m, y_m]), FIVE_METRES)


def weights_of(roads: RoadGraph) -> FixWeights:
    cells = cut_cells(places_of(roads), 2.5)
    return FixWeights(cells, build_cell_grid(cells), TrackerConfig())


def tracker_of(roads: RoadGraph) -> PathTracker:
    return PathTracker(places_of(roads), TrackerConfig(), MotionConfig())


def test_cells_near_are_those_within_the_radius(grid_city: RoadGraph) -> None:
    cells = cut_cells(places_of(grid_city), 2.5)
    at_m = np.array([133.0, 71.0])
    offset_m = np.column_stack([cells.x_m, cells.y_m]) + cells.origin_m - at_m
    expected = np.flatnonzero(np.hypot(*offset_m.T) <= 30.0)
    assert sorted(cells_near(cells, build_cell_grid(cells), at_m, 30.0)) == expected.tolist()


def test_a_position_finds_the_place_but_not_the_direction(grid_city: RoadGraph) -> None:
    tracker = tracker_of(grid_city)
    tracker.weigh_position(position(150.0, 70.0))
    first, second = tracker.modes(2, 40.0, 1.0)
    for mode in (first, second):
        assert (mode.pose.x_m, mode.pose.y_m) == pytest.approx((150.0, 70.0), abs=2.0)
        assert mode.covariance[0, 0] == pytest.approx(25.0, rel=0.5)
    assert abs(abs(first.pose.yaw_rad - second.pose.yaw_rad) - np.pi) < 0.01
    assert first.probability + second.probability > 0.75


def test_a_position_in_the_map_says_nothing_of_being_on_it(grid_city: RoadGraph) -> None:
    tracker = tracker_of(grid_city)
    before = tracker.off_map_probability
    tracker.weigh_position(position(150.0, 70.0))
    assert tracker.off_map_probability == pytest.approx(before, rel=0.01)


def test_a_position_far_from_all_roads_speaks_for_being_off_the_map(grid_city: RoadGraph) -> None:
    tracker = tracker_of(grid_city)
    tracker.weigh_position(position(5000.0, 70.0))
    assert tracker.off_map_probability == pytest.approx(0.1 / (0.1 + 0.9 * 0.1), abs=1e-3)


def test_a_minute_of_positions_counts_as_one_more(straight_road: RoadGraph) -> None:
    weights = weights_of(straight_road)
    first = weights.position(position(200.0, 0.0), 0.0)
    every_second = [weights.position(position(200.0, 0.0, second), 0.0) for second in range(1, 61)]
    assert np.prod([found[1] for found in every_second], axis=0) == pytest.approx(first[1], rel=1e-3)
    assert np.prod([found[2] for found in every_second]) == pytest.approx(0.1, rel=1e-3)


def test_a_late_position_counts_nothing_and_changes_nothing_of_the_next(straight_road: RoadGraph) -> None:
    weights = weights_of(straight_road)
    outliers = [weights.position(position(200.0, 0.0, second), 0.0)[2] for second in (200.0, 80.0, 201.0, 81.0)]
    assert np.log10(outliers) == pytest.approx([-1.0, 0.0, -1.0 / 60.0, 0.0], abs=1e-6)


def test_a_wrong_position_does_not_capture_a_belief_that_was_seen_to_be_right(straight_road: RoadGraph) -> None:
    places, tracker = places_of(straight_road), tracker_of(straight_road)
    for step in range(8):
        liked = np.zeros(len(places.viewpoint_place), np.float32)
        liked[10 + step] = 4.0
        tracker.weigh(liked - np.log(np.exp(liked).mean()))
        tracker.weigh_position(position(350.0, 0.0, step))
        tracker.advance(10.0, 0.0)
    assert tracker.modes(1, 15.0, 1.0)[0].pose.x_m == pytest.approx(185.0, abs=5.0)


def test_a_position_is_of_the_vehicle_and_not_of_its_cell(straight_road: RoadGraph) -> None:
    weights = weights_of(straight_road)
    cells = cut_cells(places_of(straight_road), 2.5)
    near, likelihood, _ = weights.position(position(200.0, 0.0), 2.0)
    east = np.abs(cells.yaw_rad[near]) < 0.1
    best = near[east][np.argmax(likelihood[east])]
    assert cells.x_m[best] + cells.origin_m[0] == pytest.approx(198.0, abs=1.3)


def test_a_heading_tells_the_directions_of_a_road_apart(straight_road: RoadGraph) -> None:
    tracker = tracker_of(straight_road)
    tracker.advance(1.0, 0.3)  # turned left since the cell was entered
    tracker.weigh_heading(HeadingFix(0, 0.3, 0.1))
    east = np.abs(places_of(straight_road).viewpoint_yaw_rad) < 0.1
    belief = tracker.belief()
    assert belief[east].sum() / belief.sum() > 0.95
    assert belief.sum() + tracker.off_map_probability == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize(
    "covariance", [[[1.0, 100.0], [100.0, 1.0]], [[1.0, 0.0], [0.5, 1.0]], [[np.nan, 0.0], [0.0, 1.0]]]
)
def test_what_is_no_covariance_is_refused(straight_road: RoadGraph, covariance: list[list[float]]) -> None:
    fix = PositionFix(0, np.array([200.0, 0.0]), np.array(covariance))
    with pytest.raises(ObservationError, match="no covariance"):
        tracker_of(straight_road).weigh_position(fix)


def test_a_position_that_nobody_knows_is_refused_and_a_vague_one_says_nothing(grid_city: RoadGraph) -> None:
    tracker = tracker_of(grid_city)
    with pytest.raises(ObservationError, match="not finite"):
        tracker.weigh_position(PositionFix(0, np.array([np.nan, 0.0]), FIVE_METRES))
    before = tracker.belief()
    tracker.weigh_position(PositionFix(0, np.array([1e6, 0.0]), 1e14 * np.eye(2)))
    assert tracker.belief() == pytest.approx(before, rel=0.05)


def test_a_position_that_claims_to_be_exact_is_only_as_good_as_the_road(straight_road: RoadGraph) -> None:
    tracker = tracker_of(straight_road)
    tracker.weigh_position(PositionFix(0, np.array([200.0, 0.0]), np.zeros((2, 2))))
    assert tracker.modes(1, 20.0, 1.0)[0].covariance[0, 0] > 5.0


def test_a_heading_that_nobody_knows_is_refused(straight_road: RoadGraph) -> None:
    with pytest.raises(ObservationError, match="not finite"):
        tracker_of(straight_road).weigh_heading(HeadingFix(0, np.nan, 0.1))


def test_a_heading_averages_to_one_over_all_yaws(straight_road: RoadGraph) -> None:
    ratio = weights_of(straight_road).heading(HeadingFix(0, 3.1, 0.05), 0.0)
    assert ratio.mean() == pytest.approx(1.0, abs=1e-3)
    assert ratio.min() == pytest.approx(0.1, abs=1e-3)
