from __future__ import annotations

import numpy as np
import pytest

from geoloc_ros.sim.textured.room import HEIGHT_M, LENGTH_M, WIDTH_M, make_room
from geoloc_ros.sim.textured.room_walks import swaying, walk_through_room
from geoloc_ros.sim.textured.world import TexturedWorld


@pytest.fixture(scope="module")
def room() -> TexturedWorld:
    return make_room(0)


def test_everything_is_in_the_room(room: TexturedWorld) -> None:
    for each in room.rectangles:
        for corner_m in (each.corner_m, each.corner_m + each.across_m + each.down_m):
            assert (corner_m > -0.02).all()
            assert (corner_m < np.array([LENGTH_M, WIDTH_M, HEIGHT_M]) + 0.02).all()


def test_walls_floor_and_ceiling_face_the_middle(room: TexturedWorld) -> None:
    middle = 0.5 * np.array([LENGTH_M, WIDTH_M, HEIGHT_M])
    for each in room.rectangles[:6]:
        assert (middle - each.corner_m) @ each.normal > 1.0


def test_chairs_are_alike_and_pictures_are_not(room: TexturedWorld) -> None:
    painted = [each.paint for each in room.rectangles]
    # Four seats and backs of one cloth, five faces each.
    assert sorted(painted.count(paint) for paint in set(painted))[-2:][0] >= 40
    assert sum(painted.count(paint) == 1 for paint in set(painted)) > 40


def test_people_walk_at_eye_height_away_from_walls() -> None:
    for number in range(60):
        poses = walk_through_room(50, number, np.random.default_rng(number))
        position_m = np.array([pose.translation_m for pose in poses])
        assert (position_m[:, :2] > 0.69).all()
        assert (position_m[:, :2] < [LENGTH_M - 0.69, WIDTH_M - 0.74]).all()
        assert (np.abs(position_m[:, 2] - 1.5) <= 0.3).all()
        assert np.linalg.norm(np.diff(position_m, axis=0), axis=1).max() < 1.0


def test_they_turn_round_once_at_least() -> None:
    ahead = np.array([pose.rotation[:, 2] for pose in walk_through_room(50, 0, np.random.default_rng(1))])
    octant = np.unique((np.arctan2(ahead[:, 1], ahead[:, 0]) // (np.pi / 4.0)).astype(int))
    assert len(octant) >= 7


def test_swaying_is_smooth_and_bounded() -> None:
    values = swaying(1000, 3.0, np.random.default_rng(0))
    assert np.abs(values).max() <= 1.0
    assert np.abs(np.diff(values)).max() < 0.05
