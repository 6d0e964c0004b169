from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoSet, photo_set
from geoloc_ros.core.types import Float64
from geoloc_ros.training.photos.places import draw_varied, find_places, looks_alike


def photos_at(position_m: Float64, yaw_rad: Float64 | None = None) -> PhotoSet:
    return photo_set("made up", Path(), ("",) * len(position_m), position_m, yaw_rad=yaw_rad)


def test_two_corners_are_two_places_and_a_lonely_photo_is_none() -> None:
    position_m = np.array([(0.0, 0.0), (3.0, 0.0), (200.0, 0.0), (200.0, 4.0), (500.0, 0.0)])
    places = find_places(photos_at(position_m), 2, np.random.default_rng(0))
    assert sorted(tuple(rows) for rows in places.rows) == [(0, 1), (2, 3)]


def test_photos_that_look_the_other_way_are_of_another_place() -> None:
    position_m = np.array([(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (3.0, 0.0), (100.0, 0.0), (101.0, 0.0)])
    yaw_rad = np.array([0.0, np.pi, 0.1, np.pi - 0.1, 0.0, 0.0])
    places = find_places(photos_at(position_m, yaw_rad), 2, np.random.default_rng(0))
    assert sorted(tuple(rows) for rows in places.rows) == [(0, 2), (1, 3), (4, 5)]


@given(st.integers(0, 2**32))
def test_no_photo_is_of_two_places_and_those_of_one_are_near_each_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    position_m = rng.uniform(0.0, 150.0, (60, 2))
    places = find_places(photos_at(position_m), 2, rng)
    together = np.concatenate(places.rows)
    assert len(np.unique(together)) == len(together)
    for rows in places.rows:
        assert np.linalg.norm(position_m[rows][:, None] - position_m[rows][None], axis=2).max() <= 20.0


def test_places_of_a_batch_are_far_from_each_other() -> None:
    position_m = np.column_stack([np.repeat(np.arange(40) * 15.0, 2), np.zeros(80)])
    places = find_places(photos_at(position_m), 2, np.random.default_rng(0))
    chosen = places.centre_m[places.draw(6, np.random.default_rng(1)), 0]
    assert len(chosen) == 6 and np.diff(np.sort(chosen)).min() > 45.0


def test_photos_of_one_spot_only_are_refused() -> None:
    with pytest.raises(DatasetError, match="1 places with 2 photos within 10 m"):
        find_places(photos_at(np.zeros((5, 2))), 2, np.random.default_rng(0))


def test_views_are_compared_round_the_circle_and_an_unknown_one_may_be_any() -> None:
    yaw_rad = np.deg2rad([175.0, -175.0, 100.0, np.nan])
    assert looks_alike(yaw_rad, np.deg2rad(-160.0)).tolist() == [True, True, False, True]
    assert looks_alike(yaw_rad, np.nan).all()


@given(st.integers(0, 2**32))
def test_one_photo_of_each_condition_comes_before_two_of_one(seed: int) -> None:
    condition = ("day",) * 8 + ("night", "snow")
    chosen = draw_varied(np.arange(10), 4, condition, np.random.default_rng(seed))
    assert {condition[row] for row in chosen} == {"day", "night", "snow"} and len(set(chosen.tolist())) == 4
