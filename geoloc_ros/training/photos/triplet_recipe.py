"""Triplets of a query, a photo of its place and photos of others, mined every so many steps (S5, S2)."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.reducers import MeanReducer

from geoloc_ros.core.types import Float32, Int64
from geoloc_ros.training.photos.augment import draw_mirrored
from geoloc_ros.training.photos.embedding import embed_photos
from geoloc_ros.training.photos.mining.choosing import MiningSettings, make_miner
from geoloc_ros.training.photos.mining.triplets import Triplets
from geoloc_ros.training.photos.photo_recipe import Examples, PhotoRecipe, PhotoTask
from geoloc_ros.training.processes import Processes

MARGIN: Final = 0.1
"""Of squared distances between descriptors of unit length."""
_BATCH: Final = 4
# A stream of random numbers that no step of a training has.
_MINING: Final = 1 << 42


class TripletRecipe(PhotoRecipe):
    """Implements `training.recipe.RefreshingRecipe`."""

    name = "photo-triplet"

    def __init__(self, task: PhotoTask, mining: MiningSettings, triplets_per_batch: int = _BATCH) -> None:
        """Find the positives.

        Raises:
            DatasetError: No query has one, or there are no other places.
        """
        super().__init__(task)
        self.description = (
            f"Triplets of a query, a photo of its place and {mining.num_negatives} of others, chosen by "
            f"{mining.mining} mining, with a margin of {MARGIN} between squared distances (Warburg et al. 2020)."
        )
        self._miner = make_miner(task.training, mining)
        self._per_batch = triplets_per_batch
        self._triplets: Triplets | None = None
        self._loss = TripletMarginLoss(margin=MARGIN, distance=LpDistance(p=2, power=2), reducer=MeanReducer())

    @property
    def refresh_every(self) -> int:
        """Steps for which triplets are mined at once."""
        return self._miner.refresh_every

    def refresh(self, step: int, processes: Processes) -> None:
        """Mine the triplets of the next steps of all processes."""
        rng = np.random.default_rng((self.task.seed, _MINING + step))

        def embed(rows: Int64) -> Float32:
            return embed_photos(self.task.network, self.task.images, rows, processes)

        self._triplets = self._miner.mine(embed, self._per_batch * self.refresh_every * processes.count, rng)

    def memory(self) -> dict[str, torch.Tensor]:
        """The triplets, and what the miner keeps."""
        memory = {f"miner.{name}": tensor for name, tensor in self._miner.memory().items()}
        if self._triplets is not None:
            memory |= {name: torch.from_numpy(rows.copy()) for name, rows in vars(self._triplets).items()}
        return memory

    def remember(self, memory: dict[str, torch.Tensor]) -> None:
        """Take what `memory` gave."""
        miner = {name.removeprefix("miner."): rows for name, rows in memory.items() if name.startswith("miner.")}
        self._miner.remember(miner)
        names = ("query", "positive", "negative")
        self._triplets = Triplets(*(memory[name].numpy() for name in names)) if "query" in memory else None

    def examples(self, step: int) -> Examples:
        """Photos of triplets; the answer (T, 2 + n) says which of them are query, positive and negatives."""
        assert self._triplets is not None, "refresh comes first"
        rng = np.random.default_rng((self.task.seed, step))
        chosen = (step * self._per_batch + np.arange(self._per_batch)) % len(self._triplets)
        mined = self._triplets
        together = np.column_stack([mined.query[chosen], mined.positive[chosen], mined.negative[chosen]])
        mirrored = [draw_mirrored(self.task.augmentation, rng) for _ in chosen]
        answer = torch.arange(together.size).view(together.shape)
        return Examples(
            together.reshape(-1), [each for each in mirrored for _ in range(together.shape[1])], answer, rng
        )

    def place_loss(self, descriptor: torch.Tensor, answer: torch.Tensor) -> torch.Tensor:
        """Mean over triplets and negatives of max(0, |q - p|^2 - |q - n|^2 + margin)."""
        negative = answer[:, 2:]
        query, positive = (answer[:, each : each + 1].expand_as(negative).reshape(-1) for each in (0, 1))
        loss: torch.Tensor = self._loss(descriptor, indices_tuple=(query, positive, negative.reshape(-1)))
        return loss
