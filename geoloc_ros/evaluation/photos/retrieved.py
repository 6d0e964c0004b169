"""A collection that was searched: its photos, their descriptors, and what came out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.photos import PhotoSet
from geoloc_ros.core.types import Float16, Float32, Int64
from geoloc_ros.datasets.photos.positives import Positives, find_positives
from geoloc_ros.evaluation.photos.found import Found, find
from geoloc_ros.vpr.search.exact import ExactSearch


@dataclass(frozen=True)
class RetrievedPhotos:
    """Queries searched in a database; both in one frame."""

    queries: PhotoSet
    """Q."""
    database: PhotoSet
    """V."""
    own: Int64
    """(Q,), row of the database that is the query itself, where one folder is both; -1 for none. It is no answer."""
    query_descriptors: Float32
    """(Q, D), of unit length."""
    descriptors: Float16
    """(V, D), the same."""
    found: Found
    """At least `MOST` each, where there are as many; without `own`."""

    def positives(self, queries: Int64, database: Int64, distance_m: float, view_rad: float) -> Positives:
        """Rows of `database` (n,), counted within it, that are right for each of some queries, not being these."""
        asked, searched = self.queries.take(queries), self.database.take(database)
        positives = find_positives(asked, searched, distance_m, view_rad)
        query = np.repeat(np.arange(len(queries)), np.diff(positives.start))
        kept = database[positives.row] != self.own[queries][query]
        count = np.bincount(query[kept], minlength=len(queries))
        return Positives(np.concatenate([[0], np.cumsum(count)]).astype(np.int64), positives.row[kept])

    def search_part(self, queries: Int64, database: Int64) -> Int64:
        """Rows of `database` (n,), counted within it, that are most alike to each of some queries (Q', K)."""
        at = np.searchsorted(database, self.own[queries])
        is_in = database[np.minimum(at, len(database) - 1)] == self.own[queries]
        search = ExactSearch(np.ascontiguousarray(self.descriptors[database]))
        return find(search, self.query_descriptors[queries], np.where(is_in, at, -1)).row
