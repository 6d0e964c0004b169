from dataclasses import replace

import numpy as np
import pytest

from geoloc_ros.core.config import Config
from geoloc_ros.evaluation.accuracy import Label, judge
from geoloc_ros.evaluation.conditions import find_condition
from geoloc_ros.evaluation.database import PlaceDatabase, scan_places
from geoloc_ros.evaluation.methods import Rows, make_rows
from geoloc_ros.evaluation.queries import draw_poses
from geoloc_ros.evaluation.retrieval import Queries, Reranked, Retrieval
from geoloc_ros.evaluation.retrieval_details import RetrievalDetails
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.noise import NoiseLevel

LABEL = Label("tiny", 3, "abc", "f")


class _Truth:
    """A second look that knows."""

    def rerank(self, queries: Queries, found: Retrieval) -> Reranked:
        return Reranked(np.repeat(queries.place[:, None], found.nearest.shape[1], 1).astype(np.int32), queries.pose)


@pytest.fixture(scope="module")
def database(tiny_city: GeoMap) -> PlaceDatabase:
    return scan_places(tiny_city, Config())


def _judge(database: PlaceDatabase, rows: Rows, condition: str = "paper") -> RetrievalDetails:
    poses = draw_poses(database.geomap, database.places, 40, np.random.default_rng(0))
    return judge(database, rows, replace(find_condition(condition), level=NoiseLevel()), poses, LABEL)


def test_without_noise_the_hand_crafted_methods_find_most_places(database: PlaceDatabase) -> None:
    details = _judge(database, make_rows(database, (), 0))
    assert details.methods == ("handcrafted", "handcrafted_masked", "bsd_bit", "bsd_joint")
    top10 = [details.success(method, 0.1).mean() for method in range(4)]
    assert min(top10[:2]) > 0.8
    assert details.rank.min() >= 1.0
    assert details.num_turns == 1


def test_the_worst_queries_are_kept_with_what_was_right_and_what_was_found(database: PlaceDatabase) -> None:
    details = _judge(database, make_rows(database, (), 0))
    examples = details.examples
    assert details.rank[0].argmax() in examples.query
    for number, query in enumerate(examples.query):
        np.testing.assert_array_equal(examples.truth.range_m[number], database.scan.range_m[details.place[query]])
        np.testing.assert_array_equal(
            examples.found.range_m[1, number], database.scan.range_m[details.best[1, query, 0]]
        )


def test_unknown_headings_are_tried_and_said(database: PlaceDatabase) -> None:
    details = _judge(database, make_rows(database, (), 0), "heading_unknown")
    assert details.num_turns == 36
    assert np.isfinite(details.best_turn_rad[0]).all()
    assert np.isnan(details.best_turn_rad[2]).all(), "binary descriptors know no turns"


def test_a_second_look_adds_a_row_and_keeps_the_ranks(database: PlaceDatabase) -> None:
    first = make_rows(database, (), 0).rows[0]
    details = _judge(database, Rows((replace(first, reranker=_Truth()),), ()))
    assert details.methods == ("handcrafted", "handcrafted_embedding")
    np.testing.assert_array_equal(details.rank[0], details.rank[1])
    np.testing.assert_array_equal(details.best_pose[0], details.pose)
    assert np.isnan(details.best_pose[1]).all()
    np.testing.assert_array_equal(details.best[0, :, 0], details.place)
