"""Images of a scene whose cameras are known: what landmarks are made of and tried on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Int64, Pose3


@dataclass(frozen=True)
class DepthCamera:
    """What measured depth, where the sensor kept it apart from the images."""

    camera: Camera
    camera_from_depth: Pose3
    """From its optical frame to that of the camera of the images."""


@dataclass(frozen=True)
class PosedImages:
    """N images in a fixed order. The frame of the scene is metric, whatever its origin and axes."""

    name: str
    """For people: scene and part."""
    root: Path
    """What `file` and `depth_file` are relative to."""
    file: tuple[str, ...]
    """(N,), images."""
    camera: tuple[Camera, ...]
    """(N,), of the images as they are stored."""
    scene_from_camera: tuple[Pose3, ...]
    """(N,), optical frame: z forward, x right, y down."""
    depth_file: tuple[str, ...]
    """(N,), images of 16 bit, as large as their camera says; "" where there is none. See `core.depth_files`."""
    depth_unit_m: float
    """What one step of a depth image is worth; 0 and 65535 are no depth."""
    stamp_ns: Int64
    """(N,); -1 where nobody knows."""
    depth_camera: DepthCamera | None = None
    """None where depth images look as `camera` does, pixel by pixel."""

    def __len__(self) -> int:
        """N."""
        return len(self.file)

    def path(self, number: int) -> Path:
        """The file of an image."""
        return self.root / self.file[number]

    def take(self, rows: Int64) -> PosedImages:
        """The images of these rows, in that order."""
        chosen = [int(row) for row in rows]
        return PosedImages(
            self.name, self.root, tuple(self.file[row] for row in chosen), tuple(self.camera[row] for row in chosen),
            tuple(self.scene_from_camera[row] for row in chosen), tuple(self.depth_file[row] for row in chosen),
            self.depth_unit_m, self.stamp_ns[rows], self.depth_camera,
        )


@dataclass(frozen=True)
class SceneProblem:
    """A file or row of a scene that cannot be used; it is told, not fatal."""

    file: str
    reason: str
    """One line for people."""


@dataclass(frozen=True)
class PosedScene:
    """A scene as somebody recorded it."""

    name: str
    train: PosedImages
    test: PosedImages
    """Empty where the recording keeps none apart."""
    surface: Surface | None
    """As it came with the images; None where it must be made from their depth."""
    problems: tuple[SceneProblem, ...]
