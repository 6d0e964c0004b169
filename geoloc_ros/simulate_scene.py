"""Make up a small scene with textures and record images, depth, poses and its surface."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.sim.textured.recording import PLACES, SceneName, record_scene
from geoloc_ros.sim.textured.scene_folder import check_scene_folder

SMALLEST_PX, LARGEST_PX = 32, 2048


@dataclass(frozen=True)
class SceneOptions:
    """What to record."""

    train: int
    """Views to learn from."""
    test: int
    """Views from other walks; 0 for none."""
    seed: int
    size: str
    """WIDTHxHEIGHT, pixels."""


@dataclass(frozen=True)
class SceneSummary:
    """What was recorded."""

    folder: Path
    title: str
    options: SceneOptions
    num_surfaces: int

    def as_text(self) -> str:
        """For people."""
        return (
            f"{self.folder}: {self.title}, {self.num_surfaces} textured surfaces; {self.options.train} views for "
            f"training, {self.options.test} from other walks for tests, {self.options.size}"
        )


def simulate_scene(scene: str, folder: Path, options: SceneOptions, progress: ProgressCallback) -> SceneSummary:
    """Write a scene as `docs/formats.md` has it; the same arguments give the same bytes.

    Raises:
        ConfigError: If there is no such scene, or a number or the size cannot be.
        BackendError: If no ray caster is installed for this processor.
        DatasetError: If the folder holds anything but a simulated scene, or cannot be written.
    """
    if scene not in get_args(SceneName):
        raise ConfigError(f"there is no scene '{scene}'; choose among {', '.join(get_args(SceneName))}")
    if options.seed < 0 or options.train < 1 or options.test < 0:
        raise ConfigError(
            f"seed {options.seed}, {options.train} views for training, {options.test} for tests cannot be; give a seed "
            "of 0 or more, 1 view or more for training, 0 or more for tests"
        )
    size = parse_size(options.size)
    check_scene_folder(folder)
    name = cast(SceneName, scene)
    world = record_scene(PLACES[name], name, options.seed, options.train, options.test, size, folder, progress)
    return SceneSummary(folder, world.title, options, len(world.rectangles))


def parse_size(text: str) -> tuple[int, int]:
    """Width and height of "320x240".

    Raises:
        ConfigError: If it is no size, or one that cannot be rendered.
    """
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise ConfigError(f"'{text}' is no size of an image; give WIDTHxHEIGHT, such as 320x240")
    size = int(width), int(height)
    if not all(SMALLEST_PX <= side <= LARGEST_PX for side in size):
        raise ConfigError(f"an image of {text} cannot be; give sides of {SMALLEST_PX} to {LARGEST_PX} pixels")
    return size
