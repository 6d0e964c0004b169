"""How much a frame speaks for each viewpoint of a city."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache

import numpy as np

from geoloc_ros.core.localization_config import TrackerConfig
from geoloc_ros.core.native import load_native
from geoloc_ros.core.types import Float32, Int64
from geoloc_ros.localization.place_index import PlaceIndex


@dataclass(frozen=True)
class FrameScores:
    """What one frame says about all V viewpoints, in memory of a `FrameScorer`: the next frame overwrites it."""

    dissimilarity: Float32
    """(V,)."""
    log_ratio: Float32
    """(V,), of "seen from here" and "seen from anywhere": its exponential averages to 1 over the viewpoints."""
    information: float
    """How much the frame tells places apart, nats: the log ratio expected where it was seen; 0 if all look alike."""

    def nearest(self, count: int) -> Int64:
        """The `count` viewpoints that look most alike, or all, best first; of equal ones the first first."""
        count = min(count, len(self.dissimilarity))
        row = np.empty(count, np.int64)
        _native().geoloc_smallest(len(self.dissimilarity), self.dissimilarity.ctypes.data, count, row.ctypes.data)
        return row


class FrameScorer:
    """Scores frames against an index without asking for memory that grows with the city."""

    def __init__(self, index: PlaceIndex, config: TrackerConfig) -> None:
        self._index = index
        self._config = config
        self._dissimilarity = np.empty(len(index), np.float32)
        self._log_ratio = np.empty(len(index), np.float32)
        self._ratio = np.empty(len(index), np.float32)

    def score(self, query: Float32) -> FrameScores:
        """Scores of a query (D,) at every viewpoint."""
        return self.score_dissimilarity(self._index.dissimilarities(query, self._dissimilarity))

    def score_dissimilarity(self, dissimilarity: Float32) -> FrameScores:
        """Scores of a frame whose dissimilarities (V,) somebody else found, as `rotations.CameraYaw` does."""
        if self._index.tells_log_ratios:
            score_log_ratios(dissimilarity, self._config.score_exponent, self._config.score_floor, self._log_ratio)
        else:
            rank_log_ratios(dissimilarity, self._config.rank_exponent, self._config.rank_softening, self._log_ratio)
        np.exp(self._log_ratio, out=self._ratio)
        information = float(np.dot(self._ratio, self._log_ratio)) / len(self._ratio)
        return FrameScores(dissimilarity, self._log_ratio, information)


def score_log_ratios(dissimilarity: Float32, exponent: float, floor: float, out: Float32) -> None:
    """Write the log ratios (V,) of an encoder whose dissimilarity is minus one to `out`.

    `(1 - floor) s / mean(s) + floor` with `s = exp(-exponent * dissimilarity)`. The mean over the city takes the place
    of "seen from anywhere": whatever the network thinks of a frame as such is divided out. `exponent` is 1 for a
    network that is as right as it believes. `floor` is the share of frames taken to say nothing about where they were
    seen: so much is the least that a frame leaves of a place.
    """
    _native().geoloc_score_log_ratios(len(out), _pointer(dissimilarity), exponent, floor, _pointer(out))


def rank_log_ratios(dissimilarity: Float32, exponent: float, softening: float, out: Float32) -> None:
    """Write the log ratios (V,) of an encoder of whose dissimilarities only the order counts to `out`.

    `-exponent * log(share of the city that is nearer)`, and a constant: the ratio of two densities, of the rank of the
    true place and of any other (which is uniform), if the first falls as a power. It needs no scale of the
    dissimilarities, which differs by city, encoder and camera. The best `softening` places make no difference yet.
    """
    _native().geoloc_rank_log_ratios(len(out), _pointer(dissimilarity), exponent, softening, _pointer(out))


def _pointer(array: Float32) -> int:
    assert array.dtype == np.float32 and array.flags.c_contiguous
    return array.ctypes.data


@cache
def _native() -> ctypes.CDLL:
    library = load_native()
    count, pointer, real = ctypes.c_int64, ctypes.c_void_p, ctypes.c_float
    for name in ("geoloc_score_log_ratios", "geoloc_rank_log_ratios"):
        getattr(library, name).argtypes = [count, pointer, real, real, pointer]
        getattr(library, name).restype = None
    library.geoloc_smallest.argtypes = [count, pointer, ctypes.c_int32, pointer]
    library.geoloc_smallest.restype = None
    return library
