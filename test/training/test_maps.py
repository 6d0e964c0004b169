from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import MapError
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.training.maps import MapChoice, PlaceSampler, TrainingCity, parse_map_choice
from geoloc_ros.training.removal import ThinnedCities


def city_of(geomap: GeoMap, num_places: int) -> TrainingCity:
    return TrainingCity(geomap, RayCaster(geomap.buildings.walls()), np.zeros((num_places, 2)))


def test_a_box_follows_an_at_sign() -> None:
    assert parse_map_choice("a/b.osm.pbf@7.3,43.7,7.5,43.8") == MapChoice(Path("a/b.osm.pbf"), (7.3, 43.7, 7.5, 43.8))
    assert parse_map_choice("a/b.osm.pbf") == MapChoice(Path("a/b.osm.pbf"))
    assert parse_map_choice("a/b.osm@1,2,3,4").as_text() == "b.osm@1,2,3,4"


def test_a_file_may_have_an_at_sign_in_its_name(tmp_path: Path) -> None:
    file = tmp_path / "me@home.osm"
    file.touch()
    assert parse_map_choice(str(file)) == MapChoice(file)


def test_a_box_that_is_none_is_refused() -> None:
    with pytest.raises(MapError, match="not of the form W,S,E,N"):
        parse_map_choice("a.osm@home")


def test_every_place_is_as_likely_as_any_other(square_room: GeoMap) -> None:
    sampler = PlaceSampler((city_of(square_room, 30), city_of(square_room, 10)))
    city, position_m = sampler.draw(4000, np.random.default_rng(0))
    assert len(sampler) == 40 and position_m.shape == (4000, 2)
    assert np.mean(city == 0) == pytest.approx(0.75, abs=0.03)


def test_no_map_is_refused() -> None:
    with pytest.raises(MapError, match="no map to learn from"):
        PlaceSampler(())


def test_a_removed_building_is_not_seen_and_what_stands_behind_it_is(square_room: GeoMap) -> None:
    # A second row of houses 10 m behind the first; the same building numbers + 4.
    rooms = square_room.buildings
    behind = replace(
        rooms,
        vertices_m=np.concatenate([rooms.vertices_m, 2.0 * rooms.vertices_m]),
        ring_start=np.concatenate([rooms.ring_start, rooms.ring_start[1:] + 16]),
        ring_building=np.arange(8, dtype=np.int32),
        **{name: np.tile(getattr(rooms, name), 2) for name in ("height_m", "base_m", "osm_id")},
    )
    world = ThinnedCities((city_of(replace(square_room, buildings=behind), 1),), 0.5, seed=0)
    scan = world.cast(np.zeros(400, np.int64), np.zeros((400, 3)), 4, 100.0, np.random.default_rng(0))
    range_m = np.nan_to_num(scan.range_m[:, 0]).round(3)
    assert set(zip(scan.instance[:, 0].tolist(), range_m.tolist(), strict=True)) == {(0, 10.0), (4, 20.0), (-1, 0.0)}
    assert np.mean(scan.instance[:, 0] == 0) == pytest.approx(0.5, abs=0.3)


def test_each_scan_is_of_its_own_city(square_room: GeoMap, tiny_city: GeoMap) -> None:
    cities = (city_of(square_room, 1), city_of(tiny_city, 1))
    world = ThinnedCities(cities, 0.0, seed=0)
    number = np.array([0, 1, 1, 0])
    poses = np.random.default_rng(1).uniform(-5.0, 5.0, (4, 3))
    scan = world.cast(number, poses, 16, 100.0, np.random.default_rng(0))
    for row, city in enumerate(number):
        assert np.array_equal(scan.instance[row], cities[city].caster.cast(poses[row : row + 1], 16, 100.0).instance[0])
