import numpy as np

from geoloc_ros.maps.geomap import Buildings
from geoloc_ros.training.ours_world import ADDED_AWAY_M, MOVED_M, edited_walls


def _houses(count: int) -> Buildings:
    """Squares of 10 m, 1 km apart, so that no edit brings one to another's place."""
    corners_m = np.array([(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)])
    vertices_m = (corners_m + 1000.0 * np.arange(count)[:, None, None] * [1.0, 0.0]).reshape(-1, 2)
    return Buildings(
        vertices_m, np.arange(0, 4 * count + 1, 4), np.arange(count, dtype=np.int32),
        np.full(count, 8.0, np.float32), np.zeros(count, np.float32), np.zeros(count, np.int64),
    )  # fmt: skip


def test_houses_stay_whole_and_within_reach_of_their_place() -> None:
    walls = edited_walls(_houses(200), np.random.default_rng(0))

    own = walls.building < 200
    assert (np.bincount(walls.building) % 4 == 0).all()
    away_m = np.abs(walls.start_m[own] - [5.0, 5.0] - 1000.0 * walls.building[own, None] * [1.0, 0.0]).max()
    assert 5.0 < away_m < 5.0 * 1.3 + MOVED_M
    copied_m = walls.start_m[~own] - 1000.0 * (walls.building[~own, None] - 200) * [1.0, 0.0]
    assert np.abs(copied_m).max() < ADDED_AWAY_M + 15.0


def test_the_number_of_removed_houses_differs_from_call_to_call() -> None:
    rng = np.random.default_rng(0)

    walls = [edited_walls(_houses(200), rng).building for _ in range(6)]

    left = [len(np.unique(building[building < 200])) for building in walls]
    assert len(set(left)) > 2
    assert min(left) > 130
