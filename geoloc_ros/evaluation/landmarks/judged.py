"""Views of a scene, asked one by one, with what was answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.depth_files import depth_in_image, usable_depth
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.landmarks import CameraAnswer, NotFound
from geoloc_ros.core.photo_files import read_photo
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Float64, UInt8
from geoloc_ros.evaluation.landmarks.errors import PoseErrors, errors_of

FindCamera = Callable[[UInt8, Camera, np.random.Generator], CameraAnswer]
"""An image (H, W, 3), red first, and its camera to the pose; draws with what it is given."""
Change = Callable[[UInt8, np.random.Generator], UInt8]
"""Of an image, before it is asked."""


@dataclass(frozen=True)
class JudgedViews:
    """Q views of a scene and what was answered."""

    images: PosedImages
    """(Q,)."""
    answers: tuple[CameraAnswer, ...]
    """(Q,)."""
    errors: PoseErrors
    """(Q,)."""


def judge_views(
    find: FindCamera, images: PosedImages, distance_m: Float64, seed: int, progress: ProgressCallback = no_progress,
    change: Change | None = None,
) -> JudgedViews:
    """Ask for every view, each with draws of its own, so that a view's answer does not depend on the others.

    Args:
        find: Asked once per view; an image that it refuses (ObservationError) is not found.
        images: With their true poses.
        distance_m: (Q,), of the surface, `view_distance_m`.
        seed: Of what `find` and `change` draw.
        progress: Told once per view.
        change: Of the image, such as something in front of the camera.
    """
    answers = []
    for row in range(len(images)):
        image = read_photo(images.path(row))
        if change is not None:
            image = change(image, np.random.default_rng((seed, row, 1)))
        answers.append(_answer(find, image, images.camera[row], np.random.default_rng((seed, row))))
        progress(f"asking {images.name}", (row + 1) / len(images))
    return JudgedViews(images, tuple(answers), errors_of(images.scene_from_camera, answers, distance_m))


def _answer(find: FindCamera, image: UInt8, camera: Camera, rng: np.random.Generator) -> CameraAnswer:
    try:
        return find(image, camera, rng)
    except ObservationError as error:
        return NotFound(str(error), 0)


def view_distance_m(images: PosedImages) -> Float64:
    """Median depth (N,) of every view; NaN where an image has none that can be read."""
    return np.array([_median_depth_m(images, row) for row in range(len(images))])


def _median_depth_m(images: PosedImages, row: int) -> float:
    depth_m = usable_depth(images, row, depth_in_image)
    if depth_m is None:
        return float("nan")
    known = depth_m[np.isfinite(depth_m)]
    return float(np.median(known)) if len(known) else float("nan")
