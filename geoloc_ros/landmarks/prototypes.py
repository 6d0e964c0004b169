"""Which landmark each cell of an image shows: the prototype that its embedding is most alike (VS-Net, §3.2)."""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np

from geoloc_ros.core.native import load_native
from geoloc_ros.core.types import Float32, Int32, Int64

_LANES = 16
"""Prototypes of a panel, as src/prototypes.cpp has them."""


class PrototypeSearch:
    """Prototypes, laid out to be compared with many cells; exact. To be shared between threads."""

    def __init__(self, prototype: Float32, landmark: Int64 | None = None) -> None:
        """Lay out prototypes.

        Args:
            prototype: (n + 1, D), unit length; row 0 is what shows no landmark.
            landmark: Those that may be found, 1 to n; all of them without it. Row 0 always may.
        """
        rows = np.arange(len(prototype)) if landmark is None else np.union1d(np.int64(0), landmark)
        self._number = rows.astype(np.int32)
        chosen = np.asarray(prototype[rows], np.float32)
        # Copies of the last one fill up the last panel; of equals the first is found.
        filled = np.concatenate([chosen, np.repeat(chosen[-1:], -len(chosen) % _LANES, axis=0)])
        self._panels = np.ascontiguousarray(filled.reshape(-1, _LANES, filled.shape[1]).transpose(0, 2, 1))

    def __len__(self) -> int:
        """Prototypes that are compared, that of no landmark included."""
        return len(self._number)

    def nearest(self, embedding: Float32) -> tuple[Int32, Float32]:
        """The landmark (h, w) of each cell of a map (D, h, w), 0 for none, and their cosine (h, w)."""
        depth, height, width = embedding.shape
        assert depth == self._panels.shape[1]
        values = np.ascontiguousarray(embedding, np.float32)
        row, product = np.empty(height * width, np.int32), np.empty(height * width, np.float32)
        _native().geoloc_nearest_prototypes(
            values.ctypes.data, len(row), len(row), depth, self._panels.ctypes.data, len(self._panels),
            row.ctypes.data, product.ctypes.data,
        )  # fmt: skip
        return self._number[row].reshape(height, width), product.reshape(height, width)


@cache
def _native() -> ctypes.CDLL:
    library = load_native()
    count, pointer = ctypes.c_int64, ctypes.c_void_p
    library.geoloc_nearest_prototypes.argtypes = [pointer, count, count, count, pointer, count, pointer, pointer]
    library.geoloc_nearest_prototypes.restype = None
    return library
