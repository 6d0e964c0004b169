import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.localization_config import MotionConfig, TrackerConfig
from geoloc_ros.core.types import Pose2
from geoloc_ros.localization.belief.cells import RoadCells, cut_cells
from geoloc_ros.localization.belief.tracker import PathTracker
from geoloc_ros.maps.geomap import RoadGraph

from ..conftest import places_of, road_graph

EXACT = TrackerConfig(
    cell_length_m=5.0, heading_penalty_per_m=0.0, leak_per_m=0.0, off_map_prior=0.0, leave_map_per_m=0.0,
    evidence_length_m=4.5,
)
LAGGING = MotionConfig(distance_variance_m=0.5)
STAY, HOP_M = 0.1, 4.5
CROSS = places_of(road_graph([(0, 0), (20, 0), (20, 20), (40, 0)], [(0, 1), (1, 2), (1, 3)]))


def ways_on(cells: RoadCells, cell: int) -> list[tuple[int, float]]:
    """Cells that a step leads to, with their probability."""
    link = int(np.searchsorted(cells.link_start, cell, side="right")) - 1
    if cell + 1 < cells.link_start[link + 1]:
        return [(cell, STAY), (cell + 1, 1.0 - STAY)]
    ways = cells.link_start[np.flatnonzero(cells.link_from == cells.link_to[link])]
    return [(cell, STAY), *((int(way), (1.0 - STAY) / len(ways)) for way in ways)]


def all_paths(cells: RoadCells, frames: np.ndarray) -> dict[tuple[int, ...], float]:
    """Every path of one cell per frame, with its probability given all frames (F, V)."""
    weight = np.exp(frames.astype(float))
    link = np.searchsorted(cells.link_start, np.arange(len(cells)), side="right") - 1
    share = (np.arange(len(cells)) - cells.link_start[link]) / np.diff(cells.link_start)[link]
    ends = cells.link_from[link], cells.link_to[link]
    seen = weight[:, ends[0]] + share * (weight[:, ends[1]] - weight[:, ends[0]])
    paths = {(cell,): seen[0, cell] for cell in range(len(cells))}
    for row in seen[1:]:
        paths = {
            (*path, way): probability * share * row[way]
            for path, probability in paths.items() for way, share in ways_on(cells, path[-1])
        }
    total = sum(paths.values())
    return {path: probability / total for path, probability in paths.items()}


def driven(frames: np.ndarray) -> PathTracker:
    tracker = PathTracker(CROSS, EXACT, LAGGING, memory_m=100.0)
    tracker.weigh(frames[0])
    for frame in frames[1:]:
        assert tracker.advance(HOP_M * (1.0 + 1e-6), 0.0)
        tracker.weigh(frame)
    return tracker


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_each_frame_is_smoothed_as_walking_every_path_says(seed: int) -> None:
    frames = np.random.default_rng(seed).normal(0.0, 1.5, (4, len(CROSS.viewpoint_place))).astype(np.float32)
    cells, tracker = cut_cells(CROSS, 5.0), driven(frames)
    expected = np.zeros((len(frames), len(cells)))
    for path, probability in all_paths(cells, frames).items():
        expected[np.arange(len(path)), path] += probability
    snapshots = tracker._history.smoothed(tracker._belief.mass, tracker._belief.moment)
    assert len(snapshots) == len(frames)
    for snapshot, row in zip(snapshots, expected, strict=True):
        mass = np.zeros(len(cells))
        mass[snapshot.cell] = snapshot.mass / snapshot.mass.sum()
        assert mass == pytest.approx(row, abs=1e-5)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_the_most_probable_path_is_the_best_of_all_paths(seed: int) -> None:
    frames = np.random.default_rng(seed).normal(0.0, 1.5, (4, len(CROSS.viewpoint_place))).astype(np.float32)
    cells, tracker = cut_cells(CROSS, 5.0), driven(frames)
    paths = all_paths(cells, frames)
    found = tuple(tracker._history.most_probable_path(tracker._belief.mass, tracker._belief.moment).tolist())
    assert paths[found] == pytest.approx(max(paths.values()), rel=1e-4)


def test_what_is_seen_at_the_end_says_where_it_began(tee: RoadGraph) -> None:
    places = places_of(tee)
    tracker = PathTracker(places, TrackerConfig(heading_penalty_per_m=0.0), MotionConfig(), memory_m=200.0)
    nothing = np.zeros(len(places.viewpoint_place), np.float32)
    tracker.weigh(nothing)
    for _ in range(10):
        tracker.advance(10.0, 0.0)
        tracker.weigh(nothing)
    goal = int(np.argmin(np.hypot(*(places.poses()[:, :2] - [95.0, 0.0]).T) + np.abs(places.poses()[:, 2])))
    seen = nothing.copy()
    seen[goal] = 12.0
    tracker.advance(10.0, 0.0)
    tracker.weigh(seen)
    modes = tracker.smoothed()
    assert len(modes) == 12
    # 110 m before (95, 0) heading east: 15 m south of the crossing, or 15 m west of it.
    start = modes[0].pose
    assert (start.x_m, start.y_m) in (pytest.approx((0.0, -15.0), abs=6.0), pytest.approx((-15.0, 0.0), abs=6.0))
    assert (modes[-1].pose.x_m, modes[-1].pose.y_m) == pytest.approx((95.0, 0.0), abs=3.0)


def test_the_path_joins_and_follows_the_road(tee: RoadGraph) -> None:
    tracker = PathTracker(places_of(tee), TrackerConfig(), MotionConfig(), memory_m=200.0)
    tracker.set_pose(Pose2(0.0, -60.0, np.pi / 2), np.diag([4.0, 4.0, 0.05]))
    for step in range(60):
        tracker.advance(2.0, -np.pi / 8 if 28 <= step < 32 else 0.0)
    path = tracker.most_probable_path()
    lengths_m = [np.hypot(*(b - a)[:2]) for a, b in itertools.pairwise(path)]
    assert max(lengths_m) < 4.0
    assert path[0] == pytest.approx([0.0, -60.0, np.pi / 2], abs=5.0)
    assert path[-1, :2] == pytest.approx([60.0, 0.0], abs=5.0)
    assert wrap_angle(path[-1, 2]) == pytest.approx(0.0, abs=0.1)


def test_memory_is_bounded_by_the_distance(straight_road: RoadGraph) -> None:
    tracker = PathTracker(places_of(straight_road), TrackerConfig(), MotionConfig(), memory_m=50.0)
    nothing = np.zeros(len(places_of(straight_road).viewpoint_place), np.float32)
    for _ in range(30):
        tracker.advance(5.0, 0.0)
        tracker.weigh(nothing)
    assert len(tracker.smoothed()) == 10
    assert len(tracker.most_probable_path()) == 21
