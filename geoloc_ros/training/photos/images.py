"""Photos of a collection as small images, decoded once as long as there is room for them."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np

from geoloc_ros.core.photo_files import read_photo
from geoloc_ros.core.photos import PhotoSet
from geoloc_ros.core.types import Int64, UInt8
from geoloc_ros.vpr.photo_input import resize_photo

_BUDGET_BYTES = 1 << 30


class PhotoImages:
    """Images (h, w, 3) of one size; the one not used for longest goes first. May be shared by threads."""

    def __init__(
        self, photos: PhotoSet, height: int, width: int, budget_bytes: int = _BUDGET_BYTES, num_threads: int = 1
    ) -> None:
        self._photos = photos
        self._height, self._width = height, width
        self._room = budget_bytes // (3 * height * width)
        self._kept: OrderedDict[int, UInt8] = OrderedDict()
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(num_threads, thread_name_prefix="photos")

    def __len__(self) -> int:
        """Photos there are."""
        return len(self._photos)

    @property
    def num_kept(self) -> int:
        """Images in memory."""
        return len(self._kept)

    def load(self, rows: Int64) -> UInt8:
        """Images (N, h, w, 3), red first.

        Raises:
            DatasetError: One of them cannot be read.
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
        image = resize_photo(read_photo(self._photos.path(row)), self._height, self._width)
        with self._lock:
            self._kept[row] = image
            while len(self._kept) > self._room:
                self._kept.popitem(last=False)
        return image
