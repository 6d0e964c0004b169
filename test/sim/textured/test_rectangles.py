from __future__ import annotations

import numpy as np
import pytest

from geoloc_ros.core.types import Float32
from geoloc_ros.sim.textured.rectangles import BLOCK, Brush


def columns(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
    """Left 0, right 1."""
    return np.broadcast_to(np.linspace(0.0, 1.0, shape[1], dtype=np.float32)[None, :, None], (*shape, 3))


def test_a_wall_faces_whoever_sees_its_left_end_on_the_left() -> None:
    # Looking north at a wall, west is left.
    wall = Brush(0.1).upright((-1.0, 5.0), (1.0, 5.0), (0.0, 2.0), columns)
    np.testing.assert_allclose(wall.normal, [0.0, -1.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(wall.corner_m, [-1.0, 5.0, 2.0])
    assert wall.size_m == pytest.approx((2.0, 2.0))


def test_texels_are_no_larger_than_asked_and_sides_are_whole_blocks() -> None:
    texture = Brush(0.01).upright((0.0, 0.0), (1.0, 0.0), (0.0, 0.325), columns).texture
    assert texture.shape == (64, 128, 3)
    assert texture.shape[0] % BLOCK == 0


@pytest.mark.parametrize("yaw_rad", [0.0, 0.7, np.pi])
def test_all_faces_of_a_box_look_outward(yaw_rad: float) -> None:
    faces = Brush(0.1).box((3.0, 4.0), (2.0, 1.0, 0.5), 1.0, yaw_rad, columns)
    assert len(faces) == 5
    middle = np.array([3.0, 4.0, 1.25])
    for face in faces:
        centre = face.corner_m + 0.5 * (face.across_m + face.down_m)
        assert (centre - middle) @ face.normal > 0.2
    np.testing.assert_allclose(faces[0].normal, [np.cos(yaw_rad), np.sin(yaw_rad), 0.0], atol=1e-12)
    np.testing.assert_allclose(faces[4].normal, [0.0, 0.0, 1.0], atol=1e-12)
    assert faces[0].size_m == pytest.approx((1.0, 0.5))


def test_a_pillar_shows_one_picture_round_it() -> None:
    sides = Brush(0.1).prism((0.0, 0.0), 1.0, (0.0, 1.0), 4, columns)
    np.testing.assert_array_equal(np.concatenate([side.texture for side in sides], axis=1)[0, :, 0],
                                  np.linspace(0.0, 1.0, 4 * BLOCK, dtype=np.float32))
    for side in sides:
        centre = side.corner_m + 0.5 * side.across_m
        assert centre[:2] @ side.normal[:2] > 0.5
