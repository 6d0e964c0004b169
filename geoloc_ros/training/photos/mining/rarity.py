"""Draws queries so that each condition is met equally often, however rare its photos are (S5, section 4.4.3)."""

from __future__ import annotations

from collections import Counter

import numpy as np

from geoloc_ros.core.types import Int64


class RareFirst:
    """Weights by the inverse of how many photos share the condition, such as "night" or "day sideways"."""

    def __init__(self, rows: Int64, condition: tuple[str, ...]) -> None:
        """Of these rows; `condition` is that of all photos."""
        self._rows = rows
        number = Counter(condition[row] for row in rows)
        weight = np.array([1.0 / number[condition[row]] for row in rows])
        self._cumulated = np.cumsum(weight) / weight.sum()

    def draw(self, count: int, rng: np.random.Generator) -> Int64:
        """Rows (count,), the same one more than once by chance; takes no longer for more rows."""
        found = np.searchsorted(self._cumulated, rng.random(count), side="right")
        return self._rows[np.minimum(found, len(self._rows) - 1)]
