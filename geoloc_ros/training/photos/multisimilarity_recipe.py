"""Batches of places, several photos of each, and the multi-similarity loss (Wang et al. 2019; GSV-Cities)."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from pytorch_metric_learning.distances import CosineSimilarity
from pytorch_metric_learning.losses import MultiSimilarityLoss
from pytorch_metric_learning.miners import MultiSimilarityMiner

from geoloc_ros.training.photos.augment import draw_mirrored
from geoloc_ros.training.photos.photo_recipe import Examples, PhotoRecipe, PhotoTask
from geoloc_ros.training.photos.places import draw_varied, find_places

# A stream of random numbers that no step of a training has.
_PLACES: Final = 1 << 41


class MultiSimilarityRecipe(PhotoRecipe):
    """Implements `training.recipe.Recipe`."""

    name = "photo-multisimilarity"
    description = (
        "Batches of places with several photos each, of as many conditions as possible, and the multi-similarity loss "
        "with its miner (Wang et al. 2019), with the values of GSV-Cities (Ali-bey et al. 2022)."
    )

    def __init__(self, task: PhotoTask, places_per_batch: int = 16, photos_per_place: int = 4) -> None:
        """Find the places.

        Raises:
            DatasetError: There are not enough photos of the same places.
        """
        super().__init__(task)
        self._places_per_batch, self._photos_per_place = places_per_batch, photos_per_place
        self.places = find_places(task.training.photos, photos_per_place, np.random.default_rng((task.seed, _PLACES)))
        # Values of Ali-bey, Chaib-draa, Giguere 2022 (GSV-Cities).
        self._miner = MultiSimilarityMiner(epsilon=0.1, distance=CosineSimilarity())
        self._loss = MultiSimilarityLoss(alpha=1.0, beta=50.0, base=0.0, distance=CosineSimilarity())

    def examples(self, step: int) -> Examples:
        """K photos of P places, those of a place together; the answer (P * K,) is the number of the place."""
        rng = np.random.default_rng((self.task.seed, step))
        chosen = self.places.draw(self._places_per_batch, rng)
        condition, count = self.task.training.photos.condition, self._photos_per_place
        rows = np.concatenate([draw_varied(self.places.rows[place], count, condition, rng) for place in chosen])
        mirrored = [draw_mirrored(self.task.augmentation, rng) for _ in chosen]
        answer = torch.from_numpy(np.repeat(np.arange(len(chosen)), count))
        return Examples(rows, [each for each in mirrored for _ in range(count)], answer, rng)

    def place_loss(self, descriptor: torch.Tensor, answer: torch.Tensor) -> torch.Tensor:
        """Of the pairs that are still mistaken."""
        loss: torch.Tensor = self._loss(descriptor, answer, self._miner(descriptor, answer))
        return loss
