"""A point cloud, of a lidar for instance, as the depth image of a camera that looks the same way."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.types import Float32, Float64

# Points nearer than this are on the vehicle or on the sensor itself.
_NEAREST_M = 0.1


def depth_from_points(points_m: Float32 | Float64, camera: Camera) -> Float32:
    """Depth (H, W) by the camera's convention: along z for a pinhole, Euclidean for a panorama; NaN where no point is.

    The nearest point of a pixel counts. The image is as sparse as the cloud.

    Args:
        points_m: (N, 3) in the optical frame.
        camera: Where to look from.
    """
    x, y, z = np.asarray(points_m, np.float64).reshape(-1, 3).T
    if camera.model == "pinhole":
        depth_m, ahead = z, z > _NEAREST_M
        with np.errstate(divide="ignore", invalid="ignore"):
            right, down = x / z, y / z
    else:
        depth_m = np.sqrt(x * x + y * y + z * z)
        ahead = depth_m > _NEAREST_M
        right, down = np.arctan2(x, z), np.arctan2(y, np.hypot(x, z))
    with np.errstate(invalid="ignore"):
        u, v = np.floor(right * camera.fx + camera.cx), np.floor(down * camera.fy + camera.cy)
        seen = ahead & (u >= 0) & (u < camera.width) & (v >= 0) & (v < camera.height)
    pixel = v[seen].astype(np.int64) * camera.width + u[seen].astype(np.int64)
    image = np.full(camera.height * camera.width, np.inf, np.float32)
    np.minimum.at(image, pixel, depth_m[seen].astype(np.float32))
    image[np.isinf(image)] = np.nan
    return image.reshape(camera.height, camera.width)
