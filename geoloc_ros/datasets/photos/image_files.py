"""Which images lie in a folder, quickly for a hundred thousand of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from geoloc_ros.core.errors import DatasetError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})


def is_image(name: str) -> bool:
    """By its suffix."""
    stem, _, suffix = name.rpartition(".")
    return stem != "" and f".{suffix.lower()}" in IMAGE_SUFFIXES


def image_files(folder: Path, root: Path) -> Iterator[str]:
    """Images below a folder, relative to `root`, with slashes, ordered by name, folder by folder; none is opened.

    Raises:
        DatasetError: If a folder cannot be read.
    """
    prefix = "" if folder == root else folder.relative_to(root).as_posix() + "/"
    yield from _walk(os.fspath(folder), prefix, frozenset())


def some_images(folder: Path, count: int) -> list[str]:
    """Names of the first images that are met below a folder, at most so many, without reading all of it."""
    waiting, found = [folder], list[str]()
    while waiting and len(found) < count:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if is_image(entry.name):
                        found.append(entry.name)
                    elif not entry.name.startswith(".") and entry.is_dir():
                        waiting.append(Path(entry.path))
                    if len(found) == count:
                        break
        except OSError:  # what cannot be read is told when it is read
            continue
    return found


class FolderNames:
    """What lies in folders, each read once: rows of a table are looked up without asking the disk again."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._names = lru_cache(maxsize=None)(self._read)

    def holds(self, file: str) -> bool:
        """Is a file there, relative to the root?"""
        folder, _, name = file.rpartition("/")
        return name in self._names(folder)

    def _read(self, folder: str) -> frozenset[str]:
        try:
            with os.scandir(self._root / folder) as entries:
                return frozenset(entry.name for entry in entries)
        except (OSError, ValueError):  # the latter of names with a NUL
            return frozenset()


def _walk(folder: str, prefix: str, above: frozenset[str]) -> Iterator[str]:
    """`above`: the folders on the way down; a link back to one of them would have no end."""
    here = os.path.realpath(folder)
    if here in above:
        return
    try:
        with os.scandir(folder) as entries:
            found = sorted((entry.name, entry.is_dir()) for entry in entries if not entry.name.startswith("."))
    except OSError as error:
        raise DatasetError(f"folder '{folder}' cannot be read: {error.strerror}") from error
    for name, is_folder in found:
        if is_folder:
            yield from _walk(f"{folder}/{name}", f"{prefix}{name}/", above | {here})
        elif is_image(name):
            yield prefix + name
