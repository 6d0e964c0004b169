"""Belief over the photos of an index while a vehicle drives past them: exact over all ways to do so."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Float64, Int32
from geoloc_ros.vpr.sequences.windows import next_in_sequence

ANY_STEP: Float64 = np.array([0.1, 0.8, 0.1])
"""Photos of the index passed between two of the query, at a like spacing and unknown speed: after ten photos this has
spread as far as speeds of 0.8 to 1.2, which SeqSLAM tries (Milford and Wyeth, 2012), lie apart."""
JUMP = 1e-3
"""Share that is anywhere after each step: other drives, and where the index was wrong."""
_LEFT = float(np.exp(-0.5 * 3.0**2))


class SequenceTracker:
    """Forward filter over a photo index: sums over all monotone paths along its sequences.

    The state is a photo of the index. At every step it moves on along its sequence; what runs over the end, and `JUMP`
    of all, is anywhere next. Photos look where the vehicle drives, so nobody comes along a sequence backwards and
    recognises it; a way back is a sequence of its own.

    `localization.belief` is the same filter over roads with their junctions and odometry in metres. It needs the roads
    of a map; photos of a drive are a chain whether there is a map or not, and vpr does not know localization.
    """

    def __init__(self, sequence: Int32, jump: float = JUMP) -> None:
        """
        Args:
            sequence: (V,), photos of one number follow each other in this order; -1 for photos by themselves.
            jump: See `JUMP`.
        """
        self._next = next_in_sequence(sequence)
        self._jump = jump
        self.reset()

    def reset(self) -> None:
        """Anywhere."""
        count = len(self._next)
        self._probability = np.full(count, 1.0 / count)

    @property
    def probability(self) -> Float64:
        """Of each photo (V,)."""
        return self._probability

    def advance(self, step: Float64 = ANY_STEP) -> None:
        """Move on.

        Args:
            step: Probabilities (K,) of having passed 0, 1, ... K - 1 photos; or (V, K), where each photo has its own.
        """
        moved = self._carried(self._probability, step)
        self._probability = moved + (1.0 - moved.sum()) / len(moved)

    def weigh(self, log_ratio: Float64) -> None:
        """Take in how much more likely a photo is at each of the index (V,) than at random, in nats."""
        weighed = self._probability * np.exp(log_ratio - log_ratio.max())
        self._probability = weighed / weighed.sum()

    def looked_back(self, value: Float64, step: Float64 = ANY_STEP) -> Float64:
        """Expectation, before a step, of `value` (V,) after it: the adjoint of `advance`, for smoothing."""
        ahead, arrived = np.zeros(len(value)), np.zeros(len(value))
        at = np.arange(len(value))
        for share in self._shares(step):
            inside = at >= 0
            weight = share * inside
            ahead += weight * value[at]
            arrived += weight
            at = np.where(inside, self._next[at], -1)
        kept = 1.0 - self._jump
        return np.asarray(kept * ahead + (1.0 - kept * arrived) * value.mean())

    def _carried(self, probability: Float64, step: Float64) -> Float64:
        """What stays in its sequence."""
        moved = np.zeros(len(probability))
        at = np.arange(len(probability))
        for share in self._shares(step):
            inside = at >= 0
            moved[at[inside]] += (share * probability)[inside]  # no two photos have the same one after them
            at = np.where(inside, self._next[at], -1)
        return (1.0 - self._jump) * moved

    def _shares(self, step: Float64) -> Float64:
        """(K, V) or (K, 1)."""
        return step.T if step.ndim == 2 else step[:, None]


def steps_by_distance(sequence: Int32, along_m: Float64, moved_m: float, sigma_m: float, most: int = 8) -> Float64:
    """Probabilities (V, K) of having passed 0 .. K - 1 photos, where odometry tells the way.

    They add up to less than 1 where no photo lies within about three `sigma_m` of it: the drive has left the index.

    Args:
        sequence: (V,), as for the tracker.
        along_m: (V,), way from the start of its sequence to each photo.
        moved_m: By odometry.
        sigma_m: How far that may be off, the spacing of the photos included.
        most: K.
    """
    following, at = next_in_sequence(sequence), np.arange(len(sequence))
    weight = np.zeros((len(sequence), most))
    for passed in range(most):
        inside = at >= 0
        off = (along_m[at] - along_m - moved_m) / sigma_m
        weight[inside, passed] = np.exp(-0.5 * off[inside] ** 2)
        at = np.where(inside, following[at], -1)
    return np.asarray(weight / (weight.sum(axis=1, keepdims=True) + _LEFT), np.float64)
