from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.photos import PhotoCollection, PhotoProblem, photo_set
from geoloc_ros.evaluation.collection_page.contents import ConditionCount, contents_of, regions

DAY_NS = 86_400 * 10**9


@pytest.fixture
def collection() -> PhotoCollection:
    """Three photos of a database and a query, 3 km apart, and a photo of another city."""
    database = photo_set(
        "made up", Path(), ("a", "b", "c"), np.array([[0.0, 0.0], [1000.0, 500.0], [2e6, 0.0]]),
        stamp_ns=np.array([0, 31 * DAY_NS, -1]), sequence=np.array([0, 0, -1], np.int32),
        condition=("day", "night", "day"), yaw_rad=np.array([0.0, np.nan, np.nan]),
    )
    queries = photo_set("made up", Path(), ("q",), np.array([[3000.0, 0.0]]), condition=("night",))
    return PhotoCollection(database, queries, (PhotoProblem("x", "no position"),))


def test_facts_count_what_is_told(collection: PhotoCollection) -> None:
    contents = contents_of(collection, "by hand")
    facts = dict(contents.facts)
    assert facts["collection"] == "made up (by hand)"
    assert facts["photos"] == "3 in the database, 1 queries, 1 left out"
    assert facts["extent"] == "3.00 x 0.50 km (east x north), and 1 regions more"
    assert facts["dates"] == "1970-01-01 to 1970-02-01"
    assert facts["drives"] == "1, of 2 of 4 photos" and facts["places"] == "none are told"
    assert contents.conditions == (ConditionCount("day", 2, 0), ConditionCount("night", 1, 1))
    assert contents.months == (("1970-01", 1), ("1970-02", 1))


def test_regions_are_cells_that_touch_largest_first() -> None:
    position_m = np.array([[1e6, 0.0], [0.0, 0.0], [4000.0, 4000.0], [9000.0, 9000.0], [30_000.0, 0.0]])
    assert [rows.tolist() for rows in regions(position_m)] == [[1, 2, 3], [4], [0]]
    assert regions(np.zeros((0, 2))) == []
