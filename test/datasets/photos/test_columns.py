import math
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoProblem
from geoloc_ros.datasets.photos.columns import Numbering, PhotoColumns, Place, make_collection, yaw_of_compass


@pytest.mark.parametrize(("compass_deg", "yaw_deg"), [(0, 90), (90, 0), (180, -90), (225, -135), (359, 91), (-90, 180)])
def test_the_compass_turns_the_other_way_and_begins_elsewhere(compass_deg: float, yaw_deg: float) -> None:
    assert yaw_of_compass(compass_deg) == pytest.approx(math.radians(yaw_deg))


def test_an_unknown_heading_stays_unknown() -> None:
    assert math.isnan(yaw_of_compass(math.nan))


def test_database_and_queries_share_a_frame() -> None:
    database, queries = PhotoColumns(), PhotoColumns()
    database.add("a", Place(latitude_deg=51.5, longitude_deg=-0.001))
    database.add("b", Place(latitude_deg=51.5, longitude_deg=-0.003))
    queries.add("q", Place(latitude_deg=51.5, longitude_deg=0.001))  # in the next zone, 139 m to the east
    collection = make_collection("made up", Path(), database, queries, ())
    step_m = collection.queries.position_m[0] - collection.database.position_m[0]
    assert np.hypot(*step_m) == pytest.approx(139.0, abs=0.5) and step_m[0] > 0.0
    assert collection.queries.geodetic_deg.tolist() == [[51.5, 0.001]]


def test_utm_is_more_exact_than_rounded_degrees() -> None:
    columns = PhotoColumns()
    columns.add("a", Place(500000.0, 4477000.0, 17, 40.4, -81.0))
    database = make_collection("made up", Path(), columns, PhotoColumns(), ()).database
    assert database.geodetic_deg[0, 0] == pytest.approx(40.4437, abs=1e-3)


@pytest.mark.parametrize(("where", "complaint"), [
    (Place(), "no position"), (Place(1.0), "no position"),
    (Place(latitude_deg=91.0, longitude_deg=0.0), "not on the globe"),
    (Place(latitude_deg=0.0, longitude_deg=0.0), "have no fix"), (Place(latitude_deg=0.0, longitude_deg=1.0), ""),
    (Place(1.0, 2.0), ""),
])  # fmt: skip
def test_places_that_are_none(where: Place, complaint: str) -> None:
    assert complaint in where.complaint() and bool(complaint) == bool(where.complaint())


def test_nothing_usable_is_an_error_that_names_the_first_problem() -> None:
    with pytest.raises(DatasetError, match="first of 2 problems: a: bad"):
        problems = (PhotoProblem("a", "bad"), PhotoProblem("b", "bad"))
        make_collection("", Path(), PhotoColumns(), PhotoColumns(), problems)


def test_names_are_numbered_as_they_come() -> None:
    numbering = Numbering()
    assert [numbering.of(name) for name in ("x", "y", "", "x", ("a", 1))] == [0, 1, -1, 0, 2]
