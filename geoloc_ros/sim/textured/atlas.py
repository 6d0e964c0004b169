"""All textures of a world in one image, with levels of detail, so that one call looks all pixels of a view up."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from geoloc_ros.core.types import Float32, Int32, Int64, UInt8
from geoloc_ros.sim.textured.rectangles import BLOCK

NUM_LEVELS = int(np.log2(BLOCK)) + 1
_WIDTH = 4096
_COLUMNS = 512
_MAX_ROWS = 32_000
"""OpenCV's remap addresses pixels with 16 bits."""


class Atlas:
    """Level k is 2^k times coarser than level 0 and lies below level k - 1, right of level 0."""

    def __init__(self, textures: Sequence[UInt8]) -> None:
        """Textures (h, w, 3); sides are multiples of BLOCK."""
        self._size = np.array([texture.shape[1::-1] for texture in textures], np.float32)
        self._corner, rows = _pack(self._size.astype(np.int64))
        assert rows <= _MAX_ROWS, "too many texels for one atlas"
        self._image = np.zeros((rows, _WIDTH + _WIDTH // 2, 3), np.uint8)
        for texture, (x, y) in zip(textures, self._corner, strict=True):
            self._image[y : y + len(texture), x : x + texture.shape[1]] = texture
        self._level_corner = np.zeros((NUM_LEVELS, 2), np.float32)
        level: UInt8 = self._image[:, :_WIDTH]
        top = 0
        for k in range(1, NUM_LEVELS):
            level = np.asarray(cv2.resize(level, (_WIDTH >> k, rows >> k), interpolation=cv2.INTER_AREA), np.uint8)
            self._image[top : top + (rows >> k), _WIDTH : _WIDTH + (_WIDTH >> k)] = level
            self._level_corner[k] = _WIDTH, top
            top += rows >> k

    def look_up(self, texture: Int32, across: Float32, down: Float32, level: Int32) -> UInt8:
        """Colours (K, 3) at (across, down), 0 to 1 each, of textures (K,), interpolated within a level (K,)."""
        scale = np.ldexp(np.float32(1.0), -level)
        xy = np.empty((2, len(texture)), np.float32)
        for axis, ratio in enumerate((across, down)):
            first = self._corner[texture, axis] * scale
            extent = self._size[texture, axis] * scale
            inside = (ratio * extent - 0.5).clip(0.0, extent - 1.0)
            xy[axis] = self._level_corner[level, axis] + first + inside
        rows = -(-len(texture) // _COLUMNS)
        padded = np.zeros((2, rows * _COLUMNS), np.float32)
        padded[:, : len(texture)] = xy
        x, y = padded.reshape(2, rows, _COLUMNS)
        found = np.asarray(cv2.remap(self._image, x, y, cv2.INTER_LINEAR), np.uint8)
        return found.reshape(-1, 3)[: len(texture)]


def _pack(size: Int64) -> tuple[Int64, int]:
    """Upper left corners (N, 2) of rectangles (N, 2), in rows from the highest down, and the height of all."""
    corner = np.zeros_like(size)
    x = y = row_height = 0
    for number in np.lexsort((-size[:, 0], -size[:, 1])):
        width, height = size[number]
        assert width <= _WIDTH, "a texture is wider than the atlas"
        if x + width > _WIDTH:
            x, y, row_height = 0, y + row_height, 0
        corner[number] = x, y
        x, row_height = x + int(width), max(row_height, int(height))
    return corner, y + row_height
