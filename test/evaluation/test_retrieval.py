from dataclasses import dataclass

import numpy as np
import pytest

from geoloc_ros.core.config import Config
from geoloc_ros.core.types import Float32, SemanticScan
from geoloc_ros.evaluation import retrieval as retrieval_module
from geoloc_ros.evaluation.baselines import PublishedEncoder
from geoloc_ros.evaluation.database import PlaceDatabase, scan_places
from geoloc_ros.evaluation.retrieval import (
    EncoderMethod,
    Queries,
    Retrieval,
    align_queries,
    retrieve,
    turn_scan,
)
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.raycast import RayCaster


@pytest.fixture(scope="module")
def database(tiny_city: GeoMap) -> PlaceDatabase:
    return scan_places(tiny_city, Config())


def _seen(city: GeoMap, database: PlaceDatabase, heading: retrieval_module.Heading) -> Queries:
    """The map itself, seen from every third place with headings all round."""
    place = np.arange(0, len(database), 3)
    yaw_rad = np.linspace(-3.0, 3.0, len(place))
    pose = np.column_stack([database.places.position_m[place], yaw_rad])
    scan = RayCaster(city.buildings.walls()).cast(pose, 360, 100.0)
    return align_queries(scan, pose, place, heading, np.random.default_rng(0))


@dataclass(frozen=True)
class _Listed:
    """Says what it was told, whatever the queries."""

    compared: Float32
    tells_heading: bool = True

    def compare(self, queries: Queries) -> Float32:
        return self.compared[queries.number]


def _queries(place: list[int], turns: int = 1) -> Queries:
    count = len(place)
    scan = SemanticScan(np.zeros((count, 4), np.float32), np.zeros((count, 4), np.int32), np.ones((count, 4), bool))
    turn_rad = 2.0 * np.pi / turns * np.arange(turns)
    return Queries(
        np.arange(count), scan, np.zeros(count), turn_rad, np.zeros((count, 3)), np.array(place), np.zeros(count)
    )


def _retrieve(compared: list[list[float]], place: list[int], count: int = 2) -> Retrieval:
    method = _Listed(np.array(compared, np.float32)[:, None])
    return retrieve(method, _queries(place), len(compared[0]), count, np.random.default_rng(0))


def test_the_rank_counts_the_places_that_are_more_alike() -> None:
    found = _retrieve([[3.0, -1.0, 2.0, 5.0]], [2])
    assert (found.below[0], found.tied[0]) == (1, 1)
    assert found.nearest.tolist() == [[1, 2]]
    assert found.dissimilarity.tolist() == [[-1.0, 2.0]]


def test_ties_are_counted_apart() -> None:
    found = _retrieve([[0.0, 1.0, 1.0, 1.0, 1.0, 9.0, 9.0, 9.0, 9.0, 9.0]], [2])
    assert (found.below[0], found.tied[0]) == (1, 4)


def test_equal_places_come_in_random_order() -> None:
    found = _retrieve([[1.0, 1.0, 1.0, 7.0]] * 60, [0] * 60, 1)
    assert set(found.nearest[:, 0].tolist()) == {0, 1, 2}


def test_a_query_is_judged_by_its_best_turn() -> None:
    # Place 0 fits in turn 3, place 1 in no turn as well.
    compared = np.array([[[5, 4], [5, 4], [5, 4], [1, 2]]], np.float32)
    found = retrieve(_Listed(compared), _queries([0], 4), 2, 2, np.random.default_rng(0))
    assert found.nearest.tolist() == [[0, 1]]
    np.testing.assert_allclose(found.turn_rad, [[1.5 * np.pi, 1.5 * np.pi]])


def test_a_method_without_turns_says_no_heading() -> None:
    found = retrieve(
        _Listed(np.zeros((1, 1, 3), np.float32), False), _queries([0], 4), 3, 2, np.random.default_rng(0)
    )
    assert np.isnan(found.turn_rad).all()


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = np.random.default_rng(0).random((10, 1, 20), np.float32)
    whole, parts = [], []
    for size, results in ((1 << 20, whole), (3 * 20 * 4, parts)):
        monkeypatch.setattr(retrieval_module, "_CHUNK_BYTES", size)
        results.append(retrieve(_Listed(compared), _queries(list(range(10))), 20, 5, np.random.default_rng(0)))
    np.testing.assert_array_equal(whole[0].below, parts[0].below)
    np.testing.assert_array_equal(whole[0].nearest, parts[0].nearest)


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(FloatingPointError, match="query 0"):
        _retrieve([[np.nan, 1.0, 2.0]], [0])


def test_a_known_heading_is_at_most_five_degrees_wrong(tiny_city: GeoMap, database: PlaceDatabase) -> None:
    queries = _seen(tiny_city, database, "known")
    assert queries.turn_rad.tolist() == [0.0]
    # Half a degree more, as scans are turned by whole rays.
    assert np.abs(np.degrees(queries.frame_yaw_rad)).max() <= 5.5
    assert np.abs(np.degrees(queries.frame_yaw_rad)).max() > 3.0


def test_turning_a_scan_back_by_the_truth_gives_the_map_again(tiny_city: GeoMap, database: PlaceDatabase) -> None:
    place = np.arange(5)
    pose = np.column_stack([database.places.position_m[place], np.radians([0.0, 90.0, 37.0, -140.0, 5.0])])
    seen = RayCaster(tiny_city.buildings.walls()).cast(pose, 360, 100.0)
    queries = align_queries(seen, pose, place, "unknown", np.random.default_rng(0))
    for row in range(5):
        back = turn_scan(queries.part(slice(row, row + 1)).scan, queries.frame_yaw_rad[row : row + 1])
        true = database.scan.range_m[place[row]]
        assert np.nanmedian(np.abs(back.range_m[0, 0] - true)) < 0.01


@pytest.mark.parametrize("heading", ["known", "unknown"])
def test_places_are_found_by_what_the_map_shows_there(
    heading: retrieval_module.Heading, tiny_city: GeoMap, database: PlaceDatabase
) -> None:
    config = Config()
    queries = _seen(tiny_city, database, heading)
    method = EncoderMethod(PublishedEncoder(config.descriptor, config.scan), database.scan)
    found = retrieve(method, queries, len(database), 3, np.random.default_rng(0))
    is_right = found.nearest[:, 0] == queries.place
    # Not all: a heading may be 5 degrees off, and turns are 10 degrees apart.
    assert is_right.mean() > 0.6
    assert np.mean(found.below < 0.1 * len(database)) > 0.9
    error_rad = (found.turn_rad[:, 0] - queries.frame_yaw_rad + np.pi) % (2.0 * np.pi) - np.pi
    assert np.degrees(np.abs(error_rad))[is_right].max() <= 6.0
