import numpy as np
import pytest

from geoloc_ros.core.config import Config
from geoloc_ros.core.types import SemanticScan
from geoloc_ros.evaluation.database import PlaceDatabase, scan_places
from geoloc_ros.evaluation.recall import Measure, measure_retrieval
from geoloc_ros.evaluation.retrieval import Queries, Reranked, Retrieval
from geoloc_ros.maps.geomap import GeoMap


@pytest.fixture(scope="module")
def database(tiny_city: GeoMap) -> PlaceDatabase:
    return scan_places(tiny_city, Config())


def _two_queries(database: PlaceDatabase) -> tuple[Queries, Retrieval]:
    """Both are at place 0 looking 0.1 rad; the first found a place that is exactly 7 m away, the second a far one."""
    at = database.places.position_m
    far = int(np.hypot(*(at - at[0]).T).argmax())
    pose = np.array([(at[0, 0] + 7.0, at[0, 1], 0.1), (at[0, 0], at[0, 1], 0.1)])
    scan = SemanticScan(np.zeros((2, 4), np.float32), np.zeros((2, 4), np.int32), np.ones((2, 4), bool))
    queries = Queries(
        np.arange(2), scan, np.full(2, np.nan), np.arange(36) * np.pi / 18, pose, np.zeros(2, np.int64),
        np.array([0.1, -3.1]),
    )  # fmt: skip
    nearest = np.array([[0, far], [far, 0]], np.int32)
    turn_rad = np.array([[0.0, 0.0], [3.1, 0.0]], np.float32)
    return queries, Retrieval(
        len(database), np.array([0, 1]), np.ones(2, np.int64), nearest, np.zeros((2, 2), np.float32), turn_rad
    )


def _by_name(measures: list[Measure]) -> dict[str, Measure]:
    return {measure.name: measure for measure in measures}


def test_recall_counts_ranks_and_metres(database: PlaceDatabase) -> None:
    queries, found = _two_queries(database)
    measures = _by_name(measure_retrieval(found, queries, database))
    assert measures["top1"].values.tolist() == [1.0, 0.0], "of 139 places, one is 1 %"
    assert measures["top10"].values.tolist() == [1.0, 1.0]
    assert measures["r5m"].values.tolist() == [0.0, 0.0]
    assert measures["r10m"].values.tolist() == [1.0, 0.0]
    assert measures["r10m_at5"].values.tolist() == [1.0, 1.0]
    assert measures["r10m"].value == 50.0


def test_chance_is_the_share_of_the_city(database: PlaceDatabase) -> None:
    queries, found = _two_queries(database)
    measures = _by_name(measure_retrieval(found, queries, database))
    gap_m = np.hypot(*(database.places.position_m[None] - queries.pose[:, None, :2]).transpose(2, 0, 1))
    assert measures["r10m"].chance == pytest.approx(100.0 * (gap_m <= 10.0).mean())
    assert measures["top1"].chance == pytest.approx(100.0 / len(database))


def test_heading_errors_are_counted_the_short_way_round(database: PlaceDatabase) -> None:
    queries, found = _two_queries(database)
    measures = _by_name(measure_retrieval(found, queries, database))
    np.testing.assert_allclose(measures["heading_deg"].values, np.degrees([0.1, 2.0 * np.pi - 6.2]), atol=1e-4)
    assert measures["heading_found_deg"].value == pytest.approx(np.degrees(0.1))


def test_re_ranking_changes_what_is_found_and_not_the_ranks(database: PlaceDatabase) -> None:
    queries, found = _two_queries(database)
    better = Reranked(found.nearest[:, ::-1], queries.pose + [3.0, 0.0, 0.01])
    measures = _by_name(measure_retrieval(found, queries, database, better))
    assert measures["top1"].values.tolist() == [1.0, 0.0]
    assert measures["r5m"].values.tolist() == [1.0, 1.0], "the pose is 3 m off"
    assert measures["heading_deg"].value == pytest.approx(np.degrees(0.01))
