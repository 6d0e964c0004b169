"""The photos of the comparison of descriptors: rendered in real cities, or of real streets without a place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import numpy as np
from _common import city, shared_data

from geoloc_ros.core.config import Config
from geoloc_ros.core.photos import PhotoCollection, PhotoSet
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.datasets.photos.collection import load_collection
from geoloc_ros.simulate_photos import SHEET, PhotoOptions, simulate_photos
from geoloc_ros.training.photos.s4_target import unlabelled_photos
from geoloc_ros.training.photos.training_photos import join_collections

CONDITIONS = ("noon", "overcast", "rain_sunset", "night", "snow")
SEEN, SEEN_WITH_DUSK = CONDITIONS[:2], CONDITIONS[:3]
"""Conditions that training has labels of, in either part of the comparison; the others are shifted."""
TRAINING = ("monaco", "porto", "berlin_adlershof")
VALIDATION = "kyoto"
TEST = ("san_francisco", "chiang_mai")


@dataclass(frozen=True)
class Extent:
    """How many photos of a city."""

    places: int
    """Two photos each in the database."""
    queries: int
    """Under each condition."""


Part = Literal["training", "validation", "test"]
CITIES: Final[dict[Part, tuple[str, ...]]] = {"training": TRAINING, "validation": (VALIDATION,), "test": TEST}
FULL: Final[dict[Part, Extent]] = {
    "training": Extent(150, 300), "validation": Extent(350, 100), "test": Extent(520, 210),
}  # fmt: skip
QUICK: Final[dict[Part, Extent]] = {
    "training": Extent(12, 24), "validation": Extent(12, 6), "test": Extent(12, 6),
}  # fmt: skip


def photos_of(
    name: str, part: Part, work: Path, seed: int, progress: ProgressCallback, extents: dict[Part, Extent] = FULL
) -> PhotoCollection:
    """The photos of one city, rendered where they are not yet there."""
    map_file, crop = city(name)
    extent = extents[part]
    options = PhotoOptions(extent.places, extent.queries, "noon", ",".join(CONDITIONS), seed)
    folder = work / "photos" / f"{name}-{extent.places}-{extent.queries}-{seed}"
    if not (folder / SHEET).exists():
        simulate_photos(map_file, folder, crop, options, Config(), progress)
    return load_collection(folder, "utm")


def under(collection: PhotoCollection, conditions: tuple[str, ...]) -> PhotoCollection:
    """The same with queries of these conditions only."""
    rows = np.flatnonzero(np.isin(collection.queries.condition, conditions))
    return replace(collection, queries=collection.queries.take(rows))


def together(collections: list[PhotoCollection]) -> tuple[PhotoSet, PhotoSet]:
    """Database and queries of several cities, searched as one."""
    joined = join_collections(collections)
    return joined.photos.take(joined.database), joined.photos.take(joined.query)


def real_streets() -> PhotoSet:
    """Photos of real streets, of which nobody says where they are: CamVid's training part and a drive of KITTI."""
    folder = shared_data()
    return unlabelled_photos((folder / "camvid" / "train" / "images", folder / "kitti_drive" / "images"))


def shifted_streets(collections: list[PhotoCollection], seen: tuple[str, ...]) -> PhotoSet:
    """Rendered photos of the training cities under the other conditions, of which nobody says where they are."""
    shifted = tuple(condition for condition in CONDITIONS if condition not in seen)
    _, queries = together([under(collection, shifted) for collection in collections])
    return queries
