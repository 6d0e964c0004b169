import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.scan.ground import level_from_base


def ground(seed: int, count: int = 500) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.uniform(-12.0, 12.0, (count, 2)), np.zeros(count)])


@given(st.floats(-0.06, 0.06), st.floats(-0.06, 0.06), st.floats(-0.3, 0.3))
def test_tilted_ground_becomes_level(roll: float, pitch: float, height_m: float) -> None:
    tilted = ground(0) @ rotation_from_rpy(roll, pitch, 0.0).T + [0.0, 0.0, height_m]
    levelled = level_from_base(tilted).apply(tilted)
    assert np.abs(levelled[:, 2]).max() < 0.05


def test_levelling_does_not_turn_the_vehicle() -> None:
    tilted = ground(0) @ rotation_from_rpy(0.05, 0.05, 0.0).T
    forward = level_from_base(tilted).rotation @ [1.0, 0.0, 0.0]
    assert np.arctan2(forward[1], forward[0]) == pytest.approx(0.0, abs=0.005)


def test_a_third_of_wrong_points_does_not_tilt_it() -> None:
    points = ground(1)
    points[::3, 2] = np.random.default_rng(2).uniform(0.3, 3.0, len(points[::3]))
    assert level_from_base(points).apply(points)[1::3, 2] == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("points", [ground(0, 20), ground(0) @ rotation_from_rpy(0.4, 0.0, 0.0).T])
def test_too_little_ground_or_too_steep_a_plane_leaves_the_mount_as_it_is(points: np.ndarray) -> None:
    assert np.array_equal(level_from_base(points).rotation, np.eye(3))
