"""Do images look alike where the surface says that they show the same?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.types import Float32, Float64, Int64
from geoloc_ros.landmarks.create.mistakes import focal_mistakes, frame_mistakes
from geoloc_ros.landmarks.create.small_views import SmallView, smaller
from geoloc_ros.landmarks.create.surface_renderer import SurfaceRenderer

# Each image is compared with those that were taken so many images later: near enough to show the same.
_LATER = (1, 3, 10)
# What is finer than this counts, pixels of a small image: light and exposure do not.
_BLUR_PX = 4.0
# A point is seen by both if their depths of it agree so well, and a pair counts if so much of an image is seen by both.
_SAME_DEPTH, _LEAST_SHARED = 0.05, 0.15
# Images that are so much alike need no explanation. A mistake explains why they are not if it makes them so much more
# alike, and alike at all.
_FINE, _MORE_ALIKE, _ALIKE = 0.6, 0.15, 0.3


@dataclass(frozen=True)
class SmallPhoto:
    """A small image of which only details are left."""

    view: SmallView
    detail: Float32
    """(H, W), grey values less those of the surroundings."""


@dataclass(frozen=True)
class PhotoFit:
    """How alike images are where they show the same."""

    alike: float
    """Mean correlation of their details, 1 is the same; NaN if no two share anything."""
    better: str
    """The mistake that would explain why it is little, as the end of a sentence; empty where none does."""
    better_alike: float
    """How alike they would be; NaN where none does."""


def small_photos(images: PosedImages, rows: Int64) -> tuple[tuple[SmallPhoto, ...], ...]:
    """The images of these rows, each followed by some that were taken soon after.

    Raises:
        DatasetError: If an image cannot be read.
    """
    return tuple(
        tuple(_small(images, other) for other in (row, *(row + later for later in _LATER)) if other < len(images))
        for row in rows.tolist()
    )


def explained_photos(renderer: SurfaceRenderer, walks: tuple[tuple[SmallPhoto, ...], ...]) -> PhotoFit:
    """Compare the first image of each walk with the others through the surface."""
    as_given = _likeness(renderer, walks, lambda view: view)
    if as_given.any() and as_given[as_given != 0.0].mean() > _FINE:
        return PhotoFit(float(as_given[as_given != 0.0].mean()), "", float("nan"))
    mistakes = (*frame_mistakes(), *focal_mistakes())
    undone = np.array([_likeness(renderer, walks, mistake.undo) for mistake in mistakes])
    # Pairs that share nothing whatever is undone say nothing.
    tells = (undone != 0.0).any(axis=0) | (as_given != 0.0)
    if not tells.any():
        return PhotoFit(float("nan"), "", float("nan"))
    alike, guesses = float(as_given[tells].mean()), undone[:, tells].mean(axis=1)
    best = int(np.argmax(guesses))
    if guesses[best] < max(_ALIKE, alike + _MORE_ALIKE):
        return PhotoFit(alike if as_given.any() else float("nan"), "", float("nan"))
    return PhotoFit(alike, mistakes[best].told, float(guesses[best]))


def _small(images: PosedImages, row: int) -> SmallPhoto:
    grey = cv2.imread(str(images.path(row)), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise DatasetError(f"image '{images.path(row)}' cannot be read; remove it from the scene or repair it")
    camera = smaller(images.camera[row])
    small = cv2.resize(grey, (camera.width, camera.height), interpolation=cv2.INTER_AREA).astype(np.float32)
    detail = small - cv2.GaussianBlur(small, (0, 0), _BLUR_PX)
    return SmallPhoto(SmallView(camera, images.scene_from_camera[row], None), np.asarray(detail, np.float32))


def _likeness(
    renderer: SurfaceRenderer, walks: tuple[tuple[SmallPhoto, ...], ...], undo: Callable[[SmallView], SmallView]
) -> Float64:
    """Correlation (P,) of details of each pair, once a mistake is undone; 0 for pairs that share too little."""
    found = []
    for first, *others in walks:
        view = undo(first.view)
        _, depth_m = renderer.draw(view.camera, view.scene_from_camera)
        points_m = (view.camera.rays() * depth_m[..., None]).astype(np.float64)
        points_m = view.scene_from_camera.apply(points_m)
        found += [_correlation_through(renderer, points_m, first.detail, other, undo(other.view)) for other in others]
    return np.array(found, np.float64)


def _correlation_through(
    renderer: SurfaceRenderer, points_m: Float64, detail: Float32, other: SmallPhoto, view: SmallView
) -> float:
    """Correlation of the details of an image, whose pixels show `points_m` (H, W, 3), and those of another there."""
    points_m = view.scene_from_camera.inverse().apply(points_m)
    # From the corner of the first pixel to its centre, which is what remap counts from.
    across, down = np.moveaxis(view.camera.project(points_m).astype(np.float32) - np.float32(0.5), -1, 0)
    _, seen_m = renderer.draw(view.camera, view.scene_from_camera)
    there_m = cv2.remap(seen_m, across, down, cv2.INTER_NEAREST, borderValue=float("nan"))
    is_shared = np.abs(view.camera.depth_of(points_m) / there_m - 1.0) < _SAME_DEPTH
    if is_shared.mean() < _LEAST_SHARED:
        return 0.0
    seen = cv2.remap(other.detail, across, down, cv2.INTER_LINEAR)
    return _correlation(detail[is_shared].astype(np.float64), seen[is_shared].astype(np.float64))


def _correlation(a: Float64, b: Float64) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float(np.dot(a, b) / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-9))
