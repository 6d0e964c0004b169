"""Small scenes as they are published, written by hand."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np

from geoloc_ros.core.geometry import quaternion_from_rotation, rotation_from_rpy
from geoloc_ros.core.types import Float64, Pose3


def pose(number: int) -> Pose3:
    """Some scene_from_camera."""
    return Pose3(rotation_from_rpy(0.1 * number, -0.2, 0.3 * number), np.array([0.5 * number, 1.0, -0.25 * number]))


def wxyz(rotation: Float64) -> Float64:
    return np.roll(quaternion_from_rotation(rotation), 1)


def write_image(path: Path, width: int = 640, height: int = 480, dtype: type[np.generic] = np.uint8) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.full((height, width), 7, dtype))


def words(numbers: Float64) -> str:
    return " ".join(f"{number:.9f}" for number in np.ravel(numbers))


def matrix(of: Pose3) -> Float64:
    full = np.eye(4)
    full[:3, :3], full[:3, 3] = of.rotation, of.translation_m
    return full


def write_colmap_text(model: Path, names: list[str], cameras: str = "1 PINHOLE 64 48 50 51 32 24") -> None:
    """Image k has pose(k) and camera 1, the first has seen a point, the others none."""
    model.mkdir(parents=True, exist_ok=True)
    (model / "cameras.txt").write_text(f"# Camera list\n{cameras}\n")
    lines = ["# Image list"]
    for number, name in enumerate(names):
        back = pose(number).inverse()
        lines += [f"{number + 1} {words(wxyz(back.rotation))} {words(back.translation_m)} 1 {name}"]
        lines.append("" if number else "1.5 2.5 -1")
    (model / "images.txt").write_text("\n".join(lines) + "\n")


def write_colmap_binary(model: Path, names: list[str]) -> None:
    """The same, each image with two points."""
    model.mkdir(parents=True, exist_ok=True)
    (model / "cameras.bin").write_bytes(
        struct.pack("<Q", 1) + struct.pack("<IiQQ4d", 1, 1, 64, 48, 50.0, 51.0, 32.0, 24.0)
    )
    rows = [struct.pack("<Q", len(names))]
    for number, name in enumerate(names):
        back = pose(number).inverse()
        rows.append(struct.pack("<I7dI", number + 1, *wxyz(back.rotation), *back.translation_m, 1))
        rows.append(name.encode() + b"\0" + struct.pack("<Q", 2) + struct.pack("<2dq", 1.0, 2.0, -1) * 2)
    (model / "images.bin").write_bytes(b"".join(rows))
