import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.config import Config
from geoloc_ros.core.types import Int32
from geoloc_ros.evaluation.database import PlaceDatabase, scan_places
from geoloc_ros.evaluation.trajectories import Candidates, draw_drives, drive_poses, match_path, random_walks
from geoloc_ros.maps.geomap import GeoMap, PlaceGraph


@pytest.fixture(scope="module")
def database(tiny_city: GeoMap) -> PlaceDatabase:
    return scan_places(tiny_city, Config())


def follows(places: PlaceGraph, walk: Int32) -> bool:
    """Whether each viewpoint is a successor of the one before."""
    return all(
        there in places.successor[places.successor_start[here] : places.successor_start[here + 1]]
        for here, there in zip(walk[:-1], walk[1:], strict=True)
    )


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), length=st.integers(2, 12))
def test_walks_follow_the_roads_and_never_come_back(database: PlaceDatabase, seed: int, length: int) -> None:
    walks = random_walks(database.places, 50, length, np.random.default_rng(seed))
    assert walks.shape == (50, length)
    for walk in walks:
        assert follows(database.places, walk)
        assert len(set(database.places.viewpoint_place[walk].tolist())) == length


def test_all_ways_on_are_equally_likely(database: PlaceDatabase) -> None:
    places = database.places
    walks = random_walks(places, 20_000, 2, np.random.default_rng(0))
    fork = int(np.diff(places.successor_start).argmax())
    ways, counts = np.unique(walks[walks[:, 0] == fork, 1], return_counts=True)
    assert len(ways) == np.diff(places.successor_start)[fork]
    assert counts.min() > 0.6 * counts.max()


def test_drives_keep_to_their_lane(database: PlaceDatabase) -> None:
    drives = draw_drives(database, 20, 5, np.random.default_rng(0))
    poses = drive_poses(database.places, drives, np.random.default_rng(1))
    centre = database.places.poses()[drives]
    offset = poses[..., :2] - centre[..., :2]
    right_m = offset[..., 0] * np.sin(centre[..., 2]) - offset[..., 1] * np.cos(centre[..., 2])
    along_m = offset[..., 0] * np.cos(centre[..., 2]) + offset[..., 1] * np.sin(centre[..., 2])
    assert right_m.min() > -0.5
    assert right_m.max() < 4.5
    assert np.abs(along_m).max() <= 5.0
    assert np.ptp(right_m, axis=1).max() < 1.6, "one lane per drive"
    assert np.ptp(right_m.mean(axis=1)) > 1.5, "drives differ"


def test_the_candidate_with_the_smallest_sum_wins_at_each_length(database: PlaceDatabase) -> None:
    drives = draw_drives(database, 3, 6, np.random.default_rng(0))
    candidates = Candidates(database.places, drives, 200, np.random.default_rng(1))
    for drive in drives:
        true = database.places.viewpoint_place[drive]
        # Nothing but the drive itself costs nothing.
        dissimilarity = np.ones((6, len(database)), np.float32)
        dissimilarity[np.arange(6), true] = 0.0
        short, long = candidates.search(dissimilarity, (3, 6))
        assert short.tolist() == true[:3].tolist()
        assert long.tolist() == true.tolist()


def test_what_is_printed_of_a_path_is_its_end_and_its_overlap() -> None:
    position_m = np.array([(0.0, 0.0), (10.0, 0.0), (20.0, 0.0), (20.0, 9.0), (0.0, 50.0)])
    pose = np.array([(0.0, 0.0, 0.0), (10.0, 0.0, 0.0), (21.0, 0.0, 0.0)])
    beside = match_path(np.array([4, 4, 3]), pose, np.array([0, 1, 2]), position_m)
    assert beside.found
    assert beside.overlap == pytest.approx(1 / 3)
    assert beside.end_m == pytest.approx(np.sqrt(82.0))
    assert not match_path(np.array([2, 1, 0]), pose, np.array([0, 1, 2]), position_m).found
