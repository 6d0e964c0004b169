"""S4's training: places, guided segmentation of rendered photos, adaptation to real ones (Paolicelli et al. 2022)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import torch
from torch.nn.functional import cross_entropy, interpolate, normalize

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import UInt8
from geoloc_ros.training.photos.augment import change_labels, change_photo, draw_change, draw_mirrored
from geoloc_ros.training.photos.images import PhotoImages
from geoloc_ros.training.photos.photo_recipe import Examples, PhotoTask
from geoloc_ros.training.photos.s4_decoders import DecoderName
from geoloc_ros.training.photos.s4_domains import adversarial_loss, discriminator_loss, shown_to_discriminator
from geoloc_ros.training.photos.s4_labels import LabelImages
from geoloc_ros.training.photos.s4_network import S4Network, Segmentation
from geoloc_ros.training.precision import choose_precision
from geoloc_ros.training.processes import Processes
from geoloc_ros.training.recipe import Batch, Descent, RefreshingRecipe
from geoloc_ros.vpr.photo_input import network_input

_POLY = 0.9
_TARGETS_RATIO = 0.25
"""Photos of the other domain over those of places, in a step."""
# A stream of random numbers that no step of the training of places has.
_TARGET_STREAM = 1 << 42


class PlaceRecipe(Protocol):
    """The way in which places are learnt: triplets, or another one of `training.photos`."""

    task: PhotoTask
    description: str

    def examples(self, step: int) -> Examples:
        """Which photos a step learns from."""

    def place_loss(self, descriptor: torch.Tensor, answer: torch.Tensor) -> torch.Tensor:
        """Of their descriptors (N, D)."""

    def validate(self) -> float:
        """How good the network is."""

    def figures(self) -> str:
        """The same in words."""

    def export(self, path: Path) -> None:
        """Write the network as ONNX."""


@dataclass(frozen=True)
class S4Settings:
    """The parts of the recipe, each of which can be switched off, and its numbers (sec. 7.1).

    Attention and both scales are parts of the network: heads msatt, attgem, msgem, gem.
    """

    segmentation: Segmentation = "guided"
    decoder: DecoderName = "deeplab"
    segmentation_weight: float = 0.5
    adversarial_weight: float = 0.0005
    discriminator_weight: float = 0.5
    optimizer: Literal["sgd", "adamw"] = "sgd"
    """AdamW is for networks that begin with random weights, which the published rate would leave there."""
    learning_rate: float = 1e-4
    weight_decay: float = 5e-4
    discriminator_rate: float = 4e-4


class S4Recipe:
    """Implements `training.recipe.DescentRecipe`; the place loss is that of another recipe, which chooses the photos.

    Photos of both domains go through the network together, so that its normalisation layers average over both, as they
    will when it is used. Unlike the paper's, triplets are of `TripletRecipe` (squared distances, several negatives),
    colours change beside crop and flip as the task says, and classes are the eight of `core.classes`.
    """

    name = "photo-s4"
    weight_decay = 0.0

    def __init__(self, places: PlaceRecipe, settings: S4Settings, targets: PhotoImages | None) -> None:
        """See `make_s4_recipe`."""
        self.places, self.settings, self._targets = places, settings, targets
        task = places.task
        spec, photos = task.network.spec, task.training.photos
        self._size = spec.height_px, spec.width_px
        self._labels = None if settings.segmentation == "none" else LabelImages(photos, *self._size)
        adapts = targets is not None
        self.module = S4Network(task.network, settings.segmentation, settings.decoder, adapts, task.seed)
        adapted = " and to make photos of another domain look like them" if adapts else ""
        self.description = (
            f"{places.description} Beside it the encoder learns classes of rendered photos (segmentation: "
            f"{settings.segmentation}){adapted} (Paolicelli et al. 2022)."
        )
        self._precision = choose_precision()

    def learning_rate(self, progress: float) -> float:
        """Of the network; see `descents`."""
        return self.settings.learning_rate * _poly(progress)

    def descents(self) -> tuple[Descent, ...]:
        """Of network and decoder, and of the discriminator."""
        settings, decoder = self.settings, self.module.decoder
        learnt = [*self.module.network.parameters(), *(decoder.parameters() if decoder is not None else ())]
        rate, decay = settings.learning_rate, settings.weight_decay
        optimizer: torch.optim.Optimizer
        if settings.optimizer == "sgd":
            optimizer = torch.optim.SGD(learnt, lr=rate, momentum=0.9, weight_decay=decay)
        else:
            optimizer = torch.optim.AdamW(learnt, lr=rate, weight_decay=decay)
        if self.module.discriminator is None:
            return (Descent(optimizer, _poly),)
        other = torch.optim.Adam(
            self.module.discriminator.parameters(), lr=settings.discriminator_rate, weight_decay=decay
        )
        return Descent(optimizer, _poly), Descent(other, _poly)

    def batch(self, step: int) -> Batch:
        """Photos (N, 3, H, W), their classes (N, H, W), the answer for places, and photos (T, 3, H, W) of elsewhere.

        Classes or the last photos are none where they are switched off.
        """
        examples, task = self.places.examples(step), self.places.task
        images = task.images.load(examples.rows)
        labels = np.zeros((0, *self._size), np.uint8) if self._labels is None else self._labels.load(examples.rows)
        for row, is_mirrored in enumerate(examples.is_mirrored):
            change = draw_change(task.augmentation, is_mirrored, examples.rng)
            images[row] = change_photo(images[row], change)
            if self._labels is not None:
                labels[row] = change_labels(labels[row], change)
        targets = self._changed_targets(step, max(1, int(_TARGETS_RATIO * len(images))))
        return (
            torch.from_numpy(network_input(images)), torch.from_numpy(labels), examples.answer,
            torch.from_numpy(network_input(targets)),
        )  # fmt: skip

    def loss(self, batch: Batch) -> torch.Tensor:
        """Eq. 6."""
        image, labels, answer, targets = batch
        count, settings = len(image), self.settings
        with self._precision.autocast(image.device.type):
            seen = self.module(torch.cat([image, targets]).contiguous(memory_format=torch.channels_last))
        descriptor = normalize(seen.descriptor[:count].float(), dim=1)
        loss = self.places.place_loss(descriptor, answer)
        if seen.scores is None:
            return loss
        scores = seen.scores.float()
        if self._labels is not None:
            loss = loss + settings.segmentation_weight * segmentation_loss(scores[:count], labels)
        discriminator = self.module.discriminator
        if discriminator is not None:
            shown = shown_to_discriminator(scores, self._size)
            loss = loss + settings.adversarial_weight * adversarial_loss(discriminator, shown[count:])
            told_apart = discriminator_loss(discriminator, shown[:count], shown[count:])
            loss = loss + settings.discriminator_weight * told_apart
        return loss

    def validate(self) -> float:
        """Recall@1 of places on the source domain, per cent, as in the paper."""
        return self.places.validate()

    def figures(self) -> str:
        """How good the network is now, in words."""
        return self.places.figures()

    def export(self, path: Path) -> None:
        """Write the network; decoder and discriminator have served."""
        self.places.export(path)

    def _changed_targets(self, step: int, count: int) -> UInt8:
        if self._targets is None:
            return np.zeros((0, *self._size, 3), np.uint8)
        task = self.places.task
        augmentation, rng = task.augmentation, np.random.default_rng((task.seed, _TARGET_STREAM, step))
        images = self._targets.load(rng.integers(len(self._targets), size=count))
        for image in images:
            image[:] = change_photo(image, draw_change(augmentation, draw_mirrored(augmentation, rng), rng))
        return images


class S4MinedRecipe(S4Recipe):
    """Implements `training.recipe.RefreshingRecipe` where the place loss looks for hard examples now and then."""

    def __init__(self, places: PlaceRecipe, settings: S4Settings, targets: PhotoImages | None) -> None:
        """As `S4Recipe`."""
        super().__init__(places, settings, targets)
        assert isinstance(places, RefreshingRecipe)
        self._mining: RefreshingRecipe = places
        self.refresh_every = places.refresh_every

    def refresh(self, step: int, processes: Processes) -> None:
        """Choose examples anew."""
        self._mining.refresh(step, processes)

    def memory(self) -> dict[str, torch.Tensor]:
        """What was chosen."""
        return self._mining.memory()

    def remember(self, memory: dict[str, torch.Tensor]) -> None:
        """Take what `memory` gave."""
        self._mining.remember(memory)


def make_s4_recipe(places: PlaceRecipe, settings: S4Settings, targets: PhotoImages | None = None) -> S4Recipe:
    """Adapts to the domain of `targets`, if there are any.

    Raises:
        ConfigError: The network does not fit the settings.
        DatasetError: The photos have no labels to learn from.
    """
    kind = S4MinedRecipe if isinstance(places, RefreshingRecipe) else S4Recipe
    return kind(places, settings, targets)


def segmentation_loss(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Eq. 2: cross entropy of scores (N, classes, h, w) and classes (N, H, W), of those pixels that have one."""
    raised = interpolate(scores, size=labels.shape[1:], mode="bilinear", align_corners=False)
    total = cross_entropy(raised, labels.long(), ignore_index=int(SemanticClass.UNLABELLED), reduction="sum")
    known = (labels != int(SemanticClass.UNLABELLED)).sum()
    return total / known.clamp(min=1)


def _poly(progress: float) -> float:
    return float((1.0 - progress) ** _POLY)
