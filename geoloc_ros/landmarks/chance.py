"""How often chance alone would make a pose fit as well: the number of false alarms of a-contrario RANSAC."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from geoloc_ros.core.types import Float64

_LN_10 = np.log(10.0)
_SAMPLE = 3
"""Points that fix a pose."""
_POSES_PER_SAMPLE = 4
_LEAST_ERROR_PX = 0.1
"""Nobody's pixels are nearer to each other by more than chance."""


def log10_chance(error_px: Float64, num_points: int, area_px2: float) -> float:
    """Logarithm to base 10 of how many poses one expects to fit at least as well among points that lie at random.

    Moisan and Stival (2004), AC-RANSAC: of every subset that may agree with a pose made of 3 of its members, the others
    fall within the largest error with the probability of that circle in the image. The subset that is least probable
    counts, over all its sizes.

    Args:
        error_px: (I,), of the points that agree with the pose, in any order.
        num_points: K that could have agreed.
        area_px2: Where points at random lie.

    Returns:
        Above 0 where nothing speaks against chance; the number of poses that 3 points of K give where I is 3 or less.
    """
    assert len(error_px) <= num_points
    size = np.arange(_SAMPLE + 1, len(error_px) + 1, dtype=np.float64)
    subsets = np.log10(_POSES_PER_SAMPLE * max(1.0, num_points - _SAMPLE))
    if not len(size):
        return float(subsets + _log10_choose(num_points, min(_SAMPLE, num_points)))
    radius_px = np.maximum(np.sort(error_px)[_SAMPLE:], _LEAST_ERROR_PX)
    within = np.log10(np.minimum(1.0, np.pi * radius_px**2 / area_px2))
    subsets = subsets + _log10_choose(num_points, size) + _log10_choose(size, _SAMPLE)
    return float(np.min(subsets + (size - _SAMPLE) * within))


def _log10_choose(total: Float64 | float, chosen: Float64 | float) -> Float64:
    others = np.subtract(total, chosen)
    return np.asarray((gammaln(np.add(total, 1.0)) - gammaln(np.add(chosen, 1.0)) - gammaln(others + 1.0)) / _LN_10)
