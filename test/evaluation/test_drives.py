from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.types import Float32
from geoloc_ros.evaluation import drives as drives_module
from geoloc_ros.evaluation.conditions import find_condition
from geoloc_ros.evaluation.database import PlaceDatabase, scan_places
from geoloc_ros.evaluation.decoding import PathDecoder
from geoloc_ros.evaluation.drives import DriveResults, chance_to_end_near, judge_drives, observe_drives
from geoloc_ros.evaluation.methods import Row
from geoloc_ros.evaluation.retrieval import Queries
from geoloc_ros.evaluation.trajectories import Candidates, draw_drives
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.noise import NoiseLevel

LENGTHS = (2, 3, 4)


@dataclass(frozen=True)
class _Oracle:
    """Knows the true place, or takes another one for it."""

    num_places: int
    offset: int = 0
    tells_heading: bool = True

    def compare(self, queries: Queries) -> Float32:
        compared = np.ones((len(queries), 1, self.num_places), np.float32)
        compared[np.arange(len(queries)), 0, (queries.place + self.offset) % self.num_places] = 0.0
        return compared


@dataclass(frozen=True)
class _Course:
    database: PlaceDatabase
    queries: Queries
    candidates: Candidates
    decoder: PathDecoder


@pytest.fixture
def course(tiny_city: GeoMap, monkeypatch: pytest.MonkeyPatch) -> _Course:
    """Six short drives through the map as it is."""
    monkeypatch.setattr(drives_module, "LENGTHS", LENGTHS)
    database = scan_places(tiny_city, Config())
    drives = draw_drives(database, 6, 4, np.random.default_rng(0))
    queries = observe_drives(database, replace(find_condition("paper"), level=NoiseLevel()), drives, 0)
    candidates = Candidates(database.places, drives, 60, np.random.default_rng(1))
    return _Course(database, queries, candidates, PathDecoder(database.places))


def _judge(course: _Course, offset: int) -> DriveResults:
    row = Row("oracle", _Oracle(len(course.database), offset), False)
    return judge_drives(course.database, row, course.queries, course.candidates, course.decoder, 2)


def test_who_knows_the_places_finds_every_drive(course: _Course) -> None:
    results = _judge(course, 0)
    assert results.found.shape == (2, 3, 6)
    assert results.found.all()
    assert (results.overlap == 1.0).all()
    assert results.end_m.max() < 7.0, "a query is at most 5 m along and some 4 m beside its place"


def test_who_takes_other_places_for_them_finds_few(course: _Course) -> None:
    assert _judge(course, 70).found.mean() < 0.3


def test_chance_is_the_share_of_candidates_that_end_there(course: _Course) -> None:
    chance = chance_to_end_near(course.database, course.candidates, course.queries)
    assert chance.shape == (3, 6)
    # Each true walk is one of 60 candidates.
    assert chance.min() >= 1 / 60
    at_m = course.database.places.position_m
    for drive in range(6):
        is_near = np.hypot(*(at_m - course.queries.pose[4 * drive + 3, :2]).T) <= 10.0
        assert chance[2, drive] == course.candidates.share_ending_at(is_near, 4)


def test_results_are_read_again_only_for_the_same_inputs(course: _Course, tmp_path: Path) -> None:
    file = tmp_path / "a.npz"
    with pytest.raises(DatasetError, match="measure again"):
        DriveResults.load(file, "mark")
    results = _judge(course, 0)
    results.save(file, "mark")
    np.testing.assert_array_equal(DriveResults.load(file, "mark").end_m, results.end_m)
    with pytest.raises(DatasetError, match="other inputs"):
        DriveResults.load(file, "another")
