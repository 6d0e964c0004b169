"""COLMAP's text files: lines of words, those with "#" in front are comments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.types import Float32
from geoloc_ros.datasets.scenes.colmap_camera import MODELS, colmap_camera
from geoloc_ros.datasets.scenes.colmap_model import ColmapCameras, ColmapImage

_MODELS = {model.name: model for model in MODELS}


def read_text_cameras(path: Path) -> ColmapCameras:
    """CAMERA_ID MODEL WIDTH HEIGHT and the numbers of the model.

    Raises:
        DatasetError: If the file cannot be read or a line is no camera.
    """
    cameras = ColmapCameras({}, {})
    for number, line in _lines(path):
        words = line.split()
        if not words:
            continue
        try:
            identity, model, width, height = int(words[0]), words[1], int(words[2]), int(words[3])
            values = [float(word) for word in words[4:]]
        except (ValueError, IndexError):
            raise DatasetError(f"line {number} of '{path}' is no camera: {line[:60]!r}") from None
        try:
            if model not in _MODELS:
                raise ValueError(f"its model {model} is not known here")
            cameras.camera[identity] = colmap_camera(_MODELS[model], width, height, values)
        except ValueError as error:
            cameras.complaint[identity] = str(error)
    return cameras


def read_text_images(path: Path) -> list[ColmapImage]:
    """IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME, and a line of points, perhaps empty, which nobody needs.

    Raises:
        DatasetError: If the file cannot be read or a line is no image.
    """
    images = []
    lines = _lines(path)
    for number, line in lines:
        if not line.strip():
            continue
        try:
            words = line.split(maxsplit=9)
            values = np.array([float(word) for word in words[1:8]])
            images.append(ColmapImage(words[9].strip(), int(words[8]), values[:4], values[4:]))
        except (ValueError, IndexError):
            raise DatasetError(f"line {number} of '{path}' is no image: {line[:60]!r}") from None
        next(lines, None)
    return images


def read_text_points(path: Path) -> Float32:
    """Positions (P, 3) of POINT3D_ID X Y Z and more.

    Raises:
        DatasetError: If the file cannot be read or a line is no point.
    """
    points = []
    for number, line in _lines(path):
        words = line.split(maxsplit=4)
        if not words:
            continue
        try:
            x_m, y_m, z_m = (float(word) for word in words[1:4])
        except ValueError:
            raise DatasetError(f"line {number} of '{path}' is no point: {line[:60]!r}") from None
        points.append((x_m, y_m, z_m))
    return np.array(points, np.float32).reshape(-1, 3)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered from 1, without comments; one at a time, since the lines of points are long."""
    try:
        with path.open() as stream:
            for number, line in enumerate(stream, start=1):
                if not line.startswith("#"):
                    yield number, line
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot read '{path}': {error}") from error
