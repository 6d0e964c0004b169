"""Scenes that the benchmark of landmarks learns, and images of others that must not be found in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from _common import ROOT

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.photo_files import read_photo
from geoloc_ros.core.posed_images import PosedImages, PosedScene
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import UInt8
from geoloc_ros.datasets.scenes.open_scene import open_scene
from geoloc_ros.simulate_scene import SceneOptions, simulate_scene

SceneName = Literal["room", "corner"]
SCENES: tuple[SceneName, ...] = ("room", "corner")
OTHER_SEEDS = (103, 104)
"""Of scenes that nothing is learned from."""
_REAL = ("camvid/val/images", "kitti_drive/images", "photos/lund", "vpr_corridor/query")


@dataclass(frozen=True)
class SceneSizes:
    """How much of a scene is rendered."""

    train: int
    test: int
    size: str
    foreign: int
    """Views of each scene of another seed."""
    real: int
    """Photos of each of the real data sets."""


class Scenes:
    """Simulated when they are first asked for, kept in a folder."""

    def __init__(self, folder: Path, sizes: SceneSizes, progress: ProgressCallback) -> None:
        self.folder, self.sizes, self._progress = folder, sizes, progress
        self._opened: dict[Path, PosedScene] = {}

    def scene(self, name: SceneName) -> PosedScene:
        """One that is learned."""
        options = SceneOptions(self.sizes.train, self.sizes.test, 0, self.sizes.size)
        return self._scene(name, options, self.folder / name)

    def surface(self, name: SceneName) -> Surface:
        """Its true surface."""
        surface = self.scene(name).surface
        assert surface is not None, "a simulated scene has one"
        return surface

    def foreign(self, name: SceneName) -> Iterator[tuple[str, PosedImages]]:
        """Views of other scenes: the other one that is learned, and both kinds made up with other seeds."""
        yield from ((f"{other}, seed 0", self.scene(other).test) for other in SCENES if other != name)
        for other in SCENES:
            for seed in OTHER_SEEDS:
                options = SceneOptions(1, self.sizes.foreign, seed, self.sizes.size)
                yield f"{other}, seed {seed}", self._scene(other, options, self.folder / f"{other}{seed}").test

    def _scene(self, name: SceneName, options: SceneOptions, folder: Path) -> PosedScene:
        if not (folder / "scene.json").exists():
            simulate_scene(name, folder, options, self._progress)
        if folder not in self._opened:
            self._opened[folder] = open_scene(folder, self._progress)
        return self._opened[folder]


def real_photos(most: int) -> Iterator[tuple[str, list[UInt8]]]:
    """Photos (H, W, 3) of real streets and corridors, evenly from each data set beside the checkout that is there."""
    for name in _REAL:
        files = sorted((ROOT.parent / "shared" / "data" / name).glob("*.[jJ][pP]*[gG]"))
        chosen = [files[int(row)] for row in np.linspace(0, len(files) - 1, min(most, len(files)))]
        if chosen:
            yield name.split("/")[0], [read_photo(file) for file in chosen]


def guessed_camera(image: UInt8, like: Camera) -> Camera:
    """Of a photo that says nothing about its lens: as wide as another camera."""
    height, width = image.shape[:2]
    focal = like.fx * width / like.width
    return Camera("pinhole", width, height, focal, focal, width / 2.0, height / 2.0)
