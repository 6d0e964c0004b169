"""A scene that is learned in seconds: a square room seen from its middle, each spot of its walls in its own colour."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Float32, Float64, Pose3

SIDE_M, HEIGHT_M = 4.0, 2.0
CAMERA = Camera("pinhole", 96, 64, 60.0, 60.0, 48.0, 32.0)


def room() -> Surface:
    """Four walls about the origin, 4 m x 4 m, without floor and ceiling, seen from inside."""
    half, low, high = SIDE_M / 2.0, -HEIGHT_M / 2.0, HEIGHT_M / 2.0
    corners = [(half, -half), (half, half), (-half, half), (-half, -half)]
    vertices, normals, triangles = [], [], []
    for number, (x, y) in enumerate(corners):
        to_x, to_y = corners[(number + 1) % 4]
        inwards = np.array([-(x + to_x), -(y + to_y), 0.0])
        vertices += [(x, y, low), (to_x, to_y, low), (to_x, to_y, high), (x, y, high)]
        normals += [inwards / np.linalg.norm(inwards)] * 4
        first = 4 * number
        triangles += [(first, first + 2, first + 1), (first, first + 3, first + 2)]
    return Surface(
        np.array(vertices, np.float32), np.array(normals, np.float32), np.array(triangles, np.int32)
    )  # fmt: skip


def pose_at(x_m: float, y_m: float, yaw_rad: float) -> Pose3:
    """Looking level; the scene's z is up."""
    ahead = np.array([np.cos(yaw_rad), np.sin(yaw_rad), 0.0])
    down = np.array([0.0, 0.0, -1.0])
    return Pose3(np.stack([np.cross(down, ahead), down, ahead], axis=1), np.array([x_m, y_m, 0.0]))


def wall_points(pose: Pose3, camera: Camera = CAMERA) -> Float64:
    """Where in the scene (H, W, 3) each pixel of a level camera looks; NaN above and below the walls."""
    ray = pose.rotation @ np.asarray(camera.rays(), np.float64)[..., None]
    ray = ray[..., 0]
    at_m, half = pose.translation_m[:2], SIDE_M / 2.0
    with np.errstate(divide="ignore"):
        reach = np.where(ray[..., :2] > 0.0, half - at_m, half + at_m)
        along = np.min(reach / np.abs(ray[..., :2]), axis=-1, keepdims=True)
    points = pose.translation_m + along * ray
    points[np.abs(points[..., 2]) > HEIGHT_M / 2.0] = np.nan
    return np.asarray(points)


def colour_of(points_m: Float64) -> Float32:
    """(..., 3), 0 to 255; grey where there is nothing."""
    shade = 128.0 + 110.0 * np.sin(points_m @ np.array([[1.1, 0.3, 0.9], [0.4, 1.3, -0.7], [2.0, -1.0, 1.5]]).T)
    return np.nan_to_num(shade, nan=128.0).astype(np.float32)


def record_room(folder: Path, views: int) -> PosedImages:
    """Cameras that turn about near the middle of the room."""
    folder.mkdir(parents=True, exist_ok=True)
    poses = []
    for number in range(views):
        turn = 2.0 * np.pi * number / views
        poses.append(pose_at(0.3 * np.cos(3.0 * turn), 0.3 * np.sin(2.0 * turn), turn))
        image = np.ascontiguousarray(colour_of(wall_points(poses[-1]))[..., ::-1].astype(np.uint8))
        cv2.imwrite(str(folder / f"{number:03d}.png"), image)
    names = tuple(f"{number:03d}.png" for number in range(views))
    return PosedImages(
        "room", folder, names, (CAMERA,) * views, tuple(poses), ("",) * views, 0.0, np.full(views, -1, np.int64)
    )
