"""Triplets by chance: the cheapest, and soon too easy (S2)."""

from __future__ import annotations

import numpy as np
import torch

from geoloc_ros.training.photos.mining.rarity import RareFirst
from geoloc_ros.training.photos.mining.triplets import Embed, PlaceRelations, Triplets


class RandomMiner:
    """Implements `Miner`; looks at no photo."""

    def __init__(self, relations: PlaceRelations, queries: RareFirst, num_negatives: int, refresh_every: int) -> None:
        self._relations, self._queries = relations, queries
        self._num_negatives = num_negatives
        self.refresh_every = refresh_every

    def mine(self, embed: Embed, count: int, rng: np.random.Generator) -> Triplets:
        """Queries, positives and negatives by chance."""
        query = self._queries.draw(count, rng)
        positive = np.array([rng.choice(self._relations.positives(int(row))) for row in query], np.int64)
        drawn = [self._relations.draw_negatives(int(row), self._num_negatives, rng) for row in query]
        return Triplets(query, positive, np.array(drawn, np.int64))

    def memory(self) -> dict[str, torch.Tensor]:
        """Nothing."""
        return {}

    def remember(self, memory: dict[str, torch.Tensor]) -> None:
        """Nothing to remember."""
