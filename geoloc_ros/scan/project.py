"""A point cloud, of a lidar for instance, as the depth image of a camera that looks the same way."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.types import Float32, Float64

# Points nearer than this are on the vehicle or on the sensor itself.
_NEAREST_M = 0.1


def depth_from_points(points_m: Float32 | Float64, camera: Camera) -> Float32:
    """Depth (H, W) by the camera's convention; NaN where no point is.

    The nearest point of a pixel counts. The image is as sparse as the cloud.

    Args:
        points_m: (N, 3) in the optical frame.
        camera: Where to look from.
    """
    points_m = np.asarray(points_m, np.float64).reshape(-1, 3)
    depth_m = camera.depth_of(points_m)
    # Half of a turning lidar's points are behind a pinhole: the lens need not be asked about them.
    ahead = depth_m > _NEAREST_M
    if not ahead.all():
        points_m, depth_m = points_m[ahead], depth_m[ahead]
    u, v = np.floor(camera.project(points_m)).T
    seen = (u >= 0) & (u < camera.width) & (v >= 0) & (v < camera.height)
    pixel = v[seen].astype(np.int64) * camera.width + u[seen].astype(np.int64)
    image = np.full(camera.height * camera.width, np.inf, np.float32)
    np.minimum.at(image, pixel, depth_m[seen].astype(np.float32))
    image[np.isinf(image)] = np.nan
    return image.reshape(camera.height, camera.width)
