import math
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geoloc_ros.core.photos import PhotoSet, photo_set
from geoloc_ros.core.types import Float64
from geoloc_ros.datasets.photos.positives import VIEW_RAD, find_positives


def photos(position_m: object, yaw_deg: object = None) -> PhotoSet:
    position = np.asarray(position_m, np.float64).reshape(-1, 2)
    yaw_rad = None if yaw_deg is None else np.radians(np.asarray(yaw_deg, np.float64))
    return photo_set("made up", Path(), tuple(str(row) for row in range(len(position))), position, yaw_rad=yaw_rad)


POSES = arrays(np.float64, st.tuples(st.integers(0, 12), st.just(3)), elements=st.integers(-60, 60).map(float))


@given(POSES, POSES, st.sampled_from([0.0, 10.0, 25.0]), st.sampled_from([0.0, 40.0, 90.0, 180.0]))
def test_positives_are_those_of_trying_every_pair(
    query: Float64, database: Float64, distance_m: float, view_deg: float
) -> None:
    # Whole metres and whole degrees (steps of 15): limits are met exactly.
    found = find_positives(
        photos(query[:, :2], 15 * query[:, 2]), photos(database[:, :2], 15 * database[:, 2]), distance_m,
        math.radians(view_deg) + (1e-9 if view_deg < 180.0 else 0.0),
    )
    assert len(found) == len(query)
    for number, (x, y, turns) in enumerate(query):
        expected = [
            row for row, (u, v, other) in enumerate(database)
            if math.hypot(x - u, y - v) <= distance_m
            and min((15 * (turns - other)) % 360, (15 * (other - turns)) % 360) <= view_deg
        ]  # fmt: skip
        assert found.of(number).tolist() == expected
        assert found.has_any[number] == bool(expected)


def test_the_limit_itself_is_near_enough() -> None:
    found = find_positives(photos([(0, 0)]), photos([(25.0, 0), (25.001, 0), (0, -25.0)]))
    assert found.of(0).tolist() == [0, 2]


def test_a_view_across_north_is_a_small_turn() -> None:
    found = find_positives(photos([(0, 0)], [170]), photos([(0, 0), (0, 0)], [-155, -149]), view_rad=VIEW_RAD)
    assert found.of(0).tolist() == [0]


def test_where_the_view_counts_an_unknown_one_is_never_right() -> None:
    database = photos([(0, 0), (1, 0)], [0.0, np.nan])
    assert find_positives(photos([(0, 0)], [0.0]), database, view_rad=VIEW_RAD).of(0).tolist() == [0]
    assert find_positives(photos([(0, 0)], [np.nan]), database, view_rad=VIEW_RAD).has_any.tolist() == [False]
    assert find_positives(photos([(0, 0)], [np.nan]), database).of(0).tolist() == [0, 1]


def test_found_rows_are_judged_at_once() -> None:
    found = find_positives(photos([(0, 0), (100, 0), (500, 0)]), photos([(1, 0), (101, 0), (2, 0)]))
    right = found.are_right(np.array([[2, 1, 0], [0, 1, -1], [-1, 0, 2]]))
    assert right.tolist() == [[True, False, True], [False, True, False], [False, False, False]]


def test_nothing_has_no_positives() -> None:
    assert len(find_positives(photos([]), photos([(0, 0)]))) == 0
    assert find_positives(photos([(0, 0)]), photos([])).has_any.tolist() == [False]
