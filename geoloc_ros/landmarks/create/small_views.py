"""Images of a scene, made small: what is enough to see whether things fit, in milliseconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.depth_files import depth_view, usable_depth
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.types import Float32, Int64, Pose3

_WIDTH = 160


@dataclass(frozen=True)
class SmallView:
    """A camera, its pose, and the depth it measured."""

    camera: Camera
    """Of the depth, where there is some and another camera took it."""
    scene_from_camera: Pose3
    depth_m: Float32 | None
    """(H, W), NaN where there is none."""


def small_views(images: PosedImages, rows: Int64, progress: Callable[[float], None]) -> tuple[SmallView, ...]:
    """The images of these rows."""
    views = []
    for count, row in enumerate(rows.tolist()):
        camera, pose = depth_view(images, row)
        small = smaller(camera)
        depth_m = usable_depth(images, row)
        if depth_m is not None:
            depth_m = depth_m[_picked(camera.height, small.height)][:, _picked(camera.width, small.width)]
        views.append(SmallView(small, pose, depth_m))
        progress((count + 1) / len(rows))
    return tuple(views)


def smaller(camera: Camera) -> Camera:
    """The camera with larger pixels, no more than a few ten thousand."""
    scale = min(1.0, _WIDTH / camera.width)
    width, height = max(1, round(camera.width * scale)), max(1, round(camera.height * scale))
    across, down = width / camera.width, height / camera.height
    return Camera(
        camera.model, width, height, camera.fx * across, camera.fy * down, camera.cx * across, camera.cy * down,
        camera.distortion,
    )


def _picked(size: int, small: int) -> Int64:
    """The pixels in which the centres of larger ones lie."""
    return np.floor((np.arange(small) + 0.5) * size / small).astype(np.int64)
