"""Descriptors of photos without any training, as peers of networks; `core.interfaces.PhotoEncoder` all of them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

_CENTRAL = np.array([[-1.0, 0.0, 1.0]], np.float32)


class HogEncoder:
    """Histograms of oriented gradients of the whole photo (Dalal and Triggs, 2005), with the sizes that VPR-Bench gives
    (Zaffar et al., 2021): 512 x 512 pixels, blocks of 2 x 2 cells of 16, 8 directions.
    """

    encoder_id = "hog"
    dimension = 31 * 31 * 4 * 8

    def encode(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Descriptors (N, D) of unit length."""
        return _unit([self._blocks(image) for image in images])

    def _blocks(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        large = cv2.resize(_grey(image), (512, 512)).astype(np.float32)
        right, down = (cv2.filter2D(large, -1, kernel) for kernel in (_CENTRAL, _CENTRAL.T))
        # Directions without a sign, each pixel shared by the two bins beside it.
        bins = np.mod(np.arctan2(down, right), np.pi) * (8 / np.pi)
        low = np.floor(bins).astype(np.int64)
        strength, part = np.hypot(right, down), bins - low
        cell = np.arange(512) // 16
        row = (cell[:, None] * 32 + cell) * 8
        cells = np.zeros(32 * 32 * 8)
        for direction, share in ((low % 8, 1.0 - part), ((low + 1) % 8, part)):
            cells += np.bincount((row + direction).reshape(-1), (share * strength).reshape(-1), len(cells))
        grid = cells.reshape(32, 32, 8)
        blocks = np.concatenate([grid[:-1, :-1], grid[:-1, 1:], grid[1:, :-1], grid[1:, 1:]], axis=-1)
        length = np.sqrt((blocks**2).sum(axis=-1, keepdims=True) + 1.0)
        return np.asarray(blocks / length, np.float32)


class ThumbnailEncoder:
    """The photo itself at 64 x 32, every patch of 8 x 8 less its mean and over its deviation, as SeqSLAM has it."""

    encoder_id = "thumbnail"
    dimension = 64 * 32

    def encode(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Descriptors (N, D) of unit length."""
        return _unit([self._patches(image) for image in images])

    def _patches(self, image: NDArray[np.uint8]) -> NDArray[np.float64]:
        small = cv2.resize(_grey(image), (64, 32), interpolation=cv2.INTER_AREA).astype(np.float64)
        patches = small.reshape(4, 8, 8, 8).swapaxes(1, 2).reshape(-1, 64)
        spread = np.maximum(patches.std(axis=1, keepdims=True), 1.0)
        return np.asarray((patches - patches.mean(axis=1, keepdims=True)) / spread)


def _grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def _unit(rows: Sequence[NDArray[np.floating]]) -> NDArray[np.float32]:
    descriptors = np.stack([np.asarray(row, np.float32).reshape(-1) for row in rows])
    length = np.linalg.norm(descriptors, axis=1, keepdims=True)
    return np.asarray(descriptors / np.maximum(length, 1e-9), np.float32)
