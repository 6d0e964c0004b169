"""The negatives that each query was mistaken for last time, which steadies training (Arandjelovic et al. 2016)."""

from __future__ import annotations

import numpy as np
import torch

from geoloc_ros.core.types import Int64
from geoloc_ros.training.photos.mining.hardest import DescriptorCache
from geoloc_ros.training.photos.mining.triplets import PlaceRelations


class LastHardest:
    """Of each query, as many as a triplet has; -1 before it was met."""

    def __init__(self, query: Int64, num_negatives: int) -> None:
        self._query = np.sort(query)
        self._rows = np.full((len(query), num_negatives), -1, np.int64)

    def of(self, queries: Int64) -> Int64:
        """All of these queries, without order."""
        rows = self._rows[np.searchsorted(self._query, queries)].reshape(-1)
        return np.asarray(rows[rows >= 0], np.int64)

    def hardest(
        self, query: int, pool: Int64, cache: DescriptorCache, relations: PlaceRelations, rng: np.random.Generator
    ) -> Int64:
        """The negatives (n,) most alike among the pool and those of last time, which they then become."""
        place = int(np.searchsorted(self._query, query))
        kept = self._rows[place]
        candidates = relations.negatives_among(query, np.union1d(pool, kept[kept >= 0]))
        if len(candidates) == 0:
            return relations.draw_negatives(query, len(kept), rng)
        self._rows[place] = np.resize(cache.most_alike(query, candidates, len(kept)), len(kept))
        return np.array(self._rows[place], np.int64)

    def memory(self) -> dict[str, torch.Tensor]:
        """As tensors."""
        return {"hardest": torch.from_numpy(self._rows.copy())}

    def remember(self, memory: dict[str, torch.Tensor]) -> None:
        """Take what `memory` gave."""
        self._rows = memory["hardest"].numpy().copy()
