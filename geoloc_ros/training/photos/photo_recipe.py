"""What the ways to train a network for photos have in common: batches of images, validation, export."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from geoloc_ros.core.types import Int64, UInt8
from geoloc_ros.training.photos.augment import Augmentation, change_photo, draw_change
from geoloc_ros.training.photos.images import PhotoImages
from geoloc_ros.training.photos.networks.photo_file import export_photo
from geoloc_ros.training.photos.networks.photo_network import PhotoNetwork
from geoloc_ros.training.photos.training_photos import TrainingPhotos
from geoloc_ros.training.photos.validation import FOUND_M, PhotoValidation
from geoloc_ros.training.precision import choose_precision
from geoloc_ros.training.recipe import Batch
from geoloc_ros.vpr.photo_input import network_input

logger = logging.getLogger(__name__)

_WARM_UP = 0.02
_LAST_RATIO = 0.02


@dataclass(frozen=True)
class PhotoTask:
    """A network, what it learns from, and what it is chosen by."""

    network: PhotoNetwork
    training: TrainingPhotos
    images: PhotoImages
    """Of `training.photos`."""
    validation: PhotoValidation
    seed: int
    learning_rate: float
    """Peak."""
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True)
class Examples:
    """What one step learns from, before the photos are read."""

    rows: Int64
    """(N,), of the photos."""
    is_mirrored: list[bool]
    """N."""
    answer: torch.Tensor
    """What the loss is told about the photos."""
    rng: np.random.Generator
    """For how each of them is changed."""


class PhotoRecipe(ABC):
    """Implements `training.recipe.Recipe`, but for which photos are shown and how they are judged."""

    name: str
    description: str
    """How the network is trained, for its card."""
    weight_decay = 1e-3

    def __init__(self, task: PhotoTask) -> None:
        self.task = task
        # A fifth faster on a CPU with one thread, and no slower elsewhere.
        task.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.module: torch.nn.Module = task.network
        self._precision = choose_precision()

    def learning_rate(self, progress: float) -> float:
        """A short rise, then half a cosine."""
        return self.task.learning_rate * rise_and_fall(progress)

    def validate(self) -> float:
        """Recall@1 within 25 m, per cent."""
        return 100.0 * self.task.validation.recall1_ratio(self.task.network)

    def figures(self) -> str:
        """How good the network is now, in words."""
        self.task.network.eval()
        validation = self.task.validation
        recall = validation.recall1_ratio(self.task.network)
        return (
            f"{len(validation.query)} photos among {len(validation.database)}: R@1 within {FOUND_M:.0f} m "
            f"{100.0 * recall:.1f} % (by chance {100.0 * validation.chance_ratio:.2f} %)"
        )

    def export(self, path: Path) -> None:
        """ONNX: `image` (N, 3, H, W) to `descriptor` (N, D)."""
        error = export_photo(self.task.network, path, {"trained": type(self).__name__})
        logger.info("wrote %s; onnxruntime differs by %.1e at most", path, error)

    def batch(self, step: int) -> Batch:
        """Images (N, 3, h, w), and what the loss is told about them."""
        examples = self.examples(step)
        return self.changed_images(examples.rows, examples.is_mirrored, examples.rng), examples.answer

    def loss(self, batch: Batch) -> torch.Tensor:
        """Scalar of a batch."""
        return self.place_loss(self.describe(batch[0]), batch[1])

    @abstractmethod
    def examples(self, step: int) -> Examples:
        """Those of a step, from `default_rng((seed, step))`."""

    @abstractmethod
    def place_loss(self, descriptor: torch.Tensor, answer: torch.Tensor) -> torch.Tensor:
        """Scalar of the descriptors (N, D) of the examples."""

    def changed_images(self, rows: Int64, is_mirrored: list[bool], rng: np.random.Generator) -> torch.Tensor:
        """Input (N, 3, h, w) of the photos of these rows, each changed by itself but for being mirrored."""
        images: UInt8 = self.task.images.load(rows)
        for image, mirrored in zip(images, is_mirrored, strict=True):
            image[:] = change_photo(image, draw_change(self.task.augmentation, mirrored, rng))
        return torch.from_numpy(network_input(images))

    def describe(self, image: torch.Tensor) -> torch.Tensor:
        """Descriptors (N, D) in single precision, computed in whichever is fast."""
        with self._precision.autocast(image.device.type):
            descriptor = self.task.network(image.contiguous(memory_format=torch.channels_last))
        return torch.nn.functional.normalize(descriptor.float(), dim=1)


def rise_and_fall(progress: float) -> float:
    """Of the peak rate: a short linear rise, then half a cosine."""
    fall = _LAST_RATIO + (1.0 - _LAST_RATIO) * 0.5 * (1.0 + np.cos(np.pi * progress))
    return float(min(1.0, (progress + 1e-4) / _WARM_UP) * fall)
