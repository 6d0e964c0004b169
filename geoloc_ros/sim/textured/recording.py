"""Walk through a textured world and write down what the camera saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import Pose3
from geoloc_ros.sim.textured.corner import make_corner
from geoloc_ros.sim.textured.corner_walks import walk_round_corner
from geoloc_ros.sim.textured.room import make_room
from geoloc_ros.sim.textured.room_walks import walk_through_room
from geoloc_ros.sim.textured.scene_folder import SURFACE_FILE, SceneFacts, SceneWriter, write_scene
from geoloc_ros.sim.textured.tessellation import tessellate, write_surface
from geoloc_ros.sim.textured.view import TexturedView
from geoloc_ros.sim.textured.wear import photograph, sense_depth
from geoloc_ros.sim.textured.world import TexturedWorld

SceneName = Literal["room", "corner"]
FOV_DEG = 66.0
_WALK = 50
"""Views of one walk at the most."""
_STEP_NS, _PAUSE_NS = 100_000_000, 60_000_000_000


@dataclass(frozen=True)
class Place:
    """How a kind of scene is made, and how one walks through it."""

    make: Callable[[int], TexturedWorld]
    walk: Callable[[int, int, np.random.Generator], list[Pose3]]
    """Of so many views, its number, chance."""


PLACES: dict[SceneName, Place] = {
    "room": Place(make_room, walk_through_room),
    "corner": Place(make_corner, walk_round_corner),
}


def record_scene(
    place: Place, scene: SceneName, seed: int, num_train: int, num_test: int, size: tuple[int, int], folder: Path,
    progress: ProgressCallback,
) -> TexturedWorld:
    """Write a scene; the same arguments give the same bytes.

    Args:
        place: As PLACES has it for the name.
        num_test: Views of walks that come after those of training.
        size: Width and height of the images.

    Raises:
        BackendError: If the ray caster for this processor is not installed.
        DatasetError: If the folder holds anything but a simulated scene, or cannot be written.
    """
    progress("world", 0.0)
    world = place.make(seed)
    camera = Camera.pinhole(*size, float(np.radians(FOV_DEG)))
    with write_scene(folder) as writer:
        view = TexturedView(world.rectangles, world.lighting, camera, np.random.default_rng([seed, 201]))
        progress("world", 1.0)
        walks = [("train", count) for count in walk_lengths(num_train)]
        walks += [("test", count) for count in walk_lengths(num_test)]
        done = 0
        for number, (part, count) in enumerate(walks):
            rng = np.random.default_rng([seed, 202, number])
            poses = place.walk(count, number, rng)
            for k, pose in enumerate(poses):
                _add_view(writer, part, world, view, pose, number * _PAUSE_NS + k * _STEP_NS, rng)
                progress("views", (done + k + 1) / (num_train + num_test))
            done += count
        write_surface(tessellate(world.rectangles, world.cell_m), writer.folder / SURFACE_FILE)
        writer.finish(SceneFacts(world.title, scene, seed, camera, world.depth_unit_m))
    return world


def walk_lengths(count: int) -> list[int]:
    """How many views each walk has, so that there are `count` together."""
    walks = -(-count // _WALK)
    return [count // walks + (k < count % walks) for k in range(walks)]


def _add_view(
    writer: SceneWriter, part: str, world: TexturedWorld, view: TexturedView, pose: Pose3, stamp_ns: int,
    rng: np.random.Generator,
) -> None:
    seen = view.see(pose)
    image = photograph(seen, world.exposure, rng)
    depth = sense_depth(seen, world.depth_unit_m, world.depth_limit_m, rng)
    writer.add_view(part, image, depth, pose, stamp_ns)
