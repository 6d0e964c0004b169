"""Many learnt scenes: which lie near, and those of them in memory that fit there."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from geoloc_ros.core.artifacts import MANIFEST
from geoloc_ros.core.errors import ArtifactError, GeolocError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.types import Float64, Pose3
from geoloc_ros.landmarks.landmark_map import SceneOutline, outline_of

logger = logging.getLogger(__name__)

Finder = TypeVar("Finder")

_MB = 1_000_000
# An engine keeps the weights as it read them and as it wants them, and room for an image on its way through. Measured
# with ONNX Runtime and the small network at 320 x 240: 38.5 MB of resident memory a scene, its files being 8.7 MB.
_ENGINE_FACTOR, _BYTES_PER_PIXEL = 3.0, 160.0


def list_scenes(folder: Path) -> tuple[SceneOutline, ...]:
    """The scenes in a folder, by name of their folders; or the one that `folder` itself is.

    What is none is left out, and told in the log where it looks like one.

    Raises:
        ArtifactError: If there is none.
    """
    if (folder / MANIFEST).is_file():
        return (outline_of(folder),)
    found: list[SceneOutline] = []
    for manifest in sorted(folder.glob(f"*/{MANIFEST}")):
        try:
            found.append(outline_of(manifest.parent))
        except ArtifactError as error:
            logger.warning("left out: %s", error)
    if not found:
        raise ArtifactError(f"no scene in '{folder}'; make one with `geoloc train landmarks SCENE -o {folder}/NAME`")
    return tuple(found)


def memory_mb(scene: SceneOutline) -> float:
    """What a scene with its engine takes of memory, about."""
    return (_ENGINE_FACTOR * scene.num_bytes + _BYTES_PER_PIXEL * scene.num_pixels) / _MB


class SceneShelf(Generic[Finder]):
    """Holds what finds landmarks in images, for the scenes that were wanted last. From any thread."""

    def __init__(
        self, scenes: Sequence[SceneOutline], load: Callable[[Path], Finder], budget_mb: float,
        origin: GeoOrigin | None = None,
    ) -> None:
        """Load nothing yet.

        Args:
            scenes: All there are.
            load: Makes what is held of a scene's folder; runs in a thread of the shelf, too.
            budget_mb: Of memory, for what is held and what is being loaded.
            origin: Of the map in whose frame positions are told.

        Raises:
            ArtifactError: If a scene alone is larger than the budget.
        """
        for scene in scenes:
            if memory_mb(scene) > budget_mb:
                raise ArtifactError(
                    f"scene '{scene.path}' takes about {memory_mb(scene):.0f} MB of memory, more than the "
                    f"{budget_mb:g} MB that scenes may take; allow them more"
                )
        self.scenes = tuple(scenes)
        self._load, self._budget_mb = load, budget_mb
        self._map_from_scene: dict[Path, Pose3] = {}
        self._seen_from_m: dict[Path, Float64] = {}
        self.place_on(origin)
        self._held: OrderedDict[Path, Future[Finder]] = OrderedDict()
        """By the time they were last wanted."""
        self._failed: dict[Path, str] = {}
        self._lock = threading.Lock()
        self._loader = ThreadPoolExecutor(1, "scenes")

    def place_on(self, origin: GeoOrigin | None) -> None:
        """Tell positions from now on in the frame of the map of another origin; what is held stays."""
        placed = [(scene, scene.place.on(origin)) for scene in self.scenes if scene.place is not None]
        self._map_from_scene = {scene.path: map_from_scene for scene, map_from_scene in placed}
        self._seen_from_m = {
            scene.path: map_from_scene.apply(scene.camera_position_m) for scene, map_from_scene in placed
        }

    def map_from_scene(self, scene: SceneOutline) -> Pose3 | None:
        """Where a scene lies on the map; None where nobody said."""
        return self._map_from_scene.get(scene.path)

    def around(self, position_m: Float64, radius_m: float) -> tuple[SceneOutline, ...]:
        """Scenes that were learnt from somewhere within `radius_m` of a position (2,) on the map; the nearest first."""
        far_m = {path: _distance_m(seen_from_m, position_m) for path, seen_from_m in self._seen_from_m.items()}
        near = [scene for scene in self.scenes if far_m.get(scene.path, np.inf) <= radius_m]
        return tuple(sorted(near, key=lambda scene: far_m[scene.path]))

    def ready(self, wanted: Iterable[SceneOutline]) -> tuple[tuple[SceneOutline, Finder], ...]:
        """Those that can be used at once; never waits.

        The others are loaded in the background, as many as there is memory for, and are ready some calls later.

        Args:
            wanted: The most wanted first.
        """
        with self._lock:
            usable = self._affordable(wanted)
            keep = {scene.path for scene in usable}
            found = [(scene, held) for scene in usable if (held := self._want(scene, keep)) is not None]
            for scene, _ in reversed(found):
                self._held.move_to_end(scene.path)
        return tuple((scene, held.result()) for scene, held in found if held.done() and not self._complain(scene, held))

    def fetch(self, scene: SceneOutline) -> Finder:
        """The same, waiting for one scene.

        Raises:
            GeolocError: What loading says where it fails.
        """
        while True:
            with self._lock:
                held = self._want(scene, {scene.path})
                in_work = [other for other in self._held.values() if other.running()]
            if held is None:
                wait(in_work)
                continue
            try:
                return held.result()
            except CancelledError:  # another thread wanted other scenes meanwhile
                continue
            except GeolocError:
                with self._lock:
                    self._held.pop(scene.path, None)
                raise

    @property
    def held(self) -> tuple[SceneOutline, ...]:
        """In memory or on their way there."""
        with self._lock:
            return tuple(scene for scene in self.scenes if scene.path in self._held)

    @property
    def held_mb(self) -> float:
        """What those take of memory, about."""
        return sum(memory_mb(scene) for scene in self.held)

    @property
    def failures(self) -> dict[Path, str]:
        """Scenes that could not be loaded, and why; they are not tried again."""
        with self._lock:
            return dict(self._failed)

    def close(self) -> None:
        """Hold nothing any more; waits for what is being loaded."""
        self._loader.shutdown(cancel_futures=True)
        with self._lock:
            self._held.clear()

    def _affordable(self, wanted: Iterable[SceneOutline]) -> list[SceneOutline]:
        """The first of them that fit into memory together."""
        chosen: list[SceneOutline] = []
        left_mb = self._budget_mb
        for scene in wanted:
            if scene.path not in self._failed and memory_mb(scene) <= left_mb:
                chosen.append(scene)
                left_mb -= memory_mb(scene)
        return chosen

    def _want(self, scene: SceneOutline, keep: Collection[Path]) -> Future[Finder] | None:
        """What is held of a scene or will be; None where there is no room yet."""
        held = self._held.get(scene.path)
        if held is None:
            if not self._make_room(memory_mb(scene), keep):
                return None
            held = self._held[scene.path] = self._loader.submit(self._load, scene.path)
        self._held.move_to_end(scene.path)
        return held

    def _make_room(self, needed_mb: float, keep: Collection[Path]) -> bool:
        """Whether it could; what is just being loaded cannot be given up."""
        size_mb = {scene.path: memory_mb(scene) for scene in self.scenes}
        for path in [path for path in self._held if path not in keep]:
            if self._left_mb(size_mb) >= needed_mb:
                break
            if self._held[path].cancel() or self._held[path].done():
                del self._held[path]
                logger.info("scene %s makes room", path.name)
        return self._left_mb(size_mb) >= needed_mb

    def _left_mb(self, size_mb: Mapping[Path, float]) -> float:
        return self._budget_mb - sum(size_mb[path] for path in self._held)

    def _complain(self, scene: SceneOutline, held: Future[Finder]) -> bool:
        """Whether loading failed; says so once."""
        if held.cancelled():  # another thread wanted other scenes meanwhile
            return True
        error = held.exception()
        if error is None:
            return False
        if not isinstance(error, GeolocError):
            raise error
        with self._lock:
            if scene.path not in self._failed:
                logger.warning("scene %s cannot be used: %s", scene.path.name, error)
            self._failed[scene.path] = str(error)
            self._held.pop(scene.path, None)
        return True


def _distance_m(seen_from_m: Float64, position_m: Float64) -> float:
    return float(np.hypot(*(seen_from_m[:, :2] - position_m[:2]).T).min())
