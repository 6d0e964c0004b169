"""Triplets from descriptors of all photos there are: takes longer the more there are (NetVLAD; S2, S5)."""

from __future__ import annotations

import numpy as np

from geoloc_ros.training.photos.mining.hardest import DescriptorCache
from geoloc_ros.training.photos.mining.partial_mining import PartialMiner
from geoloc_ros.training.photos.mining.triplets import Embed, Triplets


class FullMiner(PartialMiner):
    """Implements `Miner`: as partial mining, but knows all photos, so that every query has a pool of its own."""

    def mine(self, embed: Embed, count: int, rng: np.random.Generator) -> Triplets:
        """Queries by chance; of each the most alike positive, and the most alike negatives of the pool."""
        relations = self._relations
        cache = DescriptorCache(embed, np.concatenate([relations.query, relations.database]))
        query = self._queries.draw(count, rng)
        positive = [cache.most_alike(int(row), relations.positives(int(row)), 1)[0] for row in query]
        negative = []
        for row in query:
            pool = rng.choice(relations.database, self._pool)
            negative.append(self._last.hardest(int(row), pool, cache, relations, rng))
        return Triplets(query, np.array(positive, np.int64), np.array(negative, np.int64))
