"""What distances of one query say of each photo of the index, without knowing the network that made them."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from geoloc_ros.core.types import Float32, Float64

SHARPNESS = 0.5
"""0 where the true place always comes first, 1 where its rank says nothing. In the middle, because frames of one drive
are not independent (what misleads one misleads the next) and so each must count for less than it would alone."""


def rank_log_ratio(distance: Float32, sharpness: float = SHARPNESS) -> Float64:
    """How much more likely the query is at each photo (..., V) than at one drawn at random, in nats.

    Only the order of the distances (..., V) counts: the true place has rank u of 0..1 with density a u^(a - 1), any
    other has each rank alike. So nothing has to be known of the descriptor, one wrong photo that is far nearer than all
    others cannot outweigh a whole drive, and the ratios average to 1 over the photos (a query that fits nowhere is no
    evidence for being somewhere).
    """
    rank = (rankdata(distance, axis=-1) - 0.5) / distance.shape[-1]
    ratio = rank ** (sharpness - 1.0)
    return np.asarray(np.log(ratio / ratio.mean(axis=-1, keepdims=True)), np.float64)
