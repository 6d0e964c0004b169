"""Queries, photos of their places, and photos of other places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from scipy.spatial import cKDTree

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.types import Float32, Float64, Int64
from geoloc_ros.training.photos.places import looks_alike
from geoloc_ros.training.photos.training_photos import TrainingPhotos

POSITIVE_M = 10.0
"""Nearer photos that look the same way may show the place of the query (S5)."""
NEGATIVE_M = 25.0
"""Photos farther away do not."""

_TRIES = 8

Embed = Callable[[Int64], Float32]
"""Descriptors (N, D) of unit length of the photos of these rows, of the network as it is now."""


@dataclass(frozen=True)
class Triplets:
    """T of them; numbers are rows of the photos that one learns from."""

    query: Int64
    """(T,)."""
    positive: Int64
    """(T,)."""
    negative: Int64
    """(T, n)."""

    def __len__(self) -> int:
        """T."""
        return len(self.query)


class Miner(Protocol):
    """A way to choose triplets."""

    @property
    def refresh_every(self) -> int:
        """Steps for which triplets are chosen at once."""

    def mine(self, embed: Embed, count: int, rng: np.random.Generator) -> Triplets:
        """`count` triplets for the next steps."""

    def memory(self) -> dict[str, torch.Tensor]:
        """What it needs of earlier times besides its arguments."""

    def remember(self, memory: dict[str, torch.Tensor]) -> None:
        """Take what `memory` gave."""


class PlaceRelations:
    """Which photos show the place of a query, and which do not; answers cost as much as they say, not as there are."""

    def __init__(self, training: TrainingPhotos) -> None:
        """Keep the queries that have a positive.

        Raises:
            DatasetError: None of them has one.
        """
        self._position_m: Float64 = training.photos.position_m
        self._yaw_rad = training.photos.yaw_rad
        self._sequence = training.photos.sequence
        self.database = training.database
        self._tree = cKDTree(self._position_m[self.database])
        has_positive = [len(self.positives(int(row))) > 0 for row in training.query]
        self.query = training.query[np.array(has_positive, bool)]
        if len(self.query) == 0:
            raise DatasetError(
                f"no query of '{training.photos.name}' has a photo within {POSITIVE_M:.0f} m that looks the same way "
                "and is of another drive; give photos of the same places"
            )
        self._check_spread()

    def positives(self, query: int) -> Int64:
        """Rows of the database that show the place of this row, in order.

        Not the row itself, nor any of the same drive: its neighbours would teach nothing.
        """
        rows = self.database[sorted(self._tree.query_ball_point(self._position_m[query], POSITIVE_M))]
        is_alike = looks_alike(self._yaw_rad[rows], float(self._yaw_rad[query]))
        own = self._sequence[query]
        is_other = (rows != query) & ((self._sequence[rows] != own) | (own < 0))
        return np.asarray(rows[is_alike & is_other], np.int64)

    def negatives_among(self, query: int, rows: Int64) -> Int64:
        """Those of the rows that do not show the place of this row."""
        distance_m = np.linalg.norm(self._position_m[rows] - self._position_m[query], axis=1)
        return np.asarray(rows[distance_m > NEGATIVE_M], np.int64)

    def draw_negatives(self, query: int, count: int, rng: np.random.Generator) -> Int64:
        """Any rows (count,) of the database that do not show the place of this row."""
        found = np.empty(0, np.int64)
        while len(found) == 0:
            found = self.negatives_among(query, rng.choice(self.database, _TRIES * count))
        return np.resize(found, count)

    def _check_spread(self) -> None:
        # Then half of it, twice the distance of a negative, lies between any photo and some other one.
        spread_m = float(np.ptp(self._position_m[self.database], axis=0).max())
        if spread_m <= 4.0 * NEGATIVE_M:
            raise DatasetError(f"all photos lie within {spread_m:.0f} m; triplets need photos of other places, too")
