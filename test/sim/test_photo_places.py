from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.errors import MapError
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.noise import WorldNoise
from geoloc_ros.sim.photo_places import (
    SPACING_M,
    Places,
    choose_places,
    clear_of,
    database_views,
    in_tiles,
    query_views,
)
from geoloc_ros.sim.world import edit_map

EASTWARD = Places(
    np.column_stack([SPACING_M * np.arange(5), np.zeros(5)]), np.zeros(5), np.full(5, 4.0)
)


def test_the_database_looks_both_ways_from_the_right_lane() -> None:
    views = database_views(EASTWARD, np.random.default_rng(0))
    assert views.place.tolist() == [*range(5), *range(5)]
    there, back = views.roll_pitch_yaw_rad[:5, 2], np.abs(views.roll_pitch_yaw_rad[5:, 2])
    assert np.abs(there).max() < 0.1 and np.abs(back - np.pi).max() < 0.1
    assert (views.position_m[:5, 1] < 0.0).all() and (views.position_m[5:, 1] > 0.0).all()
    assert np.abs(views.position_m[:, 0] - np.tile(EASTWARD.position_m[:, 0], 2)).max() < 1e-9


@given(count=st.integers(1, 40), seed=st.integers(0, 5))
def test_queries_are_near_their_places_on_the_road_and_take_turns(count: int, seed: int) -> None:
    views = query_views(EASTWARD, count, np.random.default_rng(seed))
    assert len(views) == count
    away_m = np.abs(views.position_m - EASTWARD.position_m[views.place])
    assert away_m[:, 0].max() <= 5.0 and away_m[:, 1].max() <= 4.0 - 1.2
    taken = np.bincount(views.place, minlength=5)
    assert taken.max() - taken.min() <= 2
    off = np.minimum(np.abs(views.roll_pitch_yaw_rad[:, 2]), np.pi - np.abs(views.roll_pitch_yaw_rad[:, 2]))
    assert np.degrees(off).max() < 15.0, "along the street, one way or the other"


def test_places_lie_together_on_streets_within_the_map(tiny_city: GeoMap) -> None:
    world = edit_map(tiny_city, WorldNoise(), np.random.default_rng(0))
    places = choose_places(world, tiny_city, 12, np.random.default_rng(0))
    west, south, east, north = tiny_city.bounds_m
    assert len(places) == 12
    assert (places.position_m > [west, south]).all() and (places.position_m < [east, north]).all()
    distances_m = np.linalg.norm(places.position_m[:, None] - places.position_m, axis=2)
    assert distances_m.max() < 200.0


def test_a_map_with_too_few_places_is_told(square_room: GeoMap) -> None:
    world = edit_map(replace(square_room, tree_m=np.empty((0, 2))), WorldNoise(), np.random.default_rng(0))
    with pytest.raises(MapError, match="--places"):
        choose_places(world, square_room, 1000, np.random.default_rng(0))


def test_tiles_hold_every_view_once_and_near_their_middle() -> None:
    views = query_views(EASTWARD, 30, np.random.default_rng(0))
    tiles = in_tiles(views, 20.0)
    assert sorted(np.concatenate([numbers for _, numbers in tiles]).tolist()) == list(range(30))
    for centre_m, numbers in tiles:
        assert np.abs(views.position_m[numbers] - centre_m).max() <= 10.0


def test_what_is_in_the_way_of_a_camera_is_found() -> None:
    points_m = np.array([(0.0, 0.0), (10.0, 0.0), (3.0, 4.0)])
    assert clear_of(points_m, np.array([(0.0, 0.0)]), 5.5).tolist() == [1]
    assert clear_of(np.empty((0, 2)), np.zeros((1, 2)), 1.0).tolist() == []
