"""What networks of landmarks are shown; training and the robot make it here, so that both see the same."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import Bool, Float32, UInt8

UNSEEN: Final = 128
"""Grey of pixels that the image does not cover."""

_CAMERAS_REMEMBERED: Final = 8
# Linear interpolation reads two pixels: what shrinks by more is averaged before.
_SHRUNK_AT_ONCE: Final = 1.3


@dataclass(frozen=True)
class PreparedImage:
    """An image as the canonical camera would have taken it from the same place."""

    planes: Float32
    """(3, H, W), red, green, blue, from 0 to 1."""
    covered: Bool
    """(H, W); False where the image that it was made of shows nothing, which is grey here."""


@dataclass(frozen=True)
class _Table:
    shrunk: tuple[int, int] | None
    """Width and height that the image is averaged to before; None is not at all."""
    column: Float32
    """(H, W), where to read, with pixel centres at whole numbers as OpenCV has them."""
    row: Float32
    covered: Bool


class LandmarkInput:
    """Resamples images of any camera by its rays; the pose stays what it was, only the intrinsics change.

    One network sees the world at one size and focal length: what a patch looks like does not depend on who took the
    image. Lens distortion goes away on the way. Tables are kept for the last few cameras; not for several threads.
    """

    def __init__(self, camera: Camera) -> None:
        """`camera` is the canonical one, an ideal pinhole."""
        if camera.model != "pinhole" or camera.distortion:
            raise ObservationError(f"the canonical camera is an ideal pinhole, not a {camera.model} with distortion")
        self.camera = camera
        self._tables: OrderedDict[Camera, _Table] = OrderedDict()

    def prepare(self, image: UInt8, camera: Camera) -> PreparedImage:
        """What the canonical camera sees of an image (h, w, 3), red first, that `camera` took.

        Raises:
            ObservationError: It is no colour image, not of the camera's size, or nothing of it is in view.
        """
        pixels, covered = self.resample(image, camera)
        planes = np.empty((3, *pixels.shape[:2]), np.float32)
        np.multiply(pixels.transpose(2, 0, 1), np.float32(1.0 / 255.0), out=planes)
        return PreparedImage(planes, covered)

    def resample(self, image: UInt8, camera: Camera) -> tuple[UInt8, Bool]:
        """As `prepare`, as bytes (H, W, 3)."""
        if image.dtype != np.uint8 or image.shape != (camera.height, camera.width, 3):
            raise ObservationError(
                f"the image is {image.dtype} {image.shape}, its camera says uint8 ({camera.height}, {camera.width}, 3);"
                " check that camera_info belongs to this image"
            )
        table = self._table(camera)
        if table.shrunk is not None:
            image = np.asarray(cv2.resize(image, table.shrunk, interpolation=cv2.INTER_AREA), np.uint8)
        seen = cv2.remap(
            image, table.column, table.row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        pixels = np.asarray(seen, np.uint8)
        pixels[~table.covered] = UNSEEN
        return pixels, table.covered

    def _table(self, camera: Camera) -> _Table:
        if camera in self._tables:
            self._tables.move_to_end(camera)
            return self._tables[camera]
        table = _make_table(self.camera, camera)
        if not table.covered.any():
            raise ObservationError(
                f"nothing that the {camera.model} camera of {camera.width}x{camera.height} sees lies in view of the "
                "network's; check its intrinsics"
            )
        self._tables[camera] = table
        if len(self._tables) > _CAMERAS_REMEMBERED:
            self._tables.popitem(last=False)
        return table


def canonical_camera(cameras: tuple[Camera, ...], width: int, height: int) -> Camera:
    """Ideal pinhole of that size in pixels that sees as wide as the cameras do in the median, square pixels.

    The image of a camera of another shape has a grey border, rather than losing what it shows.
    """
    focal = float(np.median([_focal_when_fitted(camera, width, height) for camera in cameras]))
    return Camera("pinhole", width, height, focal, focal, width / 2.0, height / 2.0)


def _focal_when_fitted(camera: Camera, width: int, height: int) -> float:
    """Focal length at which the camera's image just fills the larger part of width x height."""
    if camera.model == "equirectangular":
        raise ObservationError("landmarks are not found in panoramas; cut a perspective image out of it first")
    return float(min(camera.fx * width / camera.width, camera.fy * height / camera.height))


def _make_table(canonical: Camera, camera: Camera) -> _Table:
    shrink = max(1.0, _scale(camera) / _scale(canonical))
    shrunk = None
    if shrink > _SHRUNK_AT_ONCE:
        shrunk = max(1, round(camera.width / shrink)), max(1, round(camera.height / shrink))
        camera = scaled_camera(camera, *shrunk)
    pixel = camera.project(np.asarray(canonical.rays(), np.float64))
    inside = (pixel[..., 0] >= 0.0) & (pixel[..., 0] <= camera.width)
    inside &= (pixel[..., 1] >= 0.0) & (pixel[..., 1] <= camera.height)
    read = np.where(inside[..., None], pixel - 0.5, -1.0).astype(np.float32)
    return _Table(shrunk, np.ascontiguousarray(read[..., 0]), np.ascontiguousarray(read[..., 1]), inside)


def scaled_camera(camera: Camera, width: int, height: int) -> Camera:
    """The camera of an image that was resized."""
    right, down = width / camera.width, height / camera.height
    return replace(
        camera, width=width, height=height, fx=camera.fx * right, fy=camera.fy * down, cx=camera.cx * right,
        cy=camera.cy * down,
    )  # fmt: skip


def _scale(camera: Camera) -> float:
    """Pixels per radian ahead."""
    return float(np.sqrt(camera.fx * camera.fy))
