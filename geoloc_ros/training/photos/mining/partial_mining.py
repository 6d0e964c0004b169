"""Triplets from descriptors of a drawn part of the photos: nearly as good as all, at a fraction of the cost (S2)."""

from __future__ import annotations

import numpy as np
import torch

from geoloc_ros.training.photos.mining.hardest import DescriptorCache
from geoloc_ros.training.photos.mining.last_hardest import LastHardest
from geoloc_ros.training.photos.mining.rarity import RareFirst
from geoloc_ros.training.photos.mining.triplets import Embed, PlaceRelations, Triplets


class PartialMiner:
    """Implements `Miner`: looks at the queries, their positives, and one pool of the database for all of them."""

    def __init__(
        self, relations: PlaceRelations, queries: RareFirst, num_negatives: int, pool: int, refresh_every: int
    ) -> None:
        self._relations, self._queries = relations, queries
        self._last = LastHardest(relations.query, num_negatives)
        self._pool = pool
        self.refresh_every = refresh_every

    def mine(self, embed: Embed, count: int, rng: np.random.Generator) -> Triplets:
        """Queries by chance; of each the most alike positive, and the most alike negatives of the pool."""
        relations = self._relations
        query = self._queries.draw(count, rng)
        positives = [relations.positives(int(row)) for row in query]
        pool = rng.choice(relations.database, self._pool)
        cache = DescriptorCache(embed, np.concatenate([query, pool, self._last.of(query), *positives]))
        positive = [cache.most_alike(int(row), rows, 1)[0] for row, rows in zip(query, positives, strict=True)]
        negative = [self._last.hardest(int(row), pool, cache, relations, rng) for row in query]
        return Triplets(query, np.array(positive, np.int64), np.array(negative, np.int64))

    def memory(self) -> dict[str, torch.Tensor]:
        """Which negatives were hardest."""
        return self._last.memory()

    def remember(self, memory: dict[str, torch.Tensor]) -> None:
        """Take what `memory` gave."""
        self._last.remember(memory)
