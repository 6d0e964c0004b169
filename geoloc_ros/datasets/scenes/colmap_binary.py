"""COLMAP's binary files: little endian, a count, then rows of varying length, one after the other."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.types import Float32
from geoloc_ros.datasets.scenes.colmap_camera import MODELS, colmap_camera
from geoloc_ros.datasets.scenes.colmap_model import ColmapCameras, ColmapImage

_COUNT = "<Q"
_CAMERA = "<IiQQ"
_IMAGE = "<I7dI"
_POINT_OF_IMAGE_BYTES = 24
_POINT = "<Q3d3BdQ"
_TRACK_BYTES = 8
_LONGEST_NAME = 4096


class _Rows:
    """A file, read from its beginning; a row that is not there in full ends it with an error."""

    def __init__(self, path: Path, data: mmap.mmap | bytes) -> None:
        self._path, self._data, self._at = path, data, 0

    def take(self, form: str) -> tuple[float, ...]:
        try:
            values = struct.unpack_from(form, self._data, self._at)
        except struct.error:
            raise self.truncated() from None
        self._at += struct.calcsize(form)
        return values

    def count(self) -> int:
        return int(self.take(_COUNT)[0])

    def skip(self, size: int) -> None:
        if size > len(self._data) - self._at:
            raise self.truncated()
        self._at += size

    def text(self) -> str:
        end = self._data.find(b"\0", self._at, self._at + _LONGEST_NAME)
        if end < 0:
            raise DatasetError(f"'{self._path}' has a name without an end at byte {self._at}; it is damaged")
        raw = self._data[self._at : end]
        self._at = end + 1
        return raw.decode("utf-8", "replace")

    def truncated(self) -> DatasetError:
        return DatasetError(
            f"'{self._path}' ends in the middle of a row (byte {self._at} of {len(self._data)}): it is truncated or "
            "no COLMAP model; copy it again"
        )


def read_binary_cameras(path: Path) -> ColmapCameras:
    """All cameras.

    Raises:
        DatasetError: If the file cannot be read, is damaged, or has a model of which COLMAP had none when this was
            written, so that nobody knows where the next row begins.
    """
    cameras = ColmapCameras({}, {})
    with _open(path) as rows:
        for _ in range(rows.count()):
            identity, model, width, height = map(int, rows.take(_CAMERA))
            if not 0 <= model < len(MODELS):
                raise DatasetError(f"'{path}' has the camera model {model}, which is not known; convert it to text")
            values = rows.take(f"<{MODELS[model].count}d")
            try:
                cameras.camera[identity] = colmap_camera(MODELS[model], width, height, values)
            except ValueError as error:
                cameras.complaint[identity] = str(error)
    return cameras


def read_binary_images(path: Path) -> list[ColmapImage]:
    """All images with a pose; what they saw is jumped over.

    Raises:
        DatasetError: If the file cannot be read or is damaged.
    """
    images = []
    with _open(path) as rows:
        for _ in range(rows.count()):
            _, *values, camera = rows.take(_IMAGE)
            name = rows.text()
            rows.skip(rows.count() * _POINT_OF_IMAGE_BYTES)
            images.append(ColmapImage(name, int(camera), np.array(values[:4]), np.array(values[4:])))
    return images


def read_binary_points(path: Path) -> Float32:
    """Positions (P, 3).

    Raises:
        DatasetError: If the file cannot be read or is damaged.
    """
    points = []
    with _open(path) as rows:
        for _ in range(rows.count()):
            row = rows.take(_POINT)
            rows.skip(int(row[-1]) * _TRACK_BYTES)
            points.append(row[1:4])
    return np.array(points, np.float32).reshape(-1, 3)


@contextmanager
def _open(path: Path) -> Iterator[_Rows]:
    try:
        with path.open("rb") as stream:
            if not path.stat().st_size:  # which cannot be mapped
                yield _Rows(path, b"")
                return
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield _Rows(path, data)
    except OSError as error:
        raise DatasetError(f"cannot read '{path}': {error.strerror}") from error
