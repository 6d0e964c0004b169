"""Triplets from a sub-cache: some queries and their positives, never more of them, however many there are (S5)."""

from __future__ import annotations

import numpy as np
import torch

from geoloc_ros.core.types import Int64
from geoloc_ros.training.photos.mining.hardest import DescriptorCache
from geoloc_ros.training.photos.mining.rarity import RareFirst
from geoloc_ros.training.photos.mining.triplets import Embed, PlaceRelations, Triplets


class SubCacheMiner:
    """Implements `Miner`: negatives of a query are positives of the others (S5, section 4.4.3)."""

    def __init__(
        self, relations: PlaceRelations, queries: RareFirst, num_negatives: int, pool: int, num_queries: int,
        refresh_every: int,
    ) -> None:
        self._relations, self._queries = relations, queries
        self._num_negatives, self._pool, self._num_queries = num_negatives, pool, num_queries
        self.refresh_every = refresh_every

    def mine(self, embed: Embed, count: int, rng: np.random.Generator) -> Triplets:
        """Queries of the sub-cache; of each the most alike positive, and the most alike negatives of a drawn pool."""
        relations = self._relations
        drawn = self._queries.draw(self._num_queries, rng)
        members = np.unique(drawn)
        positives = [relations.positives(int(row)) for row in members]
        answers = np.unique(np.concatenate(positives))
        cache = DescriptorCache(embed, np.concatenate([members, answers]))
        # As often as they were drawn: a rare photo is met again rather than its condition seldom.
        chosen = np.searchsorted(members, np.resize(rng.permutation(drawn), count))
        positive = [cache.most_alike(int(members[each]), positives[each], 1)[0] for each in chosen]
        negative = [self._negatives(int(members[each]), answers, cache, rng) for each in chosen]
        return Triplets(members[chosen], np.array(positive, np.int64), np.array(negative, np.int64))

    def memory(self) -> dict[str, torch.Tensor]:
        """Nothing: a query may not be met again for long."""
        return {}

    def remember(self, memory: dict[str, torch.Tensor]) -> None:
        """Nothing to remember."""

    def _negatives(self, query: int, answers: Int64, cache: DescriptorCache, rng: np.random.Generator) -> Int64:
        pool = np.unique(rng.choice(answers, self._pool))
        candidates = self._relations.negatives_among(query, pool)
        if len(candidates) == 0:
            return self._relations.draw_negatives(query, self._num_negatives, rng)
        return np.resize(cache.most_alike(query, candidates, self._num_negatives), self._num_negatives)
