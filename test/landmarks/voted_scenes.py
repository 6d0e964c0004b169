"""Landmarks before a camera whose network is never wrong, or wrong by as much as a test says."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.landmarks import Landmarks
from geoloc_ros.core.types import Float32, Float64, Int32, Pose3
from geoloc_ros.landmarks.landmark_map import LandmarkMap

CAMERA = Camera("pinhole", 160, 120, 140.0, 140.0, 80.0, 60.0)
STRIDE = 4
COLUMNS, ROWS = 10, 8
DIMENSION = 16


def wall(rng: np.random.Generator) -> Landmarks:
    """80 landmarks on a rough wall three metres ahead of the origin, every one seen from there."""
    x, y = np.meshgrid(np.linspace(-1.6, 1.6, COLUMNS), np.linspace(-1.2, 1.2, ROWS))
    position_m = np.stack([x, y, 3.0 + rng.uniform(-0.6, 0.6, x.shape)], axis=-1).reshape(-1, 3)
    return Landmarks(position_m, np.tile(np.array([0.0, 0.0, -1.0], np.float32), (len(position_m), 1)), 0.35)


def standing(rng: np.random.Generator) -> Pose3:
    """Somewhere before the wall, looking about ahead."""
    return Pose3(np.asarray(cv2.Rodrigues(rng.normal(0.0, 0.1, 3))[0]), rng.uniform(-0.3, 0.3, 3))


def turned(landmarks: Landmarks, by: Pose3) -> Landmarks:
    """The same wall in another frame."""
    return replace(
        landmarks, position_m=by.apply(landmarks.position_m),
        normal=np.asarray(landmarks.normal @ by.rotation.T, np.float32),
    )  # fmt: skip


def cell_centres(height: int, width: int, stride: int) -> Float64:
    """(h, w, 2), pixels."""
    return np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), axis=-1) * stride


def perfect_maps(landmarks: Landmarks, scene_from_camera: Pose3, stride: int = STRIDE) -> tuple[Int32, Float32]:
    """Labels (h, w) of the landmark that projects nearest to a cell, and directions (h, w, 2) to it."""
    pixel = CAMERA.project(scene_from_camera.inverse().apply(landmarks.position_m))
    at = cell_centres(CAMERA.height // stride, CAMERA.width // stride, stride)
    away = pixel - at[..., None, :]
    row = np.argmin(np.sum(away**2, axis=-1), axis=-1)
    to = np.take_along_axis(away, row[..., None, None], axis=-2)[..., 0, :]
    return (row + 1).astype(np.int32), np.asarray(to / np.linalg.norm(to, axis=-1, keepdims=True), np.float32)


def with_random_votes(direction: Float32, part: float, rng: np.random.Generator) -> Float32:
    """So many of the votes point anywhere."""
    angle = rng.uniform(0.0, 2.0 * np.pi, direction.shape[:2])
    is_wrong = rng.random(direction.shape[:2]) < part
    anywhere = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    return np.where(is_wrong[..., None], anywhere, direction).astype(np.float32)


def with_wrong_labels(label: Int32, part: float, count: int, rng: np.random.Generator) -> Int32:
    """So many of the landmarks are taken for another one."""
    taken_for = np.arange(count + 1)
    wrong = rng.permutation(np.arange(1, count + 1))[: round(part * count)]
    taken_for[wrong] = np.roll(wrong, 1)
    return taken_for[label].astype(np.int32)


class SaysWhatItIsTold:
    """A network whose output was set before; implements `core.interfaces.Network`."""

    file = Path("told.onnx")
    file_id = "0" * 12
    engine_name = "none"
    metadata: Mapping[str, str] = {"geoloc_kind": "landmarks", "geoloc_features": "1"}
    input_shape: tuple[int, ...] = (3, CAMERA.height, CAMERA.width)

    def __init__(self, prototype: Float32) -> None:
        """`prototype` (n + 1, D) is what embeddings are taken from."""
        cells = (CAMERA.height // STRIDE, CAMERA.width // STRIDE)
        self._prototype = prototype
        self.output_shapes: tuple[tuple[int, ...], ...] = ((prototype.shape[1], *cells), (2, *cells))
        self.tell(np.zeros(cells, np.int32), np.zeros((*cells, 2), np.float32))

    def tell(self, label: Int32, direction: Float32) -> None:
        """What the next images show: (h, w) and (h, w, 2)."""
        self._outputs = self._prototype[label].transpose(2, 0, 1)[None], np.moveaxis(direction, -1, 0)[None]

    def run(self, batch: Float32) -> tuple[Float32, ...]:
        """What it was told."""
        assert batch.shape == (1, *self.input_shape)
        return self._outputs


def learnt(landmarks: Landmarks, rng: np.random.Generator) -> LandmarkMap:
    """A map of them, with prototypes at random."""
    prototype = rng.normal(size=(len(landmarks) + 1, DIMENSION)).astype(np.float32)
    prototype /= np.linalg.norm(prototype, axis=1, keepdims=True)
    return LandmarkMap("wall", landmarks, prototype, Path("told.onnx"), CAMERA, None, np.zeros((1, 3)), 1.0, {})


def differ(a: Pose3, b: Pose3) -> tuple[float, float]:
    """Metres and radians between two poses."""
    turn = np.asarray(cv2.Rodrigues(a.rotation @ b.rotation.T)[0])
    return float(np.linalg.norm(a.translation_m - b.translation_m)), float(np.linalg.norm(turn))
