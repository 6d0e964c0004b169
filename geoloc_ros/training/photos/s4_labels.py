"""Classes of the photos of a collection, as small images beside `PhotoImages`."""

from __future__ import annotations

import logging
from pathlib import Path

import cv2
import numpy as np

from geoloc_ros.core.classes import NUM_CLASSES, SemanticClass
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoSet
from geoloc_ros.core.types import Int64, UInt8

logger = logging.getLogger(__name__)

_BUDGET_BYTES = 1 << 29


class UnreadableLabelsError(DatasetError):
    """A file of labels is missing or broken, which the others may not be."""


class LabelImages:
    """Images of classes (h, w), read once as long as there is room for them."""

    def __init__(self, photos: PhotoSet, height: int, width: int) -> None:
        """Raises DatasetError if no photo has any."""
        if not any(photos.label_file):
            raise DatasetError(f"no photo of '{photos.name}' has labels; render some: geoloc simulate photos")
        self._photos, self._height, self._width = photos, height, width
        self._kept: dict[int, UInt8] = {}
        self._unreadable: set[int] = set()
        self._room = _BUDGET_BYTES // (height * width)

    def load(self, rows: Int64) -> UInt8:
        """Classes (N, h, w); UNLABELLED where a photo has none, or none that can be read.

        Raises:
            DatasetError: A file holds something else.
        """
        return np.stack([self._one(int(row)) for row in rows])

    def _one(self, row: int) -> UInt8:
        found = self._kept.get(row)
        if found is None:
            found = self._read(row)
            if len(self._kept) < self._room:
                self._kept[row] = found
        return found

    def _read(self, row: int) -> UInt8:
        if self._photos.label_file[row]:
            try:
                return read_labels(self._photos.root / self._photos.label_file[row], self._height, self._width)
            except UnreadableLabelsError as error:
                if row not in self._unreadable:
                    logger.warning("%s; its photo teaches no classes", error)
                self._unreadable.add(row)
        return np.full((self._height, self._width), SemanticClass.UNLABELLED, np.uint8)


def read_labels(path: Path, height: int, width: int) -> UInt8:
    """Classes (height, width) of a file of any size.

    Raises:
        UnreadableLabelsError: It is missing or broken.
        DatasetError: It holds something else.
    """
    labels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if labels is None:
        raise UnreadableLabelsError(f"labels '{path}' are missing or broken; render them again")
    if labels.ndim != 2 or labels.dtype != np.uint8:
        raise DatasetError(f"labels '{path}' are no image with one class per pixel (8 bits)")
    small = np.asarray(cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
    if np.any((small >= NUM_CLASSES) & (small != SemanticClass.UNLABELLED)):
        raise DatasetError(f"labels '{path}' hold {int(small.max())}, which is no class; see docs/formats.md")
    return small
