import numpy as np
import pytest

from geoloc_ros.core.localization_config import MotionConfig, TrackerConfig
from geoloc_ros.core.types import Pose2
from geoloc_ros.localization.belief.tracker import PathTracker
from geoloc_ros.maps.geomap import RoadGraph

from ..conftest import places_of, road_graph


def test_two_places_that_look_alike_are_two_modes(straight_road: RoadGraph) -> None:
    places = places_of(straight_road)
    tracker = PathTracker(places, TrackerConfig(), MotionConfig())
    liked = np.full(len(places.viewpoint_place), -10.0, np.float32)
    liked[[10, 25]] = np.log([2.0, 1.0])
    tracker.weigh(liked)
    first, second, *others = tracker.modes(5, 15.0, 1.0)
    assert first.pose.x_m == pytest.approx(105.0, abs=1.0) and second.pose.x_m == pytest.approx(255.0, abs=1.0)
    assert first.probability == pytest.approx(2.0 * second.probability, rel=0.01)
    assert first.probability + second.probability + tracker.off_map_probability == pytest.approx(1.0, abs=0.02)
    assert all(other.probability < 0.01 for other in others)


def test_modes_do_not_share_cells(grid_city: RoadGraph) -> None:
    tracker = PathTracker(places_of(grid_city), TrackerConfig(), MotionConfig())
    modes = tracker.modes(400, 30.0, 1.0)
    assert sum(mode.probability for mode in modes) == pytest.approx(1.0 - tracker.off_map_probability, abs=1e-4)


def test_boosting_a_mode_makes_it_as_much_more_likely(straight_road: RoadGraph) -> None:
    places = places_of(straight_road)
    tracker = PathTracker(places, TrackerConfig(), MotionConfig())
    liked = np.full(len(places.viewpoint_place), -20.0, np.float32)
    liked[[10, 25]] = 0.0
    tracker.weigh(liked)
    evidence = tracker.log_evidence
    tracker.boost(np.array([[105.0, 0.0, 0.0]]), np.array([np.log(3.0)]), 15.0, 1.0)
    first, second = tracker.modes(2, 15.0, 1.0)
    assert first.pose.x_m == pytest.approx(105.0, abs=1.0)
    assert first.probability == pytest.approx(3.0 * second.probability, rel=0.01)
    assert tracker.log_evidence == evidence
    assert tracker.belief().sum() + tracker.off_map_probability == pytest.approx(1.0, abs=1e-4)


def test_the_spread_of_a_mode_lies_along_its_road() -> None:
    slanted = road_graph([(0.0, 0.0), (300.0, 300.0)], [(0, 1)])
    tracker = PathTracker(places_of(slanted), TrackerConfig(), MotionConfig())
    tracker.set_pose(Pose2(150.0, 150.0, np.pi / 4), np.diag([25.0, 25.0, 0.05]))
    covariance = tracker.modes(1, 30.0, 1.0)[0].covariance
    along, across = np.array([1.0, 1.0]) / np.sqrt(2.0), np.array([1.0, -1.0]) / np.sqrt(2.0)
    assert along @ covariance[:2, :2] @ along > 15.0
    assert across @ covariance[:2, :2] @ across < 3.0
