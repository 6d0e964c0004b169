"""Depth of posed images, out of their files: as it was measured, or as the camera of the image would see it."""

from __future__ import annotations

import logging
from collections.abc import Callable

import cv2
import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.types import Float32, Pose3

logger = logging.getLogger(__name__)

NO_DEPTH = (0, 65535)
"""What depth images hold where nothing was measured; 7-Scenes has the latter."""


def depth_view(images: PosedImages, number: int) -> tuple[Camera, Pose3]:
    """What took the depth of an image, and its `scene_from_depth`."""
    apart = images.depth_camera
    if apart is None:
        return images.camera[number], images.scene_from_camera[number]
    return apart.camera, images.scene_from_camera[number] @ apart.camera_from_depth


def measured_depth(images: PosedImages, number: int) -> Float32:
    """Depth (H, W) in metres by the convention of its camera (`depth_view`); NaN where there is none.

    Raises:
        DatasetError: If the image has no depth, or its file is missing, broken, or of another form or size.
    """
    if not images.depth_file[number]:
        raise DatasetError(f"image '{images.path(number)}' has no depth; give a mesh or a point cloud of the scene")
    path = images.root / images.depth_file[number]
    try:
        coded = np.fromfile(path, np.uint8)
        steps = cv2.imdecode(coded, cv2.IMREAD_UNCHANGED) if len(coded) else None
    except OSError as error:
        raise DatasetError(f"cannot read depth '{path}': {error.strerror}") from error
    except cv2.error as error:  # it claims to be larger than any image
        raise DatasetError(f"depth '{path}' cannot be decoded: {error.err}") from error
    camera, _ = depth_view(images, number)
    if steps is None or steps.dtype != np.uint16 or steps.shape != (camera.height, camera.width):
        seen = "broken" if steps is None else f"{steps.dtype} of {'x'.join(map(str, steps.shape[1::-1]))} pixels"
        raise DatasetError(f"depth '{path}' is {seen}; expected 16 bit of {camera.width}x{camera.height} pixels")
    depth_m: Float32 = steps.astype(np.float32)
    depth_m *= np.float32(images.depth_unit_m)
    depth_m[np.isin(steps, NO_DEPTH)] = np.nan
    return depth_m


def depth_in_image(images: PosedImages, number: int) -> Float32:
    """Depth (H, W) in metres, pixel by pixel of the image; NaN where nobody measured.

    Where a camera apart measured it, every point goes to the pixel that it projects to, the nearest one winning.

    Raises:
        DatasetError: As `measured_depth`.
    """
    depth_m = measured_depth(images, number)
    apart = images.depth_camera
    if apart is None:
        return depth_m
    camera = images.camera[number]
    points_m = (apart.camera.rays() * depth_m[..., None]).reshape(-1, 3).astype(np.float64)
    points_m = apart.camera_from_depth.apply(points_m)
    pixel = np.floor(camera.project(points_m))
    inside = np.all((pixel >= 0.0) & (pixel < [camera.width, camera.height]), axis=1)
    column, row = pixel[inside].astype(np.int64).T
    seen_m = np.full((camera.height, camera.width), np.inf, np.float32)
    np.minimum.at(seen_m, (row, column), camera.depth_of(points_m[inside]).astype(np.float32))
    return np.where(np.isfinite(seen_m), seen_m, np.float32(np.nan))


def usable_depth(
    images: PosedImages, number: int, read: Callable[[PosedImages, int], Float32] = measured_depth
) -> Float32 | None:
    """What `read` makes of the depth of an image; None where it has none, or a broken one, which is told in the log."""
    if not images.depth_file[number] or images.depth_unit_m == 0.0:
        return None
    try:
        return read(images, number)
    except DatasetError as error:
        logger.warning("its image is used without depth: %s", error)
        return None
