"""How much a frame speaks for each viewpoint of a city."""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np

from geoloc_ros.core.config import TrackerConfig
from geoloc_ros.core.native import load_native
from geoloc_ros.core.types import Float32


def log_likelihood(dissimilarity: Float32, config: TrackerConfig) -> Float32:
    """Logarithm (V,), up to a constant, of how likely a frame of these dissimilarities (V,) is at each viewpoint.

    Only the order counts: `-rank_exponent * log(share of the city that is nearer)`. That is the ratio of two densities,
    of the rank of the true place and of any other (which is uniform), if the first falls as a power; measured on
    simulated drives in kyoto it does, and says 3.1 nats a frame, the best function of the hand-crafted distance 2.5.
    It needs no scale of the dissimilarities, which differs by city, encoder and camera, and a frame that is all wrong
    can cost a place no more than `rank_exponent * log(V / rank_softening)`.
    """
    dissimilarity = np.ascontiguousarray(dissimilarity, np.float32)
    log_rank = np.empty_like(dissimilarity)
    _native().geoloc_log_ranks(
        len(dissimilarity), dissimilarity.ctypes.data, config.rank_softening, log_rank.ctypes.data
    )
    scaled: Float32 = log_rank * np.float32(-config.rank_exponent)
    return scaled


@cache
def _native() -> ctypes.CDLL:
    library = load_native()
    library.geoloc_log_ranks.argtypes = [ctypes.c_int64, ctypes.c_void_p, ctypes.c_float, ctypes.c_void_p]
    library.geoloc_log_ranks.restype = None
    return library
