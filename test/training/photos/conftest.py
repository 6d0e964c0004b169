"""A street of walls with patterns of their own, photographed several times each: small, made up, and learnable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.core.photos import PhotoCollection, PhotoSet, photo_set  # noqa: E402
from geoloc_ros.core.types import UInt8  # noqa: E402
from geoloc_ros.training.photos.images import PhotoImages  # noqa: E402
from geoloc_ros.training.photos.networks.backbones.features import Backbone  # noqa: E402
from geoloc_ros.training.photos.networks.photo_network import PhotoNetwork  # noqa: E402
from geoloc_ros.training.photos.networks.spec import NetworkSpec  # noqa: E402
from geoloc_ros.training.photos.photo_recipe import PhotoTask  # noqa: E402
from geoloc_ros.training.photos.training_photos import join_collections  # noqa: E402
from geoloc_ros.training.photos.validation import prepare_validation  # noqa: E402
from geoloc_ros.training.recipe import seeded_weights  # noqa: E402

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


class TinyStages(torch.nn.Module):
    """One convolution and its normalisation in place of a backbone."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(3, 16, 5, stride=4, padding=2), torch.nn.BatchNorm2d(16), torch.nn.ReLU()
        )

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """One map of 8x8."""
        return (self.layers(image),)


@pytest.fixture
def make_task(make_street: Callable[[int, int], PhotoCollection]) -> Callable[[int], PhotoTask]:
    """A task on thirty places of one street, validated on another one, with a network of a given seed."""
    streets = make_street(30, 0), make_street(30, 1)

    def make(seed: int) -> PhotoTask:
        with seeded_weights(seed):
            network = PhotoNetwork(NetworkSpec(height_px=SIZE, width_px=SIZE), Backbone(TinyStages()))
        training = join_collections([streets[0]])
        images = PhotoImages(training.photos, SIZE, SIZE)
        return PhotoTask(network, training, images, prepare_validation(streets[1], SIZE, SIZE, 0), seed, 0.01)

    return make
