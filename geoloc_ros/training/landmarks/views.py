"""The images of a scene with their labels, prepared once and kept on the disk while a network learns from them."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.depth_files import depth_in_image, usable_depth
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.landmarks import Landmarks, ViewLabels
from geoloc_ros.core.photo_files import read_photo
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Bool, Float16, Float32, Int64, Pose3, UInt8, UInt16
from geoloc_ros.landmarks.landmark_input import LandmarkInput

MOST_LANDMARKS: Final = 65_534
"""Labels are kept in two bytes."""
UNCOVERED: Final = 65_535
"""Label of pixels that the image does not cover."""
IGNORED: Final = -1
"""Landmark of cells that nothing is learned from."""
LEAST_VIEWS: Final = 3
"""Landmarks that fewer views show are not learned: they are none."""

RenderLabels = Callable[[Camera, Pose3, Float32 | None], ViewLabels]
"""As `landmarks.create.view_labels.LabelRenderer.render`."""

_ARRAYS: Final = ("image", "label", "depth_m")


@dataclass(frozen=True)
class LabelledViews:
    """N images as the canonical camera would have taken them; arrays lie on the disk."""

    camera: Camera
    image: UInt8
    """(N, H, W, 3)."""
    label: UInt16
    """(N, H, W), 0 to n, or UNCOVERED."""
    depth_m: Float16
    """(N, H, W), along z, of the surface; NaN where it is not seen. Half precision is good to 0.05 %."""
    scene_from_camera: tuple[Pose3, ...]
    landmarks: Landmarks
    """n of them, those that are learned."""
    number: Int64
    """(65536,), landmark of a stored label, 1 to n or 0; IGNORED for UNCOVERED."""

    def __len__(self) -> int:
        """N."""
        return len(self.image)


def prepare_views(
    images: PosedImages, landmarks: Landmarks, render: RenderLabels, camera: Camera, folder: Path,
    progress: ProgressCallback = no_progress,
) -> LabelledViews:
    """Resample the images and render their labels into `folder`, unless they are there from an earlier run.

    Raises:
        DatasetError: There are too many landmarks, or an image cannot be read.
    """
    if len(landmarks) > MOST_LANDMARKS:
        raise DatasetError(
            f"scene '{images.name}' has {len(landmarks)} landmarks, at most {MOST_LANDMARKS} can be learned; choose "
            "larger patches"
        )
    place = folder / f"views-{_digest(images, landmarks, camera)}"
    if not place.exists():
        partial = folder / f".{place.name}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        _write_views(images, render, camera, partial, progress)
        partial.rename(place)
    image, label, depth = (np.load(place / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _ARRAYS)
    kept = np.flatnonzero(_views_of_landmarks(label, len(landmarks)) >= LEAST_VIEWS)
    if not len(kept):
        raise DatasetError(
            f"no landmark of scene '{images.name}' is seen in {LEAST_VIEWS} of its {len(images)} images; give images "
            "that overlap, and see that poses and surface have the same frame"
        )
    number = np.zeros(UNCOVERED + 1, np.int64)
    number[kept + 1] = np.arange(1, len(kept) + 1)
    number[UNCOVERED] = IGNORED
    learned = Landmarks(landmarks.position_m[kept], landmarks.normal[kept], landmarks.patch_m)
    return LabelledViews(camera, image, label, depth, images.scene_from_camera, learned, number)


def forget_views(folder: Path) -> None:
    """Remove what `prepare_views` wrote."""
    for place in folder.glob("views-*"):
        shutil.rmtree(place)


def _write_views(
    images: PosedImages, render: RenderLabels, camera: Camera, folder: Path, progress: ProgressCallback
) -> None:
    shape = (len(images), camera.height, camera.width)
    image = _new_array(folder / "image.npy", np.uint8, (*shape, 3))
    label = _new_array(folder / "label.npy", np.uint16, shape)
    depth = _new_array(folder / "depth_m.npy", np.float16, shape)
    resampling = LandmarkInput(camera)
    for row in range(len(images)):
        pixels, covered = resampling.resample(read_photo(images.path(row)), images.camera[row])
        seen = render(camera, images.scene_from_camera[row], _measured_depth(images, row, camera))
        image[row] = pixels
        label[row] = np.where(covered, seen.landmark, UNCOVERED)
        depth[row] = np.where(covered, seen.depth_m, np.nan)
        progress(f"labelling {images.name}", (row + 1) / len(images))
    for array in (image, label, depth):
        array.flush()


def _new_array(path: Path, dtype: type[np.generic], shape: tuple[int, ...]) -> Any:
    return np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)


def _measured_depth(images: PosedImages, row: int, camera: Camera) -> Float32 | None:
    """(H, W) of the canonical camera, along z, NaN where nothing was measured; None where the image has no depth."""
    taken, stored_m = images.camera[row], usable_depth(images, row, depth_in_image)
    if stored_m is None:
        return None
    rays = np.asarray(camera.rays(), np.float64)
    pixel = taken.project(rays)
    inside: Bool = (pixel >= 0.0).all(-1) & (pixel[..., 0] < taken.width) & (pixel[..., 1] < taken.height)
    column, down = (np.where(inside, pixel[..., axis], 0.0).astype(np.intp) for axis in (0, 1))
    measured_m = np.where(inside, stored_m[down, column], np.float32(np.nan))
    # The canonical camera looks the same way from the same place: only the convention of depth may differ.
    return measured_m / np.linalg.norm(rays, axis=-1).astype(np.float32) if taken.has_euclidean_depth else measured_m


def _views_of_landmarks(label: UInt16, count: int) -> Int64:
    """How many views show each of `count` landmarks."""
    views = np.zeros(UNCOVERED + 1, np.int64)
    for each in label:
        views[np.unique(each)] += 1
    return views[1 : count + 1]


def _digest(images: PosedImages, landmarks: Landmarks, camera: Camera) -> str:
    """Of what the arrays follow from."""
    digest = hashlib.sha256(json.dumps([str(images.root), images.file, asdict(camera)]).encode())
    for pose in images.scene_from_camera:
        digest.update(np.column_stack([pose.rotation, pose.translation_m]).tobytes())
    digest.update(landmarks.position_m.tobytes())
    return digest.hexdigest()[:16]
