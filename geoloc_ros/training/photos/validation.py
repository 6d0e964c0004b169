"""How well a network finds photos of a collection that it does not learn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import cKDTree

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoCollection
from geoloc_ros.core.types import Bool, Int64
from geoloc_ros.training.photos.embedding import embed_photos
from geoloc_ros.training.photos.images import PhotoImages
from geoloc_ros.training.photos.training_photos import join_collections

FOUND_M = 25.0
"""From the query; what is nearer shows the same place (S2)."""
_QUERIES = 600
_DATABASE = 3000


@dataclass(frozen=True)
class PhotoValidation:
    """Queries that have an answer, and the photos that are looked among."""

    images: PhotoImages
    query: Int64
    """(Q,), rows of `images`."""
    database: Int64
    """(V,)."""
    is_right: Bool
    """(Q, V), nearer than `FOUND_M`."""
    is_itself: Bool
    """(Q, V), the query among the database, which is no answer."""

    def recall1_ratio(self, network: torch.nn.Module) -> float:
        """Share of queries whose most alike photo is of their place; `network` is in `eval()` mode."""
        return float(np.mean(self.are_found(network)))

    def are_found(self, network: torch.nn.Module) -> Bool:
        """(Q,), whether the most alike photo is of the place of the query."""
        together = np.concatenate([self.query, self.database])
        descriptors = embed_photos(network, self.images, together)
        likeness = descriptors[: len(self.query)] @ descriptors[len(self.query) :].T
        likeness[self.is_itself] = -np.inf
        first = np.argmax(likeness, axis=1)
        return np.asarray(self.is_right[np.arange(len(first)), first])

    @property
    def chance_ratio(self) -> float:
        """Recall of drawing one photo at random."""
        allowed = ~self.is_itself
        return float(np.mean((self.is_right & allowed).sum(axis=1) / allowed.sum(axis=1)))


def prepare_validation(collection: PhotoCollection, height: int, width: int, seed: int) -> PhotoValidation:
    """At most 600 queries of a collection among at most 3000 of its photos, drawn once.

    Raises:
        DatasetError: No query has an answer.
    """
    joined = join_collections([collection])
    rng = np.random.default_rng((seed, 1 << 40))
    position_m = joined.photos.position_m
    query = _thinned(joined.query, _QUERIES, rng)
    near = cKDTree(position_m[joined.database]).query_ball_point(position_m[query], FOUND_M)
    answers = [joined.database[rows] for rows in near]
    has_answer = np.array([bool(np.any(rows != row)) for row, rows in zip(query, answers, strict=True)], bool)
    if not has_answer.any():
        raise DatasetError(
            f"no query of '{joined.photos.name}' has a photo nearer than {FOUND_M:.0f} m; give another one to validate"
        )
    query = query[has_answer]
    needed = np.unique(np.concatenate([rows for rows, has in zip(answers, has_answer, strict=True) if has]))
    others = np.setdiff1d(joined.database, needed)
    database = np.concatenate([needed, _thinned(others, max(0, _DATABASE - len(needed)), rng)])
    distance_m = np.linalg.norm(position_m[query][:, None] - position_m[database][None], axis=2)
    images = PhotoImages(joined.photos, height, width)
    return PhotoValidation(images, query, database, distance_m <= FOUND_M, query[:, None] == database[None])


def _thinned(rows: Int64, count: int, rng: np.random.Generator) -> Int64:
    return rows if len(rows) <= count else np.sort(rng.choice(rows, count, replace=False))
