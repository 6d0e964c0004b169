"""Camera models: which way each pixel looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import Float32, Float64

CameraModel = Literal["pinhole", "equirectangular"]


@dataclass(frozen=True)
class Camera:
    """Intrinsics of an ideal camera. The optical frame is z forward, x right, y down (REP-103).

    A pinhole's depth is along z (REP-118); an equirectangular image's depth is the Euclidean range, since it looks
    all the way round. Its focal lengths are pixels per radian: column u looks `(u + 0.5 - cx) / fx` to the right of
    z, row v looks `(v + 0.5 - cy) / fy` down.
    """

    model: CameraModel
    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    @staticmethod
    def equirectangular(width: int, height: int) -> Camera:
        """A full panorama, 2 pi around and `pi * height / (width / 2)` high."""
        per_radian = width / (2.0 * np.pi)
        return Camera("equirectangular", width, height, per_radian, per_radian, width / 2.0, height / 2.0)

    @staticmethod
    def pinhole(width: int, height: int, horizontal_fov_rad: float) -> Camera:
        """Square pixels, principal point in the middle."""
        focal = width / 2.0 / np.tan(horizontal_fov_rad / 2.0)
        return Camera("pinhole", width, height, focal, focal, width / 2.0, height / 2.0)

    @staticmethod
    def from_camera_info(distortion_model: str, width: int, height: int, k: Float64) -> Camera:
        """Camera of a sensor_msgs/CameraInfo.

        Args:
            distortion_model: "equirectangular" is ours; "plumb_bob", "rational_polynomial" or "" is a pinhole. Images
                must be rectified: distortion coefficients are not looked at.
            k: (9,) row-major intrinsics. ROS counts pixels from the centre of the first one, we from its corner.

        Raises:
            ObservationError: If the size or focal length is not positive or the model is unknown.
        """
        models: dict[str, CameraModel] = {
            "equirectangular": "equirectangular",
            "plumb_bob": "pinhole",
            "rational_polynomial": "pinhole",
            "": "pinhole",
        }
        if distortion_model not in models:
            raise ObservationError(
                f"camera_info has distortion model '{distortion_model}'; known are {', '.join(map(repr, models))}: "
                "rectify the images first"
            )
        if width <= 0 or height <= 0 or not (k[0] > 0.0 and k[4] > 0.0):
            raise ObservationError(
                f"camera_info is not calibrated: size {width}x{height}, fx {k[0]}, fy {k[4]}; publish real intrinsics"
            )
        return Camera(
            models[distortion_model], width, height, float(k[0]), float(k[4]), float(k[2]) + 0.5, float(k[5]) + 0.5
        )

    def camera_info_k(self) -> Float64:
        """Row-major intrinsics (9,) for a sensor_msgs/CameraInfo; inverse of `from_camera_info`."""
        return np.array([self.fx, 0.0, self.cx - 0.5, 0.0, self.fy, self.cy - 0.5, 0.0, 0.0, 1.0])

    def rays(self) -> Float32:
        """Directions (height, width, 3) in the optical frame; depth times this is the 3D point.

        Unit length for a panorama, unit z for a pinhole. Pixel (0, 0) is centred at (0.5, 0.5), so that an image
        resized together with its intrinsics looks the same way.
        """
        u = (np.arange(self.width, dtype=np.float64) + 0.5 - self.cx) / self.fx
        v = (np.arange(self.height, dtype=np.float64) + 0.5 - self.cy) / self.fy
        if self.model == "pinhole":
            x, y = np.broadcast_arrays(u[None, :], v[:, None])
            return np.stack([x, y, np.ones_like(x)], axis=-1).astype(np.float32)
        return _spherical(u, v).astype(np.float32)


def _spherical(right_rad: Float64, down_rad: Float64) -> Float64:
    cos_down = np.cos(down_rad)[:, None]
    x, y, z = np.broadcast_arrays(
        np.sin(right_rad)[None, :] * cos_down, np.sin(down_rad)[:, None], np.cos(right_rad)[None, :] * cos_down
    )
    return np.stack([x, y, z], axis=-1)
