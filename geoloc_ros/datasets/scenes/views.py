"""Posed images as a reader meets them, one after the other, each looked at before it counts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.posed_images import DepthCamera, PosedImages, PosedScene, SceneProblem
from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Float64, Pose3
from geoloc_ros.datasets.photos.exif import read_size
from geoloc_ros.datasets.photos.image_files import FolderNames

_DEPTH_STEP_M = 1e-3
_TEST_LIST = "test.txt"


@dataclass(frozen=True)
class _View:
    file: str
    camera: Camera
    scene_from_camera: Pose3
    depth_file: str
    stamp_ns: int


class Views:
    """Collects the images of a scene, and the problems with them."""

    def __init__(
        self, root: Path, depth_unit_m: float = _DEPTH_STEP_M, depth_camera: DepthCamera | None = None
    ) -> None:
        self._root, self._depth_unit_m, self._depth_camera = root, depth_unit_m, depth_camera
        self._names = FolderNames(root)
        self._views: list[_View] = []
        self._problems: list[SceneProblem] = []

    def __len__(self) -> int:
        return len(self._views)

    def add(
        self, file: str, camera: Camera | None, scene_from_camera: Pose3, depth_file: str = "", stamp_ns: int = -1
    ) -> None:
        """One more image, relative to the root; a problem instead where it is missing or not as large as its camera."""
        complaint = self._complaint(file, camera)
        if camera is None or complaint:
            self.complain(file, complaint)
            return
        if depth_file and not self._names.holds(depth_file):
            self.complain(depth_file, "the depth of an image is missing; the image is used without")
            depth_file = ""
        self._views.append(_View(file, camera, scene_from_camera, depth_file, stamp_ns))

    def complain(self, file: str, reason: str) -> None:
        """Note what cannot be used."""
        self._problems.append(SceneProblem(file, reason))

    def size_of(self, file: str) -> tuple[int, int] | None:
        """Width and height of an image; None, and a problem, where it cannot be opened."""
        try:
            return self._size(file)
        except ValueError as error:
            self.complain(file, str(error))
            return None

    def positions_m(self) -> Float64:
        """(N, 3), of the cameras in the scene."""
        return np.array([view.scene_from_camera.translation_m for view in self._views]).reshape(-1, 3)

    def listed_tests(self, folder: Path) -> frozenset[str]:
        """The names of test images in `test.txt`, one a line; none where there is no such file."""
        if not (folder / _TEST_LIST).is_file():
            return frozenset()
        names = {line.strip() for line in read_lines(folder / _TEST_LIST)} - {""}
        for name in sorted(names - {view.file for view in self._views} - {each.file for each in self._problems}):
            self.complain(name, f"{_TEST_LIST} names it, but it is no image with a pose")
        return frozenset(names)

    def scene(self, name: str, test: Collection[str], surface: Surface | None) -> PosedScene:
        """All of them; `test` names files that were kept apart.

        Raises:
            DatasetError: If there is no image to learn from.
        """
        is_test = np.array([view.file in test for view in self._views], bool)
        if not len(self) or is_test.all():
            first = self._problems[0] if self._problems else None
            why = f"; the first of {len(self._problems)} problems: {first.file}: {first.reason}" if first else ""
            raise DatasetError(f"'{self._root}' holds no image with a pose to learn from{why}")
        everything = self._images(name)
        return PosedScene(
            name, everything.take(np.flatnonzero(~is_test)), everything.take(np.flatnonzero(is_test)), surface,
            tuple(self._problems),
        )

    def _images(self, name: str) -> PosedImages:
        each = self._views
        return PosedImages(
            name, self._root, tuple(view.file for view in each), tuple(view.camera for view in each),
            tuple(view.scene_from_camera for view in each), tuple(view.depth_file for view in each),
            self._depth_unit_m, np.array([view.stamp_ns for view in each], np.int64), self._depth_camera,
        )

    def _size(self, file: str) -> tuple[int, int]:
        if not self._names.holds(file):
            raise ValueError("there is no such image")
        return read_size(self._root / file)

    def _complaint(self, file: str, camera: Camera | None) -> str:
        if camera is None:
            return "it has no camera"
        try:
            size = self._size(file)
        except ValueError as error:
            return str(error)
        if size != (camera.width, camera.height):
            return f"it has {size[0]}x{size[1]} pixels, its camera {camera.width}x{camera.height}"
        return ""


def read_lines(path: Path) -> list[str]:
    """Of a text file.

    Raises:
        DatasetError: If it cannot be read, or is no text.
    """
    try:
        return path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot read '{path}': {error}") from error
