"""Rooms that are boxes, and what depth cameras in them measure."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.types import Float64, Pose3

CAMERA = Camera.pinhole(96, 72, np.radians(100.0))
UNIT_M = 0.001
_AHEAD_IS_X = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


def look_around(position_m: Float64) -> list[Pose3]:
    """Views to all sides, every 45 degrees, level and up and down."""
    return [
        Pose3(rotation_from_rpy(0.0, pitch, yaw) @ _AHEAD_IS_X, np.asarray(position_m, np.float64))
        for pitch in (-1.2, -0.5, 0.0, 0.5, 1.2)
        for yaw in np.arange(8) * np.pi / 4.0
    ]


def room_depth(camera: Camera, pose: Pose3, half_m: Float64) -> Float64:
    """Depth (H, W) along z of the inside of a box around the origin, with half lengths (3,)."""
    rays = camera.rays().astype(np.float64) @ pose.rotation.T
    with np.errstate(divide="ignore", invalid="ignore"):
        along = (np.sign(rays) * half_m - pose.translation_m) / rays
    return np.asarray(np.nanmin(np.where(along > 0.0, along, np.nan), axis=-1))


def room_images(
    folder: Path, half_m: Float64, poses: list[Pose3], camera: Camera = CAMERA, unit_m: float = UNIT_M
) -> PosedImages:
    """Depth images of a room, in files."""
    files = []
    for number, pose in enumerate(poses):
        steps = np.nan_to_num(room_depth(camera, pose, half_m) / unit_m, nan=0.0)
        files.append(f"{number:03d}.png")
        assert cv2.imwrite(str(folder / files[-1]), np.round(steps).astype(np.uint16))
    count = len(poses)
    return PosedImages(
        "room", folder, ("none.png",) * count, (camera,) * count, tuple(poses), tuple(files), unit_m,
        np.full(count, -1, np.int64),
    )
