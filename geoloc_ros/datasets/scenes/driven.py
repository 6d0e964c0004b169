"""Scenes of drives whose poses were known: `drive.json`, images, depth (`docs/formats.md`)."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from geoloc_ros.core.artifacts import replace_folder
from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError, ObservationError
from geoloc_ros.core.posed_images import PosedScene
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import Float32, Pose3, UInt8
from geoloc_ros.datasets.scenes.checked_camera import camera_from_json
from geoloc_ros.datasets.scenes.checked_pose import pose_from_matrix
from geoloc_ros.datasets.scenes.surface_file import surface_beside
from geoloc_ros.datasets.scenes.views import Views

_FILE, _KIND, _VERSION = "drive.json", "driven_scene", 1
# 131 m fit into 16 bit.
_DEPTH_STEP_M = 0.002
_LARGEST_STEP = 65534
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 95]


class DrivenSceneWriter:
    """Collects the images of a drive in a hidden folder beside its destination."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        """Of what is written so far."""
        self._views: list[dict[str, object]] = []
        self._cameras: list[Camera] = []
        (folder / "images").mkdir()
        (folder / "depth").mkdir()

    def __len__(self) -> int:
        return len(self._views)

    def add(
        self, image: UInt8, depth_m: Float32 | None, camera: Camera, scene_from_camera: Pose3, stamp_ns: int
    ) -> None:
        """Write image (H, W, 3), red first, and depth (H, W) by the convention of the camera, if there is one."""
        if camera not in self._cameras:
            self._cameras.append(camera)
        names = f"images/{stamp_ns}.jpg", f"depth/{stamp_ns}.png" if depth_m is not None else ""
        self._write(names[0], image[..., ::-1], _JPEG)
        if depth_m is not None:
            steps = np.rint(np.nan_to_num(depth_m, nan=0.0, posinf=0.0, neginf=0.0) / _DEPTH_STEP_M)
            self._write(names[1], np.where(steps <= _LARGEST_STEP, np.maximum(steps, 0), 0).astype(np.uint16), [])
        pose = np.column_stack([scene_from_camera.rotation, scene_from_camera.translation_m]).tolist()
        self._views.append({
            "image": names[0], "depth": names[1], "stamp_ns": stamp_ns, "camera": self._cameras.index(camera),
            "scene_from_camera": pose,
        })  # fmt: skip

    def finish(self, title: str) -> None:
        """Write what the folder holds."""
        described = {
            "kind": _KIND, "format_version": _VERSION, "title": title, "depth_unit_m": _DEPTH_STEP_M,
            "cameras": [asdict(camera) for camera in self._cameras], "views": self._views,
        }
        (self.folder / _FILE).write_text(json.dumps(described) + "\n")

    def _write(self, name: str, pixels: Any, options: list[int]) -> None:
        _, coded = cv2.imencode(Path(name).suffix, pixels, options)
        (self.folder / name).write_bytes(coded.tobytes())


@contextmanager
def write_driven(folder: Path) -> Iterator[DrivenSceneWriter]:
    """Build a scene; it appears whole, replacing an older one, when the block ends well.

    Raises:
        DatasetError: If something else lies there, or the folder cannot be written.
    """
    if folder.exists() and not is_driven(folder):
        raise DatasetError(f"'{folder}' exists and is no scene of a drive; choose another name or remove it")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise DatasetError(f"cannot write beside '{folder}': {error.strerror}; choose another place") from error
    try:
        yield DrivenSceneWriter(partial)
        partial.chmod(0o755)
        replace_folder(partial, folder)
    except OSError as error:
        raise DatasetError(f"cannot write '{folder}': {error.strerror or error}; choose another place") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def is_driven(folder: Path) -> bool:
    """By `drive.json`."""
    return (folder / _FILE).is_file()


def load_driven(folder: Path, progress: ProgressCallback) -> PosedScene:
    """All images of a drive; `test.txt` may name some that are kept apart, a mesh or cloud may lie beside.

    Raises:
        DatasetError: If `drive.json` cannot be read, or no image can be used.
    """
    path = folder / _FILE
    try:
        described = json.loads(path.read_bytes())
        if (described["kind"], described["format_version"]) != (_KIND, _VERSION):
            raise ValueError(f"it is a {described['kind']} of format {described['format_version']}")
        cameras = [camera_from_json(camera) for camera in described["cameras"]]
        views, title = Views(folder, float(described["depth_unit_m"])), str(described["title"])
        for view in described["views"]:
            _add(views, view, cameras)
    except (OSError, ValueError, KeyError, TypeError, IndexError, OverflowError, ObservationError) as error:
        raise DatasetError(
            f"'{path}' is not as `geoloc train scene` writes it ({type(error).__name__}: {error}); make it again"
        ) from error
    progress("reading poses", 1.0)
    return views.scene(title, views.listed_tests(folder), surface_beside(folder, views.positions_m()))


def _add(views: Views, view: dict[str, Any], cameras: list[Camera]) -> None:
    file, upper = str(view["image"]), np.array(view["scene_from_camera"], np.float64)
    try:
        pose = pose_from_matrix(np.concatenate([upper, [[0.0, 0.0, 0.0, 1.0]]]))
    except ValueError as error:
        views.complain(file, str(error))
        return
    views.add(file, cameras[int(view["camera"])], pose, str(view["depth"]), int(np.int64(view["stamp_ns"])))
