"""How well a network finds places of a city that it does not learn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Float32, Int64


@dataclass(frozen=True)
class Retrieval:
    """How many queries found their place."""

    top1_percent: float
    """Percentage of queries whose place is among the nearest hundredth of all places."""
    recall1_percent: float
    """Percentage of queries whose place is the nearest."""

    @property
    def score(self) -> float:
        """Mean of both: the one is coarse where a network is good, the other where it is not."""
        return (self.top1_percent + self.recall1_percent) / 2.0


def judge_retrieval(dissimilarity: Float32, true_place: Int64) -> Retrieval:
    """Retrieval of Q queries among P places.

    Args:
        dissimilarity: (Q, P), smaller is more alike.
        true_place: (Q,).
    """
    own = np.take_along_axis(dissimilarity, true_place[:, None], axis=1)
    # Ties count against the true place, or a network that maps all to one would be perfect.
    rank = (dissimilarity <= own).sum(axis=1)
    top = max(1, dissimilarity.shape[1] // 100)
    return Retrieval(100.0 * float(np.mean(rank <= top)), 100.0 * float(np.mean(rank <= 1)))
