"""What of a COLMAP model is used, from its binary or its text files (Schoenberger and Frahm, CVPR 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.types import Float64

FOLDERS = (".", "sparse", "sparse/0", "model", "dense/sparse")
"""Where a model may lie in the folder of a scene."""
SUFFIXES = (".bin", ".txt")


@dataclass(frozen=True)
class ColmapImage:
    """A row of `images`."""

    name: str
    """Relative to the folder of the images."""
    camera: int
    camera_from_scene_wxyz: Float64
    """(4,), as it stands there."""
    camera_from_scene_m: Float64
    """(3,)."""


@dataclass(frozen=True)
class ColmapCameras:
    """The table `cameras`."""

    camera: dict[int, Camera]
    complaint: dict[int, str]
    """Those that are no camera here, and why."""


def find_model(folder: Path) -> tuple[Path, str] | None:
    """Folder and suffix of the model of a scene, the binary one first; None without one."""
    for inner in FOLDERS:
        for suffix in SUFFIXES:
            if all((folder / inner / f"{table}{suffix}").is_file() for table in ("cameras", "images")):
                return folder / inner, suffix
    return None
