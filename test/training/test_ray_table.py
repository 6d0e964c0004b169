"""The table of rays that is learnt from a made-up town."""

from __future__ import annotations

import numpy as np
import pytest

from geoloc_ros.localization.ray_likelihood import NOTHING, NUM_BINS, RayTable
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.places import build_places
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.training.maps import TrainingCity
from geoloc_ros.training.ray_table import RayBudget, learn_ray_table


@pytest.fixture(scope="module")
def table(tiny_city: GeoMap) -> RayTable:
    return learn_ray_table((_training_city(tiny_city),), RayBudget(worlds=2, scans=100), 0)


def _training_city(geomap: GeoMap) -> TrainingCity:
    return TrainingCity(geomap, RayCaster(geomap.buildings.walls()), build_places(geomap.roads, 10.0).position_m)


def test_what_the_map_shows_is_the_likeliest_to_be_seen(table: RayTable) -> None:
    middle = np.arange(14, NUM_BINS - 4)
    assert (table.range_log_ratio[middle, middle] > 0.5).all()
    assert (table.range_log_ratio[middle, middle] > table.range_log_ratio[middle, middle - 6]).all()


def test_open_view_speaks_for_nothing_in_reach(table: RayTable) -> None:
    assert table.range_log_ratio[NOTHING, NOTHING] == table.range_log_ratio[NOTHING].max()


def test_an_edge_speaks_for_an_edge_of_the_map_close_by(table: RayTable) -> None:
    assert (np.diff(table.edge_log_ratio[1, :5]) < 0.0).all()


def test_the_same_seed_gives_the_same_table(table: RayTable, tiny_city: GeoMap) -> None:
    again = learn_ray_table((_training_city(tiny_city),), RayBudget(worlds=2, scans=100), 0)
    np.testing.assert_array_equal(again.range_log_ratio, table.range_log_ratio)


def test_progress_ends_at_one(tiny_city: GeoMap) -> None:
    told: list[float] = []
    budget = RayBudget(worlds=2, scans=10)
    learn_ray_table((_training_city(tiny_city),) * 2, budget, 0, lambda stage, ratio: told.append(ratio))
    assert told == [0.25, 0.5, 0.75, 1.0]
