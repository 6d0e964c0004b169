"""Camera models: which way each pixel looks, and which pixel sees a point."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.lens import (
    FISHEYE_COUNTS,
    PINHOLE_COUNTS,
    bend_fisheye,
    bend_pinhole,
    unbend_fisheye,
    unbend_pinhole,
)
from geoloc_ros.core.types import Float32, Float64

CameraModel = Literal["pinhole", "fisheye", "equirectangular"]

# A pinhole sees nothing that is nearer to the plane of its pupil.
_NEAREST_M = 1e-3
# The cameras of a rig or two; a table of a megapixel is 12 MB.
_CAMERAS_REMEMBERED = 16
_COUNTS = {"pinhole": PINHOLE_COUNTS, "fisheye": FISHEYE_COUNTS, "equirectangular": (0,)}


@dataclass(frozen=True)
class Camera:
    """Intrinsics. The optical frame is z forward, x right, y down (REP-103).

    Depth of a pinhole, distorted or not, is along z (REP-118). A fisheye and a panorama see what is beside and behind
    them, where z says nothing: their depth is the Euclidean range. A panorama's focal lengths are pixels per radian:
    column u looks `(u + 0.5 - cx) / fx` to the right of z, row v looks `(v + 0.5 - cy) / fy` down.
    """

    model: CameraModel
    width: int
    height: int
    fx: float
    fy: float
    cx: float
    """From the left edge of the image, not from the centre of its first pixel."""
    cy: float
    distortion: tuple[float, ...] = ()
    """Coefficients of `core.lens`, none where the lens is ideal: 4, 5, 8, 12 or 14 of a pinhole, 4 of a fisheye."""

    def __post_init__(self) -> None:
        """Raises ObservationError if the model has no such number of coefficients."""
        if len(self.distortion) not in _COUNTS[self.model]:
            raise ObservationError(
                f"a {self.model} camera has {len(self.distortion)} distortion coefficients, expected one of "
                f"{_COUNTS[self.model]}"
            )

    @staticmethod
    def equirectangular(width: int, height: int) -> Camera:
        """A full panorama, 2 pi around and `pi * height / (width / 2)` high."""
        per_radian = width / (2.0 * np.pi)
        return Camera("equirectangular", width, height, per_radian, per_radian, width / 2.0, height / 2.0)

    @staticmethod
    def pinhole(width: int, height: int, horizontal_fov_rad: float, distortion: tuple[float, ...] = ()) -> Camera:
        """Square pixels, principal point in the middle; the field of view is that of the lens without distortion."""
        focal = width / 2.0 / np.tan(horizontal_fov_rad / 2.0)
        return Camera("pinhole", width, height, focal, focal, width / 2.0, height / 2.0, distortion)

    @staticmethod
    def fisheye(width: int, height: int, horizontal_fov_rad: float, distortion: tuple[float, ...] = ()) -> Camera:
        """Square pixels, principal point in the middle; the field of view is that of the lens without distortion."""
        per_radian = width / horizontal_fov_rad
        return Camera("fisheye", width, height, per_radian, per_radian, width / 2.0, height / 2.0, distortion)

    @property
    def has_euclidean_depth(self) -> bool:
        """False where depth is along z."""
        return self.model != "pinhole"

    def depth_of(self, points_m: Float64) -> Float64:
        """Depth (...) of points (..., 3) in the optical frame, by the camera's convention."""
        return np.asarray(np.linalg.norm(points_m, axis=-1) if self.has_euclidean_depth else points_m[..., 2])

    def rays(self) -> Float32:
        """Directions (height, width, 3) in the optical frame; depth times this is the 3D point.

        Unit z for a pinhole, unit length for the others. Pixel (0, 0) is centred at (0.5, 0.5), so that an image
        resized together with its intrinsics looks the same way. NaN where the lens lets no direction through. Worked
        out once for a camera; not to be written to.
        """
        return np.moveaxis(ray_planes(self), 0, -1)

    def project(self, points_m: Float64) -> Float64:
        """Pixel coordinates (..., 2), from the corner of the first pixel, of points (..., 3) in the optical frame.

        They may lie outside of the image. NaN for points of which the model knows no image: NaN itself, behind a
        pinhole, beyond the fold of a lens.
        """
        right, down = self._image_points(*np.moveaxis(np.asarray(points_m, np.float64), -1, 0))
        u = self.cx + self.fx * right
        if self.model == "equirectangular":
            # The seam may be anywhere, also ahead: a turn further is the same direction.
            turned = np.mod(u, 2.0 * np.pi * self.fx)
            u = np.where(turned < self.width, turned, u)
        return np.stack([u, self.cy + self.fy * down], axis=-1)

    def _image_points(self, x: Float64, y: Float64, z: Float64) -> tuple[Float64, Float64]:
        if self.model == "equirectangular":
            return np.arctan2(x, z), np.arctan2(y, np.hypot(x, z))
        if self.model == "fisheye":
            aside = np.hypot(x, y)
            radius = bend_fisheye(np.arctan2(aside, z), self.distortion)
            # Straight ahead any scale will do; straight behind is everywhere on the rim, so nowhere.
            scale = np.divide(radius, aside, out=np.where(z > 0.0, 0.0, np.nan), where=aside > 0.0)
            return x * scale, y * scale
        ahead = np.where(z > _NEAREST_M, z, np.nan)
        if not self.distortion:
            return x / ahead, y / ahead
        return bend_pinhole(x / ahead, y / ahead, self.distortion)


@lru_cache(maxsize=_CAMERAS_REMEMBERED)
def ray_planes(camera: Camera) -> Float32:
    """`Camera.rays()` as three images (3, height, width): x, y and z."""
    right = (np.arange(camera.width, dtype=np.float64) + 0.5 - camera.cx) / camera.fx
    down = (np.arange(camera.height, dtype=np.float64) + 0.5 - camera.cy) / camera.fy
    planes = np.empty((3, camera.height, camera.width), np.float32)
    if camera.model == "equirectangular":
        cos_down = np.cos(down)[:, None]
        planes[:] = np.sin(right) * cos_down, np.broadcast_to(np.sin(down)[:, None], planes.shape[1:]), (
            np.cos(right) * cos_down
        )
    else:
        x, y = np.meshgrid(right, down)
        planes[:] = _fisheye_rays(x, y, camera) if camera.model == "fisheye" else _pinhole_rays(x, y, camera)
    planes.flags.writeable = False
    return planes


def _pinhole_rays(x: Float64, y: Float64, camera: Camera) -> tuple[Float64, Float64, Float64]:
    if camera.distortion:
        x, y = unbend_pinhole(x, y, camera.distortion)
    return x, y, np.where(np.isnan(x), np.nan, 1.0)


def _fisheye_rays(x: Float64, y: Float64, camera: Camera) -> tuple[Float64, Float64, Float64]:
    radius = np.hypot(x, y)
    angle = unbend_fisheye(radius, camera.distortion)
    aside = np.divide(np.sin(angle), radius, out=np.ones_like(radius), where=radius > 0.0)
    return x * aside, y * aside, np.cos(angle)
