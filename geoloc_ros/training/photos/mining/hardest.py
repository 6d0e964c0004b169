"""Which of some photos a network mistakes most."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Float32, Int64
from geoloc_ros.training.photos.mining.triplets import Embed


class DescriptorCache:
    """Descriptors of some photos, made at once."""

    def __init__(self, embed: Embed, rows: Int64) -> None:
        self.rows = np.unique(rows)
        self._descriptor = embed(self.rows)

    def of(self, rows: Int64) -> Float32:
        """Descriptors (N, D); all rows must be in here."""
        return self._descriptor[np.searchsorted(self.rows, rows)]

    def most_alike(self, query: int, candidates: Int64, count: int) -> Int64:
        """The `count` candidates nearest to the query, nearest first; all of them where there are fewer."""
        likeness = self.of(candidates) @ self.of(np.array([query]))[0]
        return candidates[np.argsort(-likeness, kind="stable")[:count]]
