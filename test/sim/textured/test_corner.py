from __future__ import annotations

import numpy as np
import pytest

from geoloc_ros.sim.textured.corner import BRANCH_M, HALF_M, WALL_M, make_corner
from geoloc_ros.sim.textured.corner_walks import walk_round_corner
from geoloc_ros.sim.textured.rays import RayCaster
from geoloc_ros.sim.textured.world import TexturedWorld


@pytest.fixture(scope="module")
def corner() -> TexturedWorld:
    return make_corner(0)


def test_the_street_is_closed_by_fronts_on_all_sides(corner: TexturedWorld) -> None:
    turn = np.radians(np.arange(0.0, 360.0, 3.0))
    directions = np.stack([np.cos(turn), np.sin(turn), 0.05 * np.ones(len(turn))], axis=1).astype(np.float32)
    for x, y in ((0.0, 0.0), (8.0, 15.0), (-25.0, 0.0)):
        struck = RayCaster(corner.rectangles).cast(np.array([x, y, 1.6]), directions)
        is_hit = struck.rectangle >= 0
        assert is_hit.mean() > 0.95
        assert struck.along[is_hit].max() < 70.0


def test_nobody_walks_or_drives_through_anything(corner: TexturedWorld) -> None:
    rays = RayCaster(corner.rectangles)
    turn = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
    round_m = 0.3 * np.stack([np.cos(turn), np.sin(turn), np.zeros(len(turn))], axis=1)
    for number in range(6):
        for pose in walk_round_corner(50, number, np.random.default_rng(number))[::2]:
            assert rays.is_free(np.tile(pose.translation_m, (len(turn), 1)), round_m).all(), pose.translation_m


def test_walks_keep_to_the_streets_and_are_smooth() -> None:
    for number in range(12):
        poses = walk_round_corner(50, number, np.random.default_rng(number))
        position_m = np.array([pose.translation_m for pose in poses])
        on_street = np.abs(position_m[:, 1]) < WALL_M
        on_branch = (position_m[:, 0] > BRANCH_M[0]) & (position_m[:, 0] < BRANCH_M[1])
        assert (on_street | on_branch).all()
        assert np.abs(position_m[:, :2]).max() < HALF_M
        assert ((position_m[:, 2] > 1.2) & (position_m[:, 2] < 2.0)).all()
        assert np.linalg.norm(np.diff(position_m, axis=0), axis=1).max() < 1.6


def test_walks_of_one_route_are_never_the_same() -> None:
    first, second = (walk_round_corner(50, number, np.random.default_rng(number)) for number in (0, 6))
    apart_m = [np.linalg.norm(a.translation_m - b.translation_m) for a, b in zip(first, second, strict=True)]
    assert min(apart_m) > 0.01
    assert np.median(apart_m) > 0.2
