from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Float32
from geoloc_ros.sim.textured.rays import RayCaster
from geoloc_ros.sim.textured.rectangles import Brush


def grey(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
    return np.full((*shape, 3), 0.5, np.float32)


WALL = Brush(0.1).upright((-1.0, 4.0), (1.0, 4.0), (0.0, 2.0), grey)


def test_a_ray_tells_where_in_the_picture_it_ends() -> None:
    target_m = np.array([[-0.5, 4.0, 1.8], [0.9, 4.0, 0.1], [0.0, 4.0, 1.0], [5.0, 4.0, 1.0]])
    origin_m = np.array([0.3, -1.0, 1.0])
    struck = RayCaster([WALL]).cast(origin_m, (0.5 * (target_m - origin_m)).astype(np.float32))
    np.testing.assert_array_equal(struck.rectangle, [0, 0, 0, -1])
    np.testing.assert_allclose(struck.across[:3], [0.25, 0.95, 0.5], atol=1e-6)
    np.testing.assert_allclose(struck.down[:3], [0.1, 0.95, 0.5], atol=1e-6)
    np.testing.assert_allclose(struck.along[:3], 2.0, rtol=1e-6)


def test_the_nearer_of_two_is_struck() -> None:
    near = Brush(0.1).upright((-1.0, 3.0), (1.0, 3.0), (0.0, 2.0), grey)
    struck = RayCaster([WALL, near]).cast(np.array([0.0, 0.0, 1.0]), np.array([[0.0, 1.0, 0.0]], np.float32))
    assert struck.rectangle[0] == 1
    assert struck.along[0] == np.float32(3.0)


def test_a_wall_hides_what_is_behind_it_only() -> None:
    points_m = np.tile([0.0, 0.0, 1.0], (3, 1))
    towards_m = np.array([[0.0, 3.9, 0.0], [0.0, 4.1, 0.0], [0.0, -9.0, 0.0]])
    np.testing.assert_array_equal(RayCaster([WALL]).is_free(points_m, towards_m), [True, False, True])
