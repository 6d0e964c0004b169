"""A frame that counts in part: likelihood ratios to a power, without losing what they say of the map as a whole."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Float32

MOST_NATS = 30.0
"""No log ratio is believed to be more: no place is that sure, and sums of squares must be floats, which end at 88."""


class FrameTemper:
    """Tempers log ratios, in memory of its own that the next frame overwrites."""

    def __init__(self, num_viewpoints: int) -> None:
        self._whole, self._part = np.empty((2, num_viewpoints), np.float32)

    def ratios(self, log_ratio: Float32, power: float) -> tuple[Float32, float]:
        """Likelihood ratios (V,) of which the part `power` is meant; how much the frame prefers some places, 0 to 1.

        The mean of a power is less than the power of the mean, so many parts of a frame that is true to chance (mean 1)
        would count against all places. Here the mean of the ratios is that of the whole, to that power.
        """
        np.minimum(log_ratio, MOST_NATS, out=self._whole)
        part = np.multiply(self._whole, np.float32(power), out=self._part)
        whole = np.exp(self._whole, out=self._whole)
        mean = float(whole.mean(dtype=np.float64))
        choice = max(0.0, 1.0 - mean**2 * len(whole) / float(np.dot(whole, whole)))
        if power >= 1.0:
            return whole, choice
        np.exp(part, out=part)
        part *= np.float32(mean**power / float(part.mean(dtype=np.float64)))
        return part, choice
