from __future__ import annotations

import numpy as np

from geoloc_ros.core.surface import Surface
from geoloc_ros.landmarks.create.splats import splats_of


def test_points_become_squares_about_them_that_look_where_they_look() -> None:
    x, y = np.meshgrid(np.arange(12) * 0.1, np.arange(12) * 0.1)
    slope = np.array([0.0, -0.6, 0.8])
    points_m = np.stack([x.ravel(), 0.8 * y.ravel(), 0.6 * y.ravel()], axis=1).astype(np.float32)
    cloud = Surface(points_m, np.tile(slope, (144, 1)).astype(np.float32), np.zeros((0, 3), np.int32))
    squares, label = splats_of(cloud, np.arange(144, dtype=np.int32))
    assert np.array_equal(label, np.repeat(np.arange(144), 2))
    corners = squares.vertices_m.reshape(144, 4, 3)
    np.testing.assert_allclose(corners.mean(axis=1), points_m, atol=1e-6)
    a, b, c = np.moveaxis(squares.vertices_m[squares.triangles].astype(np.float64), 1, 0)
    cross = np.cross(b - a, c - a)
    cross /= np.linalg.norm(cross, axis=1, keepdims=True)
    np.testing.assert_allclose(cross, np.tile(slope, (288, 1)), atol=1e-4)
    # 1.8 times the distance of the points across, so that nothing is seen between them.
    inside = np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1).reshape(12, 12)[1:-1, 1:-1]
    np.testing.assert_allclose(inside, 0.18, rtol=1e-3)
