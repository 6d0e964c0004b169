"""Photos of a collection as small images, decoded once as long as there is room for them."""

from __future__ import annotations

import logging
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photo_files import read_photo
from geoloc_ros.core.photos import PhotoProblem, PhotoSet
from geoloc_ros.core.types import Int64, UInt8
from geoloc_ros.vpr.photo_input import resize_photo

logger = logging.getLogger(__name__)

_BUDGET_BYTES = 1 << 30
_GREY = 128
# More of them than one in so many are no accident.
_MANY_BROKEN = 10


class PhotoImages:
    """Images (h, w, 3) of one size; the one not used for longest goes first. May be shared by threads.

    A photo that cannot be read is told once, and grey: it must not end a training after days.
    """

    def __init__(
        self, photos: PhotoSet, height: int, width: int, budget_bytes: int = _BUDGET_BYTES, num_threads: int = 1
    ) -> None:
        self._photos = photos
        self._height, self._width = height, width
        self._room = budget_bytes // (3 * height * width)
        self._kept: OrderedDict[int, UInt8] = OrderedDict()
        self._broken: dict[int, PhotoProblem] = {}
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(num_threads, thread_name_prefix="photos")

    def __len__(self) -> int:
        """Photos there are."""
        return len(self._photos)

    @property
    def num_kept(self) -> int:
        """Images in memory."""
        return len(self._kept)

    @property
    def problems(self) -> tuple[PhotoProblem, ...]:
        """Photos that could not be read so far."""
        return tuple(self._broken.values())

    def load(self, rows: Int64) -> UInt8:
        """Images (N, h, w, 3), red first.

        Raises:
            DatasetError: More than a tenth of the collection cannot be read.
        """
        images = np.empty((len(rows), self._height, self._width, 3), np.uint8)
        for place, image in enumerate(self._pool.map(self._one, (int(row) for row in rows))):
            images[place] = image
        return images

    def _one(self, row: int) -> UInt8:
        with self._lock:
            image = self._kept.get(row)
            if image is not None:
                self._kept.move_to_end(row)
                return image
        image = self._read(row)
        with self._lock:
            self._kept[row] = image
            while len(self._kept) > self._room:
                self._kept.popitem(last=False)
        return image

    def _read(self, row: int) -> UInt8:
        path = self._photos.path(row)
        try:
            return resize_photo(read_photo(path), self._height, self._width)
        except DatasetError as error:
            self._note(row, PhotoProblem(str(path), str(error)))
        return np.full((self._height, self._width, 3), _GREY, np.uint8)

    def _note(self, row: int, problem: PhotoProblem) -> None:
        with self._lock:
            is_new = row not in self._broken
            self._broken[row] = problem
            count = len(self._broken)
        if is_new:
            logger.warning("%s; training goes on with grey in its place", problem.reason)
        if _MANY_BROKEN * count > len(self):
            raise DatasetError(f"{count} of {len(self)} photos cannot be read, the last one because {problem.reason}")
