"""Collections of photos as training takes them: one set, in one frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoCollection, PhotoSet, photo_set
from geoloc_ros.core.types import Int32, Int64

# Frames of two collections have nothing to do with each other; no photo of the one is near one of the other.
_APART_M = 1e8


@dataclass(frozen=True)
class TrainingPhotos:
    """What a network learns from."""

    photos: PhotoSet
    """All of all collections; positions are good for distances only."""
    query: Int64
    """Rows of photos that are asked for."""
    database: Int64
    """Rows of photos that are looked among; the same as `query` where collections do not tell them apart."""


def join_collections(collections: Sequence[PhotoCollection]) -> TrainingPhotos:
    """All photos of some collections.

    Raises:
        DatasetError: There are none.
    """
    parts, queries, databases, begin = [], [], [], 0
    for number, collection in enumerate(collections):
        num_database, num_queries = len(collection.database), len(collection.queries)
        database = np.arange(begin, begin + num_database)
        databases.append(database)
        queries.append(np.arange(num_queries) + begin + num_database if num_queries else database)
        parts += [(collection.database, number), (collection.queries, number)]
        begin += num_database + num_queries
    if begin == 0:
        raise DatasetError("there are no photos to learn from; give at least one collection")
    return TrainingPhotos(_joined(parts), np.concatenate(queries), np.concatenate(databases))


def _joined(parts: list[tuple[PhotoSet, int]]) -> PhotoSet:
    sets = [photos for photos, _ in parts]
    moved = [photos.position_m + (_APART_M * number, 0.0) for photos, number in parts]
    return photo_set(
        " and ".join(dict.fromkeys(photos.name for photos in sets if len(photos))), Path("/"),
        tuple(name for photos in sets for name in _absolute(photos, photos.file)),
        np.concatenate(moved),
        yaw_rad=np.concatenate([photos.yaw_rad for photos in sets]),
        sequence=_renumbered(parts),
        condition=tuple(name for photos in sets for name in photos.condition),
        label_file=tuple(name for photos in sets for name in _absolute(photos, photos.label_file)),
    )  # fmt: skip


def _absolute(photos: PhotoSet, names: tuple[str, ...]) -> list[str]:
    root = photos.root.resolve()
    return [str(root / name) if name else "" for name in names]


def _renumbered(parts: list[tuple[PhotoSet, int]]) -> Int32:
    """Numbers of two collections are different; database and queries of one may share them."""
    largest = 1 + max(int(photos.sequence.max(initial=-1)) for photos, _ in parts)
    numbers = [np.where(photos.sequence < 0, -1, photos.sequence + largest * number) for photos, number in parts]
    return np.concatenate(numbers).astype(np.int32)
