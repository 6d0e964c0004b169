"""Classification of places, group after group, with CosFace (CosPlace: Berton, Masone, Caputo 2022)."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from pytorch_metric_learning.losses import CosFaceLoss
from torch import nn

from geoloc_ros.training.photos.photo_recipe import Examples, PhotoRecipe, PhotoTask, rise_and_fall
from geoloc_ros.training.photos.place_classes import find_groups
from geoloc_ros.training.recipe import Descent, seeded_weights

_BATCH: Final = 32
_GROUPS: Final = 8
_CLASSIFIER_RATE: Final = 0.01
_SMALLEST_CLASS: Final = 4
_SCALE: Final = 30.0
_MARGIN: Final = 0.4


class CosPlaceRecipe(PhotoRecipe):
    """Implements `training.recipe.DescentRecipe`."""

    name = "photo-cosplace"
    description = (
        "Classification of cells of 10 m and 30 degrees in groups visited in turn, with CosFace (CosPlace, Berton, "
        "Masone, Caputo 2022)."
    )

    def __init__(
        self, task: PhotoTask, steps_per_group: int = 200, smallest_class: int = _SMALLEST_CLASS
    ) -> None:
        """Find the classes.

        Raises:
            DatasetError: There are not enough photos of the same places.
        """
        super().__init__(task)
        self.groups = find_groups(task.training.photos, smallest_class)[:_GROUPS]
        self._steps_per_group = steps_per_group
        with seeded_weights(task.seed):
            self._classifiers = tuple(
                CosFaceLoss(len(group), task.network.descriptor_size, margin=_MARGIN, scale=_SCALE)
                for group in self.groups
            )
        self.module = nn.ModuleDict({"network": task.network, "classifiers": nn.ModuleList(self._classifiers)})

    def descents(self) -> tuple[Descent, ...]:
        """Adam, faster for the classifiers."""
        network = torch.optim.Adam(self.task.network.parameters(), lr=self.task.learning_rate)
        classifiers = torch.optim.Adam(nn.ModuleList(self._classifiers).parameters(), lr=_CLASSIFIER_RATE)
        return Descent(network, rise_and_fall), Descent(classifiers, lambda progress: 1.0)

    def examples(self, step: int) -> Examples:
        """Photos of classes drawn at random; the answer (N, 2) is number of the class and of the group."""
        rng = np.random.default_rng((self.task.seed, step))
        number = step // self._steps_per_group % len(self.groups)
        group = self.groups[number]
        classes = rng.integers(len(group), size=_BATCH)
        rows = np.array([rng.choice(group.rows[each]) for each in classes], np.int64)
        answer = torch.from_numpy(np.column_stack([classes, np.full(_BATCH, number)]))
        # A mirrored street is another class, which there is not.
        return Examples(rows, [False] * _BATCH, answer, rng)

    def place_loss(self, descriptor: torch.Tensor, answer: torch.Tensor) -> torch.Tensor:
        """Cross entropy of the group's classes, the right one handicapped by the margin."""
        loss: torch.Tensor = self._classifiers[int(answer[0, 1])](descriptor, answer[:, 0])
        return loss
