"""Images with their cameras, one by one: of a bag, of a scene, or of a folder with a calibration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photo_files import read_photo
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Pose3, UInt8
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.datasets.bag_frames import BagImage
from geoloc_ros.datasets.scenes.calibration_file import CALIBRATION_FILE, read_calibration
from geoloc_ros.datasets.scenes.open_scene import LAYOUTS, open_scene

_ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".tif", ".tiff", ".bmp", ".webp")
_NOT_MOUNTED = Pose3(np.eye(3), np.zeros(3))
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True)
class Shot:
    """An image that somebody took; read on demand, since a bad one spoils no other."""

    name: str
    """File or stamp, for people."""
    stamp_ns: int
    base_from_camera: Pose3
    """Mount of the camera; identity where there is no vehicle."""
    read: Callable[[], tuple[UInt8, Camera]]
    """Image (H, W, 3), red first, and its camera; ObservationError or DatasetError where it is broken."""


@dataclass(frozen=True)
class Recording:
    """Images in their order."""

    shots: Iterable[Shot]
    count: int
    """About."""
    is_of_vehicle: bool
    """Whether the mounts of cameras are known: else poses are those of cameras."""
    truth: PosedImages | None
    """Where the cameras really were, image by image, in the frame of a scene; None where nobody knows."""


def is_bag(source: Path) -> bool:
    """By its name or what lies in it."""
    return source.suffix == ".mcap" or (source / "metadata.yaml").is_file()


def open_recording(source: Path, progress: ProgressCallback = no_progress) -> Recording:
    """What was recorded at `source`.

    Args:
        source: A bag; a scene, of which those views are taken that are kept to test with, or all where none are; or a
            folder of images of one camera that `camera.yaml` describes.
        progress: Told about reading a scene.

    Raises:
        DatasetError: If it is none of them, or has no image.
    """
    if is_bag(source):
        reader = BagReader(source)
        return Recording(map(_of_bag, reader.images()), len(reader), reader.has_mounts(), None)
    camera = read_calibration(source) if source.is_dir() else None
    if camera is not None and not any(layout.is_it(source) for layout in LAYOUTS):
        return _folder(source, camera)
    if not source.is_dir():
        raise DatasetError(f"no bag and no folder '{source}'; give a bag, a scene, or a folder of images")
    try:
        scene = open_scene(source, progress)
    except DatasetError as error:
        raise DatasetError(f"{error}; or a folder of images with {CALIBRATION_FILE} beside them") from error
    images = scene.test if len(scene.test) else scene.train
    return Recording(_of_images(images), len(images), False, images)


def _of_bag(image: BagImage) -> Shot:
    def read() -> tuple[UInt8, Camera]:
        frame = image.camera_frame()
        assert frame.image is not None  # images with this part were asked for
        return frame.image, frame.camera

    return Shot(str(image.stamp_ns), image.stamp_ns, image.base_from_camera, read)


def _of_images(images: PosedImages) -> Iterator[Shot]:
    for row in range(len(images)):
        stamp_ns = int(images.stamp_ns[row])
        yield _of_file(
            images.path(row), images.file[row], images.camera[row], row * _SECOND_NS if stamp_ns < 0 else stamp_ns
        )


def _folder(folder: Path, camera: Camera) -> Recording:
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in _ENDINGS)
    if not files:
        raise DatasetError(f"no image in '{folder}' (looked for {', '.join(_ENDINGS)})")
    # A second each: nobody knows when they were taken, and trajectories want stamps.
    shots = [_of_file(file, file.name, camera, number * _SECOND_NS) for number, file in enumerate(files)]
    return Recording(shots, len(shots), False, None)


def _of_file(file: Path, name: str, camera: Camera, stamp_ns: int) -> Shot:
    return Shot(name, stamp_ns, _NOT_MOUNTED, lambda: (read_photo(file), camera))
