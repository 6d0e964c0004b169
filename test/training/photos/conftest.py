"""A street of walls with patterns of their own, photographed several times each: small, made up, and learnable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from geoloc_ros.core.photos import PhotoCollection, PhotoSet, photo_set
from geoloc_ros.core.types import UInt8

SIZE = 32
SPACING_M = 60.0


@pytest.fixture
def make_street(tmp_path: Path) -> Callable[[int, int], PhotoCollection]:
    """Places 60 m apart along a street, four photos each: two of the database, and queries by day and at night."""

    def make(num_places: int, seed: int) -> PhotoCollection:
        folder = tmp_path / f"street-{seed}"
        folder.mkdir()
        rng = np.random.default_rng(seed)
        database, queries = [], []
        for place in range(num_places):
            wall = cv2.resize(rng.uniform(0, 255, (6, 6, 3)).astype(np.uint8), (SIZE + 8, SIZE + 8))
            for photo in range(4):
                row = (f"{place:04d}_{photo}.png", place * SPACING_M + rng.uniform(-4.0, 4.0), photo == 3)
                cv2.imwrite(str(folder / row[0]), _photographed(np.asarray(wall, np.uint8), row[2], rng))
                (queries if photo % 2 else database).append(row)
        return PhotoCollection(_as_set(folder, database), _as_set(folder, queries), ())

    return make


def _photographed(wall: UInt8, is_night: bool, rng: np.random.Generator) -> UInt8:
    left, top = rng.integers(0, 8, 2)
    part = wall[top : top + SIZE, left : left + SIZE].astype(np.float64)
    noisy = part * (0.4 if is_night else 1.0) + rng.normal(0.0, 10.0, part.shape)
    return np.clip(noisy, 0.0, 255.0).astype(np.uint8)


def _as_set(folder: Path, rows: list[tuple[str, float, bool]]) -> PhotoSet:
    position_m = np.array([(east_m, 0.0) for _, east_m, _ in rows])
    return photo_set(
        "street", folder, tuple(name for name, _, _ in rows), position_m, yaw_rad=np.zeros(len(rows)),
        condition=tuple("night" if is_night else "day" for _, _, is_night in rows),
    )  # fmt: skip
