from dataclasses import replace

import numpy as np
import pytest

from geoloc_ros.core.config import Config
from geoloc_ros.core.types import SemanticScan
from geoloc_ros.evaluation.bsd import BinaryDescriptors, Reading, viewpoint_codes
from geoloc_ros.evaluation.database import PlaceDatabase, scan_places
from geoloc_ros.evaluation.retrieval import align_queries
from geoloc_ros.maps.geomap import GeoMap, RoadGraph
from geoloc_ros.maps.places import build_places


def _tee() -> RoadGraph:
    """A two-way road of 100 m from (0, 0) to a junction in the east, where two one-way roads leave."""
    node_m = np.array([(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (100.0, -100.0)])
    start, end = np.array([0, 1, 1, 1], np.int32), np.array([1, 0, 2, 3], np.int32)
    points = np.stack([node_m[start], node_m[end]], axis=1).reshape(-1, 2)
    return RoadGraph(node_m, start, end, np.array([1, 0, -1, -1], np.int32), points, np.arange(0, 9, 2))


def test_junctions_are_ahead_or_behind_within_30_m_of_road() -> None:
    roads = _tee()
    places = build_places(roads, 10.0)
    walls = SemanticScan(np.full((40, 360), 5.0, np.float32), np.zeros((40, 360), np.int32), np.ones((40, 360), bool))
    code = viewpoint_codes(roads, places, walls)
    eastward = code[places.viewpoint_edge == 0]
    assert eastward.tolist() == [0] * 7 + [1] * 3, "places at 5, 15 .. 95 m; the junction at 100 m"
    assert code[places.viewpoint_edge == 1].tolist() == [2] * 3 + [0] * 7, "the same, driven the other way"


def test_a_gap_on_the_left_is_one_on_the_right_for_who_drives_the_other_way() -> None:
    roads = _tee()
    places = build_places(roads, 10.0)
    range_m = np.full((len(places.position_m), 360), 5.0, np.float32)
    range_m[:, 85:92] = np.nan  # seven degrees of open view to the north
    scan = SemanticScan(range_m, np.zeros_like(range_m, np.int32), np.ones_like(range_m, bool))
    code = viewpoint_codes(roads, places, scan)
    assert {int(value) & 12 for value in code[places.viewpoint_edge == 0]} == {4}
    assert {int(value) & 12 for value in code[places.viewpoint_edge == 1]} == {8}
    range_m[:, 88] = 5.0
    assert not (viewpoint_codes(roads, places, scan)[places.viewpoint_edge == 0] & 12).any(), "too narrow now"


@pytest.fixture(scope="module")
def database(tiny_city: GeoMap) -> PlaceDatabase:
    return scan_places(tiny_city, Config())


@pytest.mark.parametrize(("reading", "whole"), [("bit", 0.75**4), ("joint", 0.75)])
def test_the_code_of_the_true_place_is_right_as_often_as_the_reading_says(
    reading: Reading, whole: float, database: PlaceDatabase
) -> None:
    viewpoint = np.random.default_rng(0).integers(0, len(database.places.viewpoint_place), 2000)
    pose = database.places.poses()[viewpoint]
    place = database.places.viewpoint_place[viewpoint].astype(np.int64)
    scan = SemanticScan(np.zeros((2000, 4), np.float32), np.zeros((2000, 4), np.int32), np.ones((2000, 4), bool))
    queries = align_queries(scan, pose, place, "known", np.random.default_rng(1))
    distance = BinaryDescriptors(database, reading, 0).compare(queries)[np.arange(2000), 0, place]
    assert np.mean(distance == 0.0) == pytest.approx(whole, abs=0.03)
    if reading == "bit":
        assert distance.mean() == pytest.approx(1.0, abs=0.06), "a quarter of four bits"


def test_without_a_heading_the_better_of_both_directions_counts(database: PlaceDatabase) -> None:
    pose, place = database.places.poses()[:200], database.places.viewpoint_place[:200].astype(np.int64)
    scan = SemanticScan(np.zeros((200, 4), np.float32), np.zeros((200, 4), np.int32), np.ones((200, 4), bool))
    known = align_queries(scan, pose, place, "known", np.random.default_rng(1))
    method = BinaryDescriptors(database, "bit", 0)
    ahead, unknown = method.compare(known), method.compare(replace(known, believed_yaw_rad=np.full(200, np.nan)))
    back = method.compare(replace(known, believed_yaw_rad=known.believed_yaw_rad + np.pi))
    np.testing.assert_array_equal(unknown, np.minimum(ahead, back))
