"""Cambridge Landmarks: walks around buildings with a phone (Kendall et al., ICCV 2015).

`dataset_train.txt` and `dataset_test.txt`: image, centre of the camera in the scene, quaternion w x y z that turns the
scene into the camera. They know no focal lengths: those are in a COLMAP model beside, in `reconstruction.nvm`, or in a
`camera.yaml`, which comes first. A dense cloud or a mesh beside is the surface.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.posed_images import PosedScene
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import Float64, Pose3
from geoloc_ros.datasets.scenes.calibration_file import CALIBRATION_FILE, read_calibration
from geoloc_ros.datasets.scenes.checked_pose import pose_from_quaternion
from geoloc_ros.datasets.scenes.colmap import read_model
from geoloc_ros.datasets.scenes.colmap_model import find_model
from geoloc_ros.datasets.scenes.nvm import read_nvm
from geoloc_ros.datasets.scenes.surface_file import surface_beside
from geoloc_ros.datasets.scenes.views import Views, read_lines

_PARTS = ("dataset_train.txt", "dataset_test.txt")
_MODEL = "reconstruction.nvm"
_SAID_EVERY = 100


def is_cambridge(folder: Path) -> bool:
    """By the table of the images to learn from."""
    return (folder / _PARTS[0]).is_file()


def load_cambridge(folder: Path, progress: ProgressCallback) -> PosedScene:
    """One landmark.

    Raises:
        DatasetError: If a table cannot be read, nobody knows the cameras, or no image can be used.
    """
    views = Views(folder)
    camera_of = _cameras(folder, views)
    train, test = (_rows(folder / part) for part in _PARTS)
    for number, (file, numbers) in enumerate([*train, *test]):
        if number % _SAID_EVERY == 0:
            progress("reading images", number / (len(train) + len(test)))
        try:
            turned = pose_from_quaternion(numbers[3:], np.zeros(3))
        except ValueError as error:
            views.complain(file, str(error))
            continue
        if not np.isfinite(numbers).all():
            views.complain(file, "its position is not finite")
            continue
        views.add(file, camera_of(file), Pose3(turned.rotation.T, numbers[:3]))
    progress("reading images", 1.0)
    return views.scene(folder.name, {file for file, _ in test}, surface_beside(folder, views.positions_m()))


def _rows(path: Path) -> list[tuple[str, Float64]]:
    """Names, and seven numbers each. The first lines are titles."""
    if not path.is_file():
        return []
    rows: list[tuple[str, Float64]] = []
    for number, line in enumerate(read_lines(path), start=1):
        words = line.split()
        if len(words) < 2 or "." not in words[0]:
            continue
        try:
            values: Float64 = np.array([float(word) for word in words[1:]])
        except ValueError:
            if not rows:
                continue
            values = np.zeros(0)
        if values.shape != (7,):
            raise DatasetError(f"line {number} of '{path}' is no image with seven numbers: {line[:60]!r}")
        rows.append((words[0], values))
    return rows


def _cameras(folder: Path, views: Views) -> Callable[[str], Camera | None]:
    """The camera of an image, None where nobody knows it."""
    given = read_calibration(folder)
    if given is not None:
        return lambda file: given
    if find_model(folder) is not None:
        cameras, images = read_model(folder)
        known = {_stem(image.name): cameras.camera.get(image.camera) for image in images}
        return lambda file: known.get(_stem(file))
    if not (folder / _MODEL).is_file():
        raise DatasetError(
            f"nobody knows the cameras of '{folder}': put {_MODEL}, a COLMAP model (sparse/) or a {CALIBRATION_FILE} "
            "there"
        )
    lenses = read_nvm(folder / _MODEL)

    def camera_of(file: str) -> Camera | None:
        lens, size = lenses.get(_stem(file)), views.size_of(file)
        return lens.camera(*size) if lens and size else None

    return camera_of


def _stem(file: str) -> str:
    """Models name the JPEGs that the published PNGs were made from."""
    return file.rpartition(".")[0]
