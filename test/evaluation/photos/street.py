"""A street of twenty photos, 10 m apart, that look east; what was found along it by hand."""

from pathlib import Path

import numpy as np

from geoloc_ros.core.photos import PhotoSet, photo_set
from geoloc_ros.core.types import Float32, Int64
from geoloc_ros.evaluation.photos.found import find
from geoloc_ros.evaluation.photos.retrieved import RetrievedPhotos
from geoloc_ros.vpr.search.exact import ExactSearch

PLACES = 20


def street(name: str, at: list[int], condition: str = "", sequence: int = 0, folder: str = "") -> PhotoSet:
    """Photos at these places."""
    count = len(at)
    return photo_set(
        name, Path("photos"), tuple(f"{folder}{name}{place}.jpg" for place in at),
        np.column_stack([10.0 * np.array(at, float), np.zeros(count)]), yaw_rad=np.zeros(count),
        condition=(condition,) * count, sequence=np.full(count, sequence, np.int32),
    )  # fmt: skip


def places_seen(at: list[int]) -> Float32:
    """Descriptors of a camera that knows its place: one axis each."""
    return np.eye(PLACES, dtype=np.float32)[at]


def searched(queries: PhotoSet, described: Float32, own: Int64 | None = None) -> RetrievedPhotos:
    """The whole street as database."""
    database, halves = street("photo", list(range(PLACES))), places_seen(list(range(PLACES))).astype(np.float16)
    own = np.full(len(queries), -1, np.int64) if own is None else own
    return RetrievedPhotos(queries, database, own, described, halves, find(ExactSearch(halves), described, own))
