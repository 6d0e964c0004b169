import numpy as np
import pytest

from geoloc_ros.core.localization_config import MotionConfig, TrackerConfig
from geoloc_ros.core.types import Pose2
from geoloc_ros.localization.belief.tracker import PathTracker
from geoloc_ros.maps.geomap import RoadGraph

from ..conftest import places_of, road_graph
from .given import SMALL


def test_a_frame_that_looks_like_nowhere_here_is_evidence_of_being_elsewhere(straight_road: RoadGraph) -> None:
    places = places_of(straight_road)
    tracker = PathTracker(places, TrackerConfig(look_alike_nats=0.0), MotionConfig())
    nowhere = np.full(len(places.viewpoint_place), -1.0, np.float32)
    tracker.weigh(nowhere)
    assert tracker.log_evidence == pytest.approx(-1.0, abs=1e-5)
    assert tracker.off_map_probability == pytest.approx(0.1 / (0.1 + 0.9 * np.exp(-1.0)), abs=1e-5)


def test_a_drive_of_frames_drawn_by_chance_gains_no_evidence(grid_city: RoadGraph) -> None:
    places = places_of(grid_city)
    config = TrackerConfig(heading_penalty_per_m=0.0, turn_chance_per_m=0.0)
    tracker, rng, highest = PathTracker(places, config, MotionConfig()), np.random.default_rng(3), []
    for _ in range(40):
        tracker.reset()
        evidence = []
        for _ in range(25):
            ratio = rng.exponential(1.0, len(places.viewpoint_place))
            tracker.advance(5.0, 0.0)
            tracker.weigh(np.log(ratio / ratio.mean()).astype(np.float32))
            evidence.append(tracker.log_evidence)
        highest.append(max(evidence))
    # Ville: above log(20) in at most one of 20.
    assert np.mean(np.array(highest) > np.log(20.0)) <= 0.05


def test_who_leaves_the_end_of_the_map_is_off_the_map() -> None:
    both = road_graph([(0.0, 0.0), (100.0, 0.0)], [(0, 1)])
    one_way = RoadGraph(
        both.node_m, both.edge_from[:1], both.edge_to[:1], np.full(1, -1, np.int32), both.point_m[:2],
        both.point_start[:2],
    )
    tracker = PathTracker(places_of(one_way), TrackerConfig(), MotionConfig())
    tracker.set_pose(Pose2(80.0, 0.0, 0.0), SMALL)
    tracker.advance(40.0, 0.0)
    assert tracker.off_map_probability > 0.9


def test_a_place_that_is_ruled_out_leaves_a_belief_in_the_rest(straight_road: RoadGraph) -> None:
    tracker = PathTracker(places_of(straight_road), TrackerConfig(), MotionConfig())
    tracker.set_pose(Pose2(200.0, 0.0, 0.0), SMALL)
    tracker.boost(np.array([[200.0, 0.0, 0.0]]), np.array([-50.0]), 30.0, 1.0)
    assert tracker.advance(5.0, 0.0)
    assert np.isfinite(tracker.log_evidence)
    assert tracker.belief().min() >= 0.0
    assert tracker.belief().sum() + tracker.off_map_probability == pytest.approx(1.0, abs=1e-4)


def test_reopening_keeps_the_rest(straight_road: RoadGraph) -> None:
    tracker = PathTracker(places_of(straight_road), TrackerConfig(), MotionConfig())
    tracker.set_pose(Pose2(200.0, 0.0, 0.0), SMALL)
    before = tracker.modes(1, 15.0, 1.0)[0].probability
    tracker.reopen(0.5)
    mode = tracker.modes(1, 15.0, 1.0)[0]
    assert mode.pose.x_m == pytest.approx(200.0, abs=1.0)
    assert mode.probability == pytest.approx(0.5 * before, abs=0.05)


def test_a_straight_road_gains_what_turns_cost_elsewhere(straight_road: RoadGraph) -> None:
    tracker = PathTracker(places_of(straight_road), TrackerConfig(turn_chance_per_m=0.05), MotionConfig())
    tracker.set_pose(Pose2(50.0, 0.0, 0.0), SMALL)
    tracker.advance(200.0, 0.0)
    assert tracker.log_evidence == pytest.approx(0.05 * 200.0, abs=0.2)


def test_the_map_is_left_and_entered_at_the_rates_of_the_config(grid_city: RoadGraph) -> None:
    still = {"turn_chance_per_m": 0.0, "heading_penalty_per_m": 0.0}
    config = TrackerConfig(off_map_prior=0.0, leave_map_per_m=1e-4, enter_map_per_m=0.0, **still)
    leaving = PathTracker(places_of(grid_city), config, MotionConfig())
    leaving.advance(300.0, 0.0)
    assert leaving.off_map_probability == pytest.approx(1.0 - np.exp(-0.03), rel=0.02)
    config = TrackerConfig(off_map_prior=0.9, leave_map_per_m=0.0, enter_map_per_m=1e-3, **still)
    entering = PathTracker(places_of(grid_city), config, MotionConfig())
    entering.advance(300.0, 0.0)
    assert entering.off_map_probability == pytest.approx(0.9 * np.exp(-0.3), rel=0.02)
    assert entering.belief().sum() + entering.off_map_probability == pytest.approx(1.0, abs=1e-4)


def test_off_the_map_a_frame_that_prefers_some_places_gets_their_look_alikes(straight_road: RoadGraph) -> None:
    places = places_of(straight_road)
    liked = np.full(len(places.viewpoint_place), 0.5)
    liked[: len(liked) // 4] = 2.5  # mean 1, mean square 1.75
    tracker = PathTracker(places, TrackerConfig(look_alike_nats=1.0), MotionConfig())
    tracker.weigh(np.log(liked).astype(np.float32))
    odds = tracker.off_map_probability / (1.0 - tracker.off_map_probability)
    assert odds == pytest.approx(np.exp(1.0 - 1.0 / 1.75) / 9.0, rel=0.02)
    assert tracker.log_evidence == pytest.approx(0.0, abs=0.02)
