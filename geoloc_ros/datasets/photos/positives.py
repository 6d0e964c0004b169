"""Which photos of a database show what a query shows: those near it, looking the same way where that is asked.

Published distances are 25 m (Torii et al., 24/7 Place Recognition, CVPR 2015) and 25 m with 40 degrees (Warburg et al.,
Mapillary Street-Level Sequences, CVPR 2020).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from geoloc_ros.core.photos import PhotoSet
from geoloc_ros.core.types import Bool, Float64, Int64

POSITIVE_M = 25.0
VIEW_RAD = math.radians(40.0)
_BLOCK = 16_384


@dataclass(frozen=True)
class Positives:
    """Rows of the database per query, as in a compressed sparse matrix."""

    start: Int64
    """(Q + 1,): those of query q are `row[start[q]:start[q + 1]]`."""
    row: Int64
    """Ascending within a query."""

    def __len__(self) -> int:
        """Q."""
        return len(self.start) - 1

    def of(self, query: int) -> Int64:
        """Rows of the database that are right for a query."""
        return self.row[self.start[query] : self.start[query + 1]]

    @property
    def has_any(self) -> Bool:
        """(Q,), False where no answer can be right."""
        return np.asarray(np.diff(self.start) > 0)

    def are_right(self, rows: Int64) -> Bool:
        """(Q, N), of rows (Q, N) of the database that were found for every query; -1 is never right."""
        query = np.repeat(np.arange(len(self)), np.diff(self.start))
        size = 1 + max(int(self.row.max(initial=0)), int(rows.max(initial=0)))
        known = query * size + self.row
        asked = np.arange(len(self))[:, np.newaxis] * size + rows
        return np.asarray(np.isin(asked, known) & (rows >= 0))


def find_positives(
    queries: PhotoSet, database: PhotoSet, distance_m: float = POSITIVE_M, view_rad: float = math.pi
) -> Positives:
    """Photos of the database within a distance of each query, and within an angle of its view.

    Args:
        queries: Q photos, in the frame of the database.
        database: What is searched.
        distance_m: The limit belongs to it.
        view_rad: Largest difference of yaw, which belongs to it; pi asks for none. Where it asks for one, a photo whose
            yaw nobody knows is right for nobody: what cannot be judged is not called right.
    """
    turns = view_rad < math.pi
    tree = cKDTree(database.position_m)
    counts, found = [], []
    for first in range(0, len(queries), _BLOCK):
        block = slice(first, first + _BLOCK)
        near = tree.query_ball_point(queries.position_m[block], distance_m, return_sorted=True)
        count = np.fromiter(map(len, near), np.int64, len(near))
        row = np.fromiter((each for rows in near for each in rows), np.int64, int(count.sum()))
        if turns:
            query = np.repeat(np.arange(len(count)), count)
            kept = _turn_rad(queries.yaw_rad[block][query], database.yaw_rad[row]) <= view_rad  # False for NaN
            count, row = np.bincount(query[kept], minlength=len(count)).astype(np.int64), row[kept]
        counts.append(count)
        found.append(row)
    start = np.concatenate([[0], np.cumsum(np.concatenate(counts or [np.zeros(0, np.int64)]))]).astype(np.int64)
    return Positives(start, np.concatenate(found) if found else np.zeros(0, np.int64))


def _turn_rad(one_rad: Float64, other_rad: Float64) -> Float64:
    """Smallest angle between directions, 0 to pi."""
    return np.asarray(np.abs(np.mod(one_rad - other_rad + math.pi, 2.0 * math.pi) - math.pi))
