"""Points of a cloud as small squares, so that they hide what is behind them."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Int32
from geoloc_ros.landmarks.create.elements import point_elements

# Half the side of a square, in distances to the nearest points: 0.5 would do for a regular grid; of points strewn at
# random this leaves a tenth open.
_HALF_SIDE = 0.9


def splats_of(cloud: Surface, label: Int32) -> tuple[Surface, Int32]:
    """Two triangles per point, square to its normal and as large as the distance to its neighbours.

    Returns:
        The surface, and the label (2 V,) of its triangles from those (V,) of the points.
    """
    half_m = _HALF_SIDE * np.sqrt(point_elements(cloud).area_m2)[:, None]
    normal = cloud.normal.astype(np.float64)
    # Any axis that is not along the normal spans the square.
    axis = np.where(np.abs(normal[:, :1]) < 0.7, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    right = np.cross(axis, normal)
    right /= np.maximum(np.linalg.norm(right, axis=1, keepdims=True), 1e-30)
    up = np.cross(normal, right)
    middle = cloud.vertices_m.astype(np.float64)
    turns = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    corners = np.stack([middle + half_m * (x * right + y * up) for x, y in turns], axis=1)
    first = 4 * np.arange(len(middle))[:, None, None]
    triangles = (first + np.array([[0, 1, 2], [0, 2, 3]])).reshape(-1, 3).astype(np.int32)
    squares = Surface(corners.reshape(-1, 3).astype(np.float32), np.repeat(cloud.normal, 4, axis=0), triangles)
    return squares, np.repeat(label, 2)
