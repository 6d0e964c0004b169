"""What may follow a search: parts of the queries looked up, too, and the best photos compared by local features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.interfaces import DescriptorSearch, PhotoEncoder
from geoloc_ros.core.photo_files import read_photo
from geoloc_ros.core.photos import PhotoSet
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Int64
from geoloc_ros.evaluation.photos.found import MOST, Found
from geoloc_ros.vpr.crops import search_views
from geoloc_ros.vpr.reranking import LocalFeatureReranker, reranked


@dataclass(frozen=True)
class SecondLook:
    """Which of them follow."""

    crops: bool = False
    """Of a query and five parts of it, the nearest counts."""
    rerank: int = 0
    """Best photos that are compared with the query; 0 for none."""

    def __str__(self) -> str:
        parts = ["nearest of six views"] if self.crops else []
        return ", ".join(parts + ([f"best {self.rerank} compared by local features"] if self.rerank else [])) or "none"


def find_in_views(
    search: DescriptorSearch, encoder: PhotoEncoder, queries: PhotoSet, own: Int64,
    progress: ProgressCallback = no_progress,
) -> Found:
    """As `found.find` of photos, each with five parts of it; `own` (Q,) are rows that are no answer.

    Raises:
        DatasetError: If a photo cannot be read.
    """
    row, similarity = [], []
    for number in range(len(queries)):
        nearest = search_views(search, encoder, [read_photo(queries.path(number))], MOST + 1)
        similarity.append(nearest[0])
        row.append(nearest[1])
        progress("searching", (number + 1) / len(queries))
    # -2 is no row, not even that of "none".
    return Found(np.concatenate(row), np.concatenate(similarity)).without(np.where(own < 0, -2, own))


def compare_again(
    found: Found, queries: PhotoSet, database: PhotoSet, count: int, progress: ProgressCallback = no_progress
) -> Found:
    """What was found, the first `count` in the order of the local features that they share with the query.

    Raises:
        DatasetError: If a photo cannot be read.
    """
    reranker, row, similarity = LocalFeatureReranker(), found.row.copy(), found.similarity.copy()
    for number in range(len(queries)):
        candidates = row[number, :count][row[number, :count] >= 0]
        images = (read_photo(database.path(int(candidate))) for candidate in candidates)
        agreement = reranker.agreement(read_photo(queries.path(number)), images)
        order = reranked(np.arange(row.shape[1]), agreement)
        row[number], similarity[number] = row[number, order], similarity[number, order]
        progress("comparing", (number + 1) / len(queries))
    return Found(row, similarity)
