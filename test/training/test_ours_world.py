import numpy as np
import pytest
from scipy.spatial import cKDTree

from geoloc_ros.maps.geomap import Buildings
from geoloc_ros.training.ours_world import BESIDE_M, FROM_PLACES_M, MOVED_M, MapEditor

NUM_HOUSES = 200
SPACING_M = 100.0


@pytest.fixture
def editor() -> MapEditor:
    """Squares of 10 m, 100 m apart along y = 0, and a road along y = 40."""
    corners_m = np.array([(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)])
    vertices_m = (corners_m + SPACING_M * np.arange(NUM_HOUSES)[:, None, None] * [1.0, 0.0]).reshape(-1, 2)
    houses = Buildings(
        vertices_m, np.arange(0, 4 * NUM_HOUSES + 1, 4), np.arange(NUM_HOUSES, dtype=np.int32),
        np.full(NUM_HOUSES, 8.0, np.float32), np.zeros(NUM_HOUSES, np.float32), np.zeros(NUM_HOUSES, np.int64),
    )  # fmt: skip
    return MapEditor(houses, np.column_stack([np.arange(0.0, 20000.0, 10.0), np.full(2000, 40.0)]))


def test_houses_stay_whole_and_near_where_they_were(editor: MapEditor) -> None:
    walls = editor.edited_walls(np.random.default_rng(0))

    own = walls.building < NUM_HOUSES
    assert set(np.bincount(walls.building)) == {0, 4}
    centre_m = [5.0, 5.0] + SPACING_M * walls.building[own, None] * [1.0, 0.0]
    away_m = np.abs(walls.start_m[own] - centre_m).max()
    assert 5.0 < away_m < 5.0 * 1.3 + MOVED_M


def test_new_houses_stand_beside_the_road(editor: MapEditor) -> None:
    walls = editor.edited_walls(np.random.default_rng(0))

    new = walls.building >= NUM_HOUSES
    corner_m = walls.start_m[new].reshape(-1, 4, 2)
    assert len(corner_m) > 0
    from_road_m = np.abs(corner_m.mean(axis=1)[:, 1] - 40.0)
    assert (from_road_m > FROM_PLACES_M - 5.0).all()
    assert (from_road_m < BESIDE_M + 1.0).all()
    assert cKDTree(corner_m.mean(axis=1)).query(walls.start_m[~new])[0].min() > 5.0


def test_a_new_house_has_the_shape_of_one_of_the_map(editor: MapEditor) -> None:
    walls = editor.edited_walls(np.random.default_rng(0))

    size_m = np.ptp(walls.start_m[walls.building >= NUM_HOUSES].reshape(-1, 4, 2), axis=1)
    assert (size_m > 10.0 / 1.3).all()
    assert (size_m < 10.0 * 1.3).all()


def test_the_number_of_removed_houses_differs_from_copy_to_copy(editor: MapEditor) -> None:
    rng = np.random.default_rng(0)
    walls = [editor.edited_walls(rng).building for _ in range(6)]

    left = [len(np.unique(building[building < NUM_HOUSES])) for building in walls]
    assert len(set(left)) > 2
    assert min(left) > 130
