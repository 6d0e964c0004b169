"""Scenes of `geoloc simulate scene` (`docs/formats.md`): `scene.json`, images, depth, the true surface."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError, ObservationError
from geoloc_ros.core.posed_images import PosedScene
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.datasets.scenes.checked_camera import camera_from_json
from geoloc_ros.datasets.scenes.checked_pose import pose_from_matrix
from geoloc_ros.datasets.scenes.surface_file import read_surface
from geoloc_ros.datasets.scenes.views import Views

_FILE, _KIND, _VERSION = "scene.json", "simulated_scene", 1
_PARTS = ("train", "test")
_SAID_EVERY = 200


def is_simulated(folder: Path) -> bool:
    """By `scene.json`."""
    return (folder / _FILE).is_file()


def load_simulated(folder: Path, progress: ProgressCallback) -> PosedScene:
    """All views of a simulated scene, with its surface.

    Raises:
        DatasetError: If `scene.json` or the surface cannot be read, or no image can be used.
    """
    path = folder / _FILE
    described = _described(path)
    try:
        camera, title = camera_from_json(described["camera"]), str(described["title"])
        views = Views(folder, float(described["depth_unit_m"]))
        tests = {str(row["image"]) for row in described["test"]}
        rows = [row for part in _PARTS for row in described[part]]
        for number, row in enumerate(rows):
            if number % _SAID_EVERY == 0:
                progress("reading poses", number / len(rows))
            _add(views, row, camera)
        surface_file = folder / str(described["surface"])
    except (KeyError, TypeError, ValueError, OverflowError, ObservationError) as error:
        raise DatasetError(
            f"'{path}' is not as simulated scenes are ({type(error).__name__}: {error}); make it again"
        ) from error
    progress("reading poses", 1.0)
    surface = read_surface(surface_file, views.positions_m()) if len(views) else None
    return views.scene(title, tests, surface)


def _described(path: Path) -> dict[str, Any]:
    try:
        described = dict(json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise DatasetError(f"'{path}' cannot be read ({error}); make the scene again") from error
    found = (described.get("kind"), described.get("format_version"))
    if found != (_KIND, _VERSION):
        raise DatasetError(
            f"'{path}' is a {found[0]} of format {found[1]}, this version reads a {_KIND} of format {_VERSION}; make "
            "it again with `geoloc simulate scene`"
        )
    return described


def _add(views: Views, row: dict[str, Any], camera: Camera) -> None:
    file = str(row["image"])
    upper = np.array(row["scene_from_camera"], np.float64)
    try:
        pose = pose_from_matrix(np.concatenate([upper, [[0.0, 0.0, 0.0, 1.0]]]))
    except ValueError as error:
        views.complain(file, str(error))
        return
    views.add(file, camera, pose, str(row["depth"]), int(np.int64(row["stamp_ns"])))
