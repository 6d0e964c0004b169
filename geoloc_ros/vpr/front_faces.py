"""What a camera on a vehicle sees, as photos by themselves: level, and of a known direction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.photo_config import PhotoConfig
from geoloc_ros.core.types import Float32, Float64, Pose3, UInt8

# Wide enough for any network; finer than most panoramas.
_MOST_WIDTH = 640
# A face that shows less of the camera's image is none.
_LEAST_SHARE = 0.8
_CAMERAS_REMEMBERED = 8


@dataclass(frozen=True)
class Face:
    """One photo of what a camera saw."""

    image: UInt8
    """(h, w, 3), red first."""
    yaw_rad: float
    """Where it looks on the vehicle: 0 is ahead, counter-clockwise."""


@dataclass(frozen=True)
class _Cut:
    yaw_rad: float
    u: Float32
    v: Float32


def cut_faces(image: UInt8, camera: Camera, base_from_camera: Pose3, config: PhotoConfig) -> tuple[Face, ...]:
    """Photos of an image (H, W, 3): of a pinhole the image itself, of others level faces, the one ahead first.

    Raises:
        ObservationError: If the image is not of the camera's size, or the camera sees none of the faces.
    """
    if image.shape != (camera.height, camera.width, 3):
        raise ObservationError(f"image of shape {image.shape} of a camera of {camera.width} x {camera.height} pixels")
    rotation = base_from_camera.rotation
    if camera.model == "pinhole":
        ahead = rotation[:, 2]
        return (Face(image, float(np.arctan2(ahead[1], ahead[0]))),)
    turned = tuple(float(value) for value in rotation.ravel())
    cuts = _cuts(camera, turned, config.num_faces, config.face_fov_deg)
    if not cuts:
        raise ObservationError(
            f"none of {config.num_faces} faces of {config.face_fov_deg:g} degrees is in the image of this "
            f"{camera.model} camera; correct its mount, or set photo.num_faces"
        )
    border = cv2.BORDER_WRAP if _wraps(camera) else cv2.BORDER_REPLICATE
    return tuple(
        Face(np.asarray(cv2.remap(image, cut.u, cut.v, cv2.INTER_LINEAR, borderMode=border), np.uint8), cut.yaw_rad)
        for cut in cuts
    )


@lru_cache(maxsize=_CAMERAS_REMEMBERED)
def _cuts(camera: Camera, rotation: tuple[float, ...], num_faces: int, fov_deg: float) -> tuple[_Cut, ...]:
    """Maps of the faces that the camera sees."""
    camera_from_base = np.array(rotation).reshape(3, 3).T
    width = min(_MOST_WIDTH, max(16, round(2.0 * camera.fx * np.tan(np.radians(0.5 * fov_deg)))))
    # Photos are as a rule three quarters as high as wide.
    face = Camera.pinhole(width, max(12, round(0.75 * width)), np.radians(fov_deg))
    found = []
    for number in range(num_faces):
        yaw_rad = float((number * 2.0 * np.pi / num_faces + np.pi) % (2.0 * np.pi) - np.pi)
        rays = face.rays().astype(np.float64) @ (camera_from_base @ _level(yaw_rad)).T
        u, v = np.moveaxis(camera.project(rays), -1, 0)
        if _wraps(camera):
            v = np.clip(v, 0.5, camera.height - 0.5)
        with np.errstate(invalid="ignore"):
            is_seen = (u >= 0.0) & (u <= camera.width) & (v >= 0.0) & (v <= camera.height)
        if is_seen.mean() >= _LEAST_SHARE:
            u, v = (np.nan_to_num(axis - 0.5, nan=-1.0).astype(np.float32) for axis in (u, v))
            found.append(_Cut(yaw_rad, u, v))
    return tuple(found)


def _level(yaw_rad: float) -> Float64:
    """Rotation `base_from_face` of an upright camera that looks to `yaw_rad`."""
    ahead = np.array([np.cos(yaw_rad), np.sin(yaw_rad), 0.0])
    down = np.array([0.0, 0.0, -1.0])
    return np.stack([np.cross(down, ahead), down, ahead], axis=1)


def _wraps(camera: Camera) -> bool:
    return camera.model == "equirectangular" and abs(2.0 * np.pi * camera.fx - camera.width) < 1.0
