"""The folder of a simulated scene (`docs/formats.md`): written beside and renamed, so that it is whole or not there."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2

from geoloc_ros.core.artifacts import replace_folder
from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.types import Pose3, UInt8, UInt16

SCENE_FILE = "scene.json"
SURFACE_FILE = "surface.ply"
_KIND, _VERSION = "simulated_scene", 1
_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 95]


@dataclass(frozen=True)
class SceneFacts:
    """What a scene says about itself."""

    title: str
    scene: str
    seed: int
    camera: Camera
    depth_unit_m: float


class SceneWriter:
    """Collects the views of a scene in a hidden folder beside its destination."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rows: dict[str, list[dict[str, object]]] = {"train": [], "test": []}

    def add_view(
        self, part: str, image: UInt8, depth: UInt16, scene_from_camera: Pose3, stamp_ns: int
    ) -> None:
        """Write image (H, W, 3) RGB and depth (H, W) of the next view of "train" or "test"."""
        rows = self._rows[part]
        (self.folder / part).mkdir(exist_ok=True)
        names = f"{part}/{len(rows):05d}.jpg", f"{part}/{len(rows):05d}.depth.png"
        self._write(names[0], ".jpg", image[..., ::-1], _QUALITY)
        self._write(names[1], ".png", depth, [cv2.IMWRITE_PNG_COMPRESSION, 1])
        pose = [
            [*map(float, row), float(shift)]
            for row, shift in zip(scene_from_camera.rotation, scene_from_camera.translation_m, strict=True)
        ]
        rows.append({"image": names[0], "depth": names[1], "stamp_ns": stamp_ns, "scene_from_camera": pose})

    def _write(self, name: str, suffix: str, pixels: UInt8 | UInt16, options: list[int]) -> None:
        _, data = cv2.imencode(suffix, pixels, options)
        (self.folder / name).write_bytes(data.tobytes())

    def finish(self, facts: SceneFacts) -> None:
        """Write what the folder holds."""
        described = {"kind": _KIND, "format_version": _VERSION, **asdict(facts), "surface": SURFACE_FILE, **self._rows}
        (self.folder / SCENE_FILE).write_text(json.dumps(described) + "\n")


def check_scene_folder(folder: Path) -> None:
    """See that a scene may be written there: nothing is, or an empty folder, or an older simulated scene.

    Raises:
        DatasetError: If anything else is there.
    """
    try:
        is_foreign = folder.exists() and any(folder.iterdir()) and not _is_ours(folder / SCENE_FILE)
    except OSError as error:
        raise DatasetError(f"cannot write a scene to '{folder}': {error.strerror}; choose another place") from error
    if is_foreign:
        raise DatasetError(
            f"'{folder}' holds files that are no simulated scene (no {SCENE_FILE} of ours in it); choose another folder"
        )


def _is_ours(file: Path) -> bool:
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("kind") == _KIND


@contextmanager
def write_scene(folder: Path) -> Iterator[SceneWriter]:
    """Build a scene; it appears whole, replacing an older one, when the block ends well.

    Raises:
        DatasetError: As `check_scene_folder`, or if the folder cannot be written.
    """
    check_scene_folder(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise DatasetError(f"cannot write beside '{folder}': {error.strerror}; choose another place") from error
    try:
        yield SceneWriter(partial)
        partial.chmod(0o755)
        replace_folder(partial, folder)
    except OSError as error:
        raise DatasetError(f"cannot write '{folder}': {error.strerror or error}; choose another place") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
