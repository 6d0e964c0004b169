"""Exact trajectory retrieval: the best of all drivable paths, not of sampled ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoloc_ros.core.types import Float32, Int64
from geoloc_ros.maps.geomap import PlaceGraph


class PathDecoder:
    """Min-plus (Viterbi) over the directed viewpoints; each step of a drive moves one place on."""

    def __init__(self, places: PlaceGraph) -> None:
        self._place = places.viewpoint_place
        source = np.repeat(np.arange(len(self._place)), np.diff(places.successor_start))
        order = np.argsort(places.successor, kind="stable")
        self._predecessor = source[order]
        self._start = np.searchsorted(places.successor[order], np.arange(len(self._place) + 1))
        self._reached = np.flatnonzero(np.diff(self._start))

    def decode(self, dissimilarity: Float32, lengths: Sequence[int]) -> list[Int64]:
        """Places of the path with the smallest sum over the first `length` steps, for each of ascending lengths.

        Args:
            dissimilarity: (L, N), of each step of the drive to each place.
            lengths: At most L each. There must be a drivable path as long as each.

        Returns:
            (length,) for each; unlike sampled walks, a path may come back to a place.
        """
        score = np.empty((max(lengths), len(self._place)), np.float32)
        score[0] = dissimilarity[0][self._place]
        for step in range(1, len(score)):
            score[step] = np.inf
            before = np.minimum.reduceat(score[step - 1][self._predecessor], self._start[self._reached])
            score[step][self._reached] = before
            score[step] += dissimilarity[step][self._place]
        return [self._trace(score[:length]) for length in lengths]

    def _trace(self, score: Float32) -> Int64:
        """The best path, found again from its end."""
        viewpoint = int(score[-1].argmin())
        path = [viewpoint]
        for step in range(len(score) - 2, -1, -1):
            before = self._predecessor[self._start[viewpoint] : self._start[viewpoint + 1]]
            viewpoint = int(before[score[step][before].argmin()])
            path.append(viewpoint)
        places: Int64 = self._place[np.array(path[::-1])].astype(np.int64)
        return places
