from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.config import Config, DescriptorConfig
from geoloc_ros.core.types import Float64
from geoloc_ros.evaluation.baselines import PublishedEncoder
from geoloc_ros.evaluation.database import PlaceDatabase, scan_places
from geoloc_ros.evaluation.drive_baselines import BaselineResults, judge_baseline, spaced_frames, true_walks
from geoloc_ros.evaluation.methods import Row
from geoloc_ros.evaluation.retrieval import EncoderMethod
from geoloc_ros.evaluation.trajectories import LENGTHS, Candidates
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.noise import LEVELS
from geoloc_ros.sim.scan_drives import ScanDrive, ScanDriveSimulator


@pytest.fixture(scope="module")
def database(tiny_city: GeoMap) -> PlaceDatabase:
    """Of a town of four blocks."""
    return scan_places(tiny_city, Config())


@pytest.fixture(scope="module")
def drives(tiny_city: GeoMap) -> list[ScanDrive]:
    """Two of them in a world that is the map."""
    simulator = ScanDriveSimulator(tiny_city, LEVELS["none"], 0)
    return [simulator.drive(number, 400.0) for number in range(2)]


def truth_of(drives: list[ScanDrive]) -> Float64:
    return np.stack([drive.truth[spaced_frames(drive)] for drive in drives])


def test_frames_are_ten_metres_apart(drives: list[ScanDrive]) -> None:
    rows = spaced_frames(drives[0])
    driven_m = np.hypot(*np.diff(drives[0].truth[:, :2], axis=0, prepend=drives[0].truth[:1, :2]).T).cumsum()
    assert len(rows) == max(LENGTHS)
    assert driven_m[rows] == pytest.approx(10.0 * np.arange(1, 33), abs=2.5)


def test_the_true_walk_is_near_and_looks_the_same_way(database: PlaceDatabase, drives: list[ScanDrive]) -> None:
    truth, walks = truth_of(drives), true_walks(database, truth_of(drives))
    places = database.places
    gap_m = places.position_m[places.viewpoint_place[walks]] - truth[..., :2]
    assert np.hypot(gap_m[..., 0], gap_m[..., 1]).max() < 15.0
    assert (np.cos(places.viewpoint_yaw_rad[walks] - truth[..., 2]) > 0.0).all()


def test_in_a_world_that_is_the_map_the_true_walk_wins(
    database: PlaceDatabase, drives: list[ScanDrive], tmp_path: Path
) -> None:
    encoder = PublishedEncoder(DescriptorConfig(), Config().scan)
    row = Row("handcrafted", EncoderMethod(encoder, database.scan), True)
    candidates = Candidates(database.places, true_walks(database, truth_of(drives)), 200, np.random.default_rng(0))
    results = judge_baseline(database, row, drives, candidates, 0)
    assert results.path_found(len(LENGTHS) - 1).tolist() == [1.0, 1.0]
    assert np.median(results.frame_error_m) < 10.0
    assert ((results.chance > 0.0) & (results.chance < 0.2)).all()
    results.save(tmp_path / "b.npz", "mark")
    assert (BaselineResults.load(tmp_path / "b.npz", "mark").path_end_m == results.path_end_m).all()
