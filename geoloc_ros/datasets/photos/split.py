"""Test sets that share no view with what was trained on: photos near those of training and validation are dropped.

S5 (Warburg et al., "Revisiting Pittsburgh and Tokyo"): published splits touch, so that a photo of the test set may show
what training has seen; those closer than 100 m are taken out, of database and queries alike.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoCollection, PhotoSet
from geoloc_ros.core.types import Bool, Float64
from geoloc_ros.datasets.photos.flat_frame import flat_positions

SPLIT_DISTANCE_M = 100.0
SPLIT_SUFFIX = ".split.json"
_FORMAT, _VERSION = "geoloc photo split", 1


@dataclass(frozen=True)
class PhotoSplit:
    """A collection without some of its photos, as a file says it."""

    source: str
    """Of the collection, with its part, as `load_collection` takes it."""
    kind: str
    counts: tuple[int, int]
    """Of database photos and queries that the source had."""
    dropped: frozenset[str]
    """Files."""

    def of(self, collection: PhotoCollection) -> PhotoCollection:
        """What is left of the collection.

        Raises:
            DatasetError: If it has changed since the split was made, or nothing is left.
        """
        counts = (len(collection.database), len(collection.queries))
        if counts != self.counts:
            raise DatasetError(
                f"'{self.source}' has {counts[0]} database photos and {counts[1]} queries, the split was made of "
                f"{self.counts[0]} and {self.counts[1]}; make it again with `geoloc photos split`"
            )
        left = [
            photos.take(np.flatnonzero([file not in self.dropped for file in photos.file]).astype(np.int64))
            for photos in (collection.database, collection.queries)
        ]
        if not len(left[0]) and not len(left[1]):
            raise DatasetError(f"the split leaves nothing of '{self.source}'")
        return PhotoCollection(left[0], left[1], collection.problems)


def near_any(photos: PhotoSet, others: Sequence[PhotoSet], distance_m: float = SPLIT_DISTANCE_M) -> Bool:
    """(N,), is a photo closer than that to any of the others, whichever collections they are of?

    Raises:
        DatasetError: If some have latitude and longitude and others have not, so that they cannot be compared.
    """
    positions_m = _together([photos, *others])
    training_m = np.concatenate(positions_m[1:]) if others else np.zeros((0, 2))
    if not len(photos) or not len(training_m):
        return np.zeros(len(photos), np.bool_)
    apart_m, _ = cKDTree(training_m).query(positions_m[0], distance_upper_bound=distance_m)
    return np.asarray(apart_m < distance_m)


def is_split(path: Path) -> bool:
    """Does it look like a file of a split?"""
    return path.name.endswith(SPLIT_SUFFIX) and path.is_file()


def write_split(
    path: Path, source: str, kind: str, collection: PhotoCollection, dropped: Sequence[str], trained_on: Sequence[str],
    distance_m: float,
) -> None:
    """Write the file; sources are written relative to it, so that data and split can be moved together.

    Raises:
        DatasetError: If it cannot be written.
    """
    said = {
        "format": _FORMAT, "version": _VERSION, "source": os.path.relpath(source, path.parent), "kind": kind,
        "trained_on": [os.path.relpath(each, path.parent) for each in trained_on], "distance_m": distance_m,
        "database": len(collection.database), "queries": len(collection.queries), "dropped": sorted(dropped),
    }  # fmt: skip
    try:
        with write_beside(path) as partial:
            partial.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise DatasetError(f"'{path}' cannot be written: {error.strerror}") from error


def read_split(path: Path) -> PhotoSplit:
    """A split that was written.

    Raises:
        DatasetError: If it is not one, or of another version.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if (said["format"], said["version"]) != (_FORMAT, _VERSION):
            raise ValueError(f"it is '{said['format']}' of version {said['version']}")
        counts = (int(said["database"]), int(said["queries"]))
        source = str(path.parent / said["source"])
        return PhotoSplit(source, str(said["kind"]), counts, frozenset(map(str, said["dropped"])))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"'{path}' is no split of photos: {error!r}; make it with `geoloc photos split`") from error


def _together(sets: Sequence[PhotoSet]) -> list[Float64]:
    """Positions of all of them in one frame."""
    known = [bool(np.isfinite(each.geodetic_deg).all()) for each in sets if len(each)]
    if any(known) and not all(known):
        unknown = next(each.name for each in sets if not np.isfinite(each.geodetic_deg).all())
        raise DatasetError(f"'{unknown}' tells no latitude and longitude for all of its photos; the others do")
    if not any(known):
        return [each.position_m for each in sets]
    geodetic_deg = np.concatenate([each.geodetic_deg for each in sets])
    nothing = np.full(geodetic_deg.shape, np.nan)
    flat_m = flat_positions(nothing, np.zeros(len(geodetic_deg), np.int64), geodetic_deg)
    return np.split(flat_m, np.cumsum([len(each) for each in sets])[:-1])
