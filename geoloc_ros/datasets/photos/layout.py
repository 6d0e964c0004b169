"""What a published layout of photos offers to be read, and how a folder is divided into database and queries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoCollection
from geoloc_ros.core.progress import ProgressCallback

PARTS = ("train", "val", "test")

LoadCollection = Callable[[Path, str, ProgressCallback], PhotoCollection]
"""Of a folder and a part of it, "" for all; raises DatasetError where that cannot be."""


@dataclass(frozen=True)
class Layout:
    """A way in which photos lie in folders."""

    kind: str
    description: str
    """For people, a few words."""
    is_it: Callable[[Path], bool]
    """By what lies there, without reading all of it."""
    load: LoadCollection


@dataclass(frozen=True)
class PhotoFolder:
    """One of the folders that a collection's photos lie in."""

    path: Path
    condition: str
    """What its name says; "" where it says nothing."""


@dataclass(frozen=True)
class PhotoTree:
    """A folder with `database/` and `queries*/`, or with photos only, which are then all database."""

    root: Path
    database: PhotoFolder
    queries: tuple[PhotoFolder, ...]


def photo_tree(root: Path) -> PhotoTree:
    """Database and queries of a folder; `queries_night` holds photos of the condition "night"."""
    database = root / "database"
    if not database.is_dir():
        return PhotoTree(root, PhotoFolder(root, ""), ())
    found = [
        PhotoFolder(each, each.name.partition("_")[2])
        for each in sorted(root.iterdir())
        if each.name.partition("_")[0] in ("query", "queries") and each.is_dir()
    ]
    return PhotoTree(root, PhotoFolder(database, ""), tuple(found))


def part_folder(folder: Path, part: str) -> Path:
    """Where the photos of a part lie: `folder/images/PART`, `folder/PART`, or the folder itself where it has no parts.

    Raises:
        DatasetError: If there are parts and none is named, or the named one is not there.
    """
    outer = folder / "images" if (folder / "images").is_dir() else folder
    there = [each for each in PARTS if (outer / each).is_dir()]
    if part:
        if not (outer / part).is_dir():
            raise DatasetError(f"'{folder}' has no part '{part}'; it has {', '.join(there) or 'none'}")
        return outer / part
    if there:
        raise several_parts(folder, there)
    return outer


def several_parts(folder: Path, parts: list[str]) -> DatasetError:
    """The complaint that one of the parts must be named."""
    return DatasetError(f"'{folder}' holds several parts: {', '.join(parts)}; name one: {folder}@{parts[0]}")
