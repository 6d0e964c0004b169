import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.localization_config import MotionConfig, TrackerConfig
from geoloc_ros.core.types import HeadingFix, Pose2, PositionFix
from geoloc_ros.localization.belief.cells import RoadCells, cut_cells
from geoloc_ros.localization.belief.tracker import PathTracker
from geoloc_ros.maps.geomap import RoadGraph

from ..conftest import places_of, road_graph
from .given import CROSS, EXACT, LAGGING, SMALL, at


def by_all_paths(
    cells: RoadCells, start: np.ndarray, likelihoods: list[np.ndarray], stay: float
) -> np.ndarray:
    """Probability of every cell, by walking every path one by one; each frame follows one hop."""
    mass = np.zeros(len(cells))
    link_of = np.repeat(np.arange(len(cells.link_from)), np.diff(cells.link_start))

    def weight(cell: int, likelihood: np.ndarray) -> float:
        link = link_of[cell]
        share = (cell - cells.link_start[link]) / (cells.link_start[link + 1] - cells.link_start[link])
        here, there = likelihood[cells.link_from[link]], likelihood[cells.link_to[link]]
        return float(here + share * (there - here))

    def walk(cell: int, probability: float, frame: int) -> None:
        if frame == len(likelihoods):
            mass[cell] += probability
            return
        link = link_of[cell]
        if cell + 1 < cells.link_start[link + 1]:
            ways_on = [cell + 1]
        else:
            ways_on = [int(cells.link_start[way]) for way in np.flatnonzero(cells.link_from == cells.link_to[link])]
        for following, share in [(cell, stay), *((way, (1.0 - stay) / len(ways_on)) for way in ways_on)]:
            walk(following, probability * share * weight(following, likelihoods[frame]), frame + 1)

    for cell, probability in enumerate(start):
        walk(cell, float(probability), 0)
    return mass / mass.sum()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000))
def test_it_sums_over_all_paths_as_walking_them_one_by_one_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cells, tracker = cut_cells(CROSS, 5.0), PathTracker(CROSS, EXACT, LAGGING)
    hop_m = 5.0 * (1.0 - 0.1)
    log_likelihoods = rng.normal(0.0, 2.0, (4, len(CROSS.viewpoint_place))).astype(np.float32)
    power = hop_m / EXACT.evidence_length_m
    start = np.full(len(cells), 1.0 / len(cells))
    tracker.weigh(np.zeros(len(CROSS.viewpoint_place), np.float32))  # the first frame says nothing
    for frame in log_likelihoods:
        assert tracker.advance(hop_m + 1e-9, 0.0)
        tracker.weigh(frame)
    expected = by_all_paths(cells, start, [np.exp(power * frame.astype(float)) for frame in log_likelihoods], 0.1)
    by_viewpoint = np.zeros(len(CROSS.viewpoint_place))
    for link in range(len(cells.link_from)):
        own = expected[cells.link_start[link] : cells.link_start[link + 1]]
        near = (len(own) + 1) // 2
        by_viewpoint[cells.link_from[link]] += own[:near].sum()
        by_viewpoint[cells.link_to[link]] += own[near:].sum()
    assert tracker.belief() == pytest.approx(by_viewpoint, abs=1e-5)


def test_belief_is_a_probability_from_the_beginning(grid_city: RoadGraph) -> None:
    tracker = PathTracker(places_of(grid_city), TrackerConfig(), MotionConfig())
    belief = tracker.belief()
    assert belief.sum() + tracker.off_map_probability == pytest.approx(1.0, abs=1e-5)
    assert belief.max() < 3.0 * belief.mean()  # anywhere, in either direction


def test_one_odd_house_says_where_on_a_straight_road(straight_road: RoadGraph) -> None:
    places = places_of(straight_road)
    tracker = PathTracker(places, TrackerConfig(), MotionConfig())
    odd = np.zeros(len(places.viewpoint_place), np.float32)
    odd[12] = 8.0
    tracker.weigh(odd)
    assert int(tracker.belief().argmax()) == 12
    for _ in range(10):
        tracker.advance(5.0, 0.0)
    tracker.weigh(np.zeros_like(odd))
    assert int(tracker.belief().argmax()) == 17  # fifty metres on


@pytest.mark.parametrize(("turn_rad", "goal"), [(-np.pi / 2, (60.0, 0.0)), (np.pi / 2, (-60.0, 0.0))])
def test_at_a_tee_the_turn_decides(tee: RoadGraph, turn_rad: float, goal: tuple[float, float]) -> None:
    places = places_of(tee)
    tracker = PathTracker(places, TrackerConfig(), MotionConfig())
    tracker.set_pose(Pose2(0.0, -60.0, np.pi / 2), SMALL)
    for step in range(60):
        tracker.advance(2.0, turn_rad / 4 if 28 <= step < 32 else 0.0)
    mode = tracker.modes(1, 15.0, 1.0)[0]
    assert mode.probability > 0.95
    assert (mode.pose.x_m, mode.pose.y_m) == pytest.approx(goal, abs=4.0)


def test_without_looking_at_turns_both_ways_stay_as_likely(tee: RoadGraph) -> None:
    places = places_of(tee)
    tracker = PathTracker(places, TrackerConfig(heading_penalty_per_m=0.0), MotionConfig())
    tracker.set_pose(Pose2(0.0, -60.0, np.pi / 2), SMALL)
    for step in range(60):
        tracker.advance(2.0, -np.pi / 8 if 28 <= step < 32 else 0.0)
    west = places.poses()[:, 0] < -20.0
    assert tracker.belief()[west].sum() == pytest.approx(0.5, abs=0.05)


def test_distance_is_kept_over_many_small_steps(straight_road: RoadGraph) -> None:
    tracker = PathTracker(places_of(straight_road), TrackerConfig(), MotionConfig())
    tracker.set_pose(Pose2(50.0, 0.0, 0.0), SMALL)
    for _ in range(1000):
        tracker.advance(0.2137, 0.0)
    mode = tracker.modes(1, 30.0, 1.0)[0]
    assert mode.pose.x_m == pytest.approx(50.0 + 213.7, abs=1.0)


def test_uncertainty_grows_with_the_distance_as_configured(straight_road: RoadGraph) -> None:
    lagging = MotionConfig(distance_variance_m=0.1)
    tracker = PathTracker(places_of(straight_road), TrackerConfig(leak_per_m=0.0), lagging)
    tracker.set_pose(Pose2(50.0, 0.0, 0.0), SMALL)
    before = tracker.modes(1, 60.0, 1.0)[0].covariance[0, 0]
    for _ in range(40):
        tracker.advance(5.0, 0.0)
    after = tracker.modes(1, 60.0, 1.0)[0].covariance[0, 0]
    assert after - before == pytest.approx(0.1 * 200.0, rel=0.1)


def test_driving_back_what_was_driven_ends_where_it_began(straight_road: RoadGraph) -> None:
    tracker = PathTracker(places_of(straight_road), TrackerConfig(), MotionConfig())
    tracker.set_pose(Pose2(150.0, 0.0, 0.0), SMALL)
    start = tracker.modes(1, 15.0, 1.0)[0].pose.x_m
    for step in (-3.0, -3.0, 3.0, 3.0):
        tracker.advance(step, 0.0)
    assert tracker.modes(1, 15.0, 1.0)[0].pose.x_m == pytest.approx(start, abs=0.01)


def test_standing_still_adds_no_evidence(straight_road: RoadGraph) -> None:
    places = places_of(straight_road)
    tracker = PathTracker(places, TrackerConfig(), MotionConfig())
    liked = np.zeros(len(places.viewpoint_place), np.float32)
    liked[12] = 2.0
    tracker.weigh(liked)
    once = tracker.belief()
    for _ in range(50):
        tracker.weigh(liked)
    assert np.array_equal(tracker.belief(), once)


def test_the_same_distance_in_more_frames_is_as_much_evidence(straight_road: RoadGraph) -> None:
    places = places_of(straight_road)
    liked = (places.viewpoint_edge == 0).astype(np.float32)  # one direction looks better everywhere
    belief = []
    for frames in (1, 4):
        tracker = PathTracker(places, TrackerConfig(), MotionConfig(distance_variance_m=1e-6))
        tracker.weigh(np.zeros_like(liked))
        for _ in range(frames):
            tracker.advance(10.0 / frames, 0.0)
            tracker.weigh(liked)
        belief.append(tracker.belief())
    assert belief[0][10:30] == pytest.approx(belief[1][10:30], rel=0.02)
    assert belief[0][20] > 1.2 * belief[0][60]


def test_yaw_is_the_road_with_the_turn_since(straight_road: RoadGraph) -> None:
    tracker = PathTracker(places_of(straight_road), TrackerConfig(), MotionConfig())
    tracker.set_pose(Pose2(50.0, 0.0, 0.0), SMALL)
    tracker.advance(1.0, 0.1)
    assert tracker.modes(1, 15.0, 1.0)[0].pose.yaw_rad == pytest.approx(0.1, abs=0.01)


def test_a_wrong_belief_is_given_up_for_what_is_seen(grid_city: RoadGraph) -> None:
    places = places_of(grid_city)
    tracker = PathTracker(places, TrackerConfig(), MotionConfig())
    tracker.set_pose(at(3, places), SMALL)
    path = [50]
    for _ in range(60):
        path.append(int(places.successor[places.successor_start[path[-1]]]))
    for viewpoint in path:
        liked = np.zeros(len(places.viewpoint_place), np.float32)
        liked[viewpoint] = 6.0
        tracker.weigh(liked)
        before, after = places.viewpoint_yaw_rad[[viewpoint, places.successor[places.successor_start[viewpoint]]]]
        tracker.advance(10.0, float((after - before + np.pi) % (2 * np.pi) - np.pi))
    assert tracker.belief()[path[-1]] + tracker.belief()[places.successor[places.successor_start[path[-1]]]] > 0.8


def test_a_pose_that_is_named_far_from_all_roads_is_nowhere(straight_road: RoadGraph) -> None:
    tracker = PathTracker(places_of(straight_road), TrackerConfig(), MotionConfig())
    tracker.set_pose(Pose2(5e4, 5e4, 0.0), np.diag([1.0, 1.0, 0.05]))
    assert tracker.modes(1, 15.0, 1.0)[0].probability < 0.1
    assert tracker.off_map_probability == pytest.approx(0.5, abs=0.01)
    tracker.set_pose(Pose2(200.0, 8.0, 0.0), np.diag([1.0, 1.0, 0.05]))  # a wide street
    assert tracker.modes(1, 15.0, 1.0)[0].probability > 0.99


def test_a_named_pose_needs_a_covariance(straight_road: RoadGraph) -> None:
    tracker = PathTracker(places_of(straight_road), TrackerConfig(), MotionConfig())
    with pytest.raises(ObservationError, match="no covariance"):
        tracker.set_pose(Pose2(200.0, 0.0, 0.0), np.array([[1.0, 100.0, 0.0], [100.0, 1.0, 0.0], [0.0, 0.0, 0.1]]))


def test_covariance_is_never_singular(straight_road: RoadGraph) -> None:
    tracker = PathTracker(places_of(straight_road), TrackerConfig(), MotionConfig())
    tracker.set_pose(Pose2(50.0, 0.0, 0.0), np.zeros((3, 3)))
    mode = tracker.modes(1, 15.0, 1.0)[0]
    assert np.linalg.eigvalsh(mode.covariance).min() > 1e-5


def mirrored_paths(cells: RoadCells, start: np.ndarray, hops: int, stay: float) -> np.ndarray:
    """Probability of every cell after steps in reverse, one path at a time."""
    mass = start
    link_of = np.repeat(np.arange(len(cells.link_from)), np.diff(cells.link_start))
    for _ in range(hops):
        following = stay * mass
        for cell, probability in enumerate(mass):
            link = link_of[cell]
            if cell > cells.link_start[link]:
                following[cell - 1] += (1.0 - stay) * probability
                continue
            before = cells.link_start[np.flatnonzero(cells.link_to == cells.link_from[link]) + 1] - 1
            for way in before:
                following[way] += (1.0 - stay) * probability / len(before)
        mass = following
    return mass


def test_in_reverse_every_path_goes_back_to_all_that_lead_there() -> None:
    cells, tracker = cut_cells(CROSS, 5.0), PathTracker(CROSS, EXACT, LAGGING)
    tracker.set_pose(at(4, CROSS), SMALL)
    start = tracker._belief.mass.astype(float)
    tracker.advance(-4.5 * 3 - 1e-6, 0.0)
    expected = mirrored_paths(cells, start / start.sum(), 3, 0.1)
    assert tracker._belief.mass / tracker._belief.mass.sum() == pytest.approx(expected, abs=1e-6)


def test_what_reverses_out_of_a_side_street_knows_where_it_is(tee: RoadGraph) -> None:
    tracker = PathTracker(places_of(tee), TrackerConfig(), MotionConfig())
    tracker.set_pose(Pose2(60.0, 0.0, 0.0), SMALL)  # looks east, and turns its back into the street to the south
    for step in range(50):
        tracker.advance(-2.0, np.pi / 8 if 28 <= step < 32 else 0.0)
    mode = tracker.modes(1, 15.0, 1.0)[0]
    assert (mode.pose.x_m, mode.pose.y_m) == pytest.approx((0.0, -40.0), abs=5.0)
    assert mode.pose.yaw_rad == pytest.approx(np.pi / 2, abs=0.1)
    assert mode.probability > 0.9


def test_a_vehicle_that_turns_round_drives_back_on_its_road(straight_road: RoadGraph) -> None:
    tracker = PathTracker(places_of(straight_road), TrackerConfig(), MotionConfig())
    tracker.set_pose(Pose2(200.0, 0.0, 0.0), SMALL)
    for step in range(40):
        tracker.advance(2.0, np.pi / 6 if 10 <= step < 16 else 0.0)
    mode = tracker.modes(1, 20.0, 1.0)[0]
    # 20 m on, a half circle of 12 m, 48 m back.
    assert mode.pose.x_m == pytest.approx(172.0, abs=5.0)
    assert abs(mode.pose.yaw_rad) == pytest.approx(np.pi, abs=0.1)
    assert mode.probability > 0.9


def test_the_belief_of_a_few_viewpoints_is_that_of_all(tee: RoadGraph) -> None:
    places = places_of(tee)
    tracker = PathTracker(places, TrackerConfig(), MotionConfig())
    tracker.weigh(np.random.default_rng(0).normal(0.0, 1.0, len(places.viewpoint_place)).astype(np.float32))
    rows = np.arange(len(places.viewpoint_place))
    assert tracker.belief_at(rows) == pytest.approx(tracker.belief(), abs=1e-7)


def test_a_place_is_boosted_where_the_vehicle_is_and_not_its_cell(straight_road: RoadGraph) -> None:
    tracker = PathTracker(places_of(straight_road), TrackerConfig(), MotionConfig())
    tracker.advance(2.0, 0.0)  # within its cell
    tracker.boost(np.array([[207.0, 0.0, 0.0]]), np.array([8.0]), 1.0, 1.0)
    assert tracker.modes(1, 5.0, 1.0)[0].pose.x_m == pytest.approx(207.0, abs=0.3)


@settings(max_examples=40, deadline=None)
@example([(2, 1.0, 0), *[(6, 1.0, 0)] * 9])  # others speak often while the vehicle stands
@given(st.lists(st.tuples(st.integers(0, 7), st.floats(-1.0, 1.0), st.integers(0, 99)), min_size=1, max_size=40))
def test_whatever_happens_it_stays_a_probability(steps: list[tuple[int, float, int]]) -> None:
    places = places_of(road_graph([(0, 0), (60, 0), (60, 60), (120, 0)], [(0, 1), (1, 2), (1, 3)]))
    tracker = PathTracker(places, TrackerConfig(), MotionConfig(), memory_m=30.0)
    for stamp, (kind, amount, seed) in enumerate(steps):
        rng = np.random.default_rng(seed)
        at_m = rng.uniform(-200.0, 200.0, 2)
        nats = (30.0 * amount * rng.normal(size=len(places.viewpoint_place))).astype(np.float32)
        match kind:
            case 0 | 1:
                tracker.advance(60.0 * amount, 8.0 * rng.normal())
            case 2:
                tracker.weigh(nats)
            case 3:
                tracker.weigh_position(PositionFix(stamp * 10**9, at_m, 10.0 ** (4.0 * amount) * np.eye(2)))
            case 4:
                tracker.weigh_heading(HeadingFix(stamp * 10**9, 10.0 * amount, 0.2))
            case 5:
                tracker.boost(np.array([[*at_m, amount]]), np.array([60.0 * amount]), 50.0, 1.0)
            case 6:
                tracker.weigh_places(nats, abs(amount))
            case _:
                tracker.reopen(abs(amount))
        belief = tracker.belief()
        assert belief.min() >= 0.0
        assert belief.sum() + tracker.off_map_probability == pytest.approx(1.0, abs=1e-3)
        assert np.isfinite(tracker.log_evidence)
        for mode in tracker.modes(3, 15.0, 1.0):
            assert np.isfinite(mode.pose.as_array()).all()
            assert np.linalg.eigvalsh(mode.covariance)[0] > 0.0
    assert all(np.isfinite(mode.pose.as_array()).all() for mode in tracker.smoothed())
    assert np.isfinite(tracker.most_probable_path()).all()
