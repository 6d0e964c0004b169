"""Sequence to sequence: one descriptor for several photos in a row (SLS, section 4.2.1)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from geoloc_ros.core.types import Float32, Int64

Pooling = Literal["max", "avg", "cat"]


def pool_descriptors(descriptors: Float32, windows: Int64, pooling: Pooling) -> Float32:
    """Descriptors of unit length of windows of photos: (W, D), or (W, L D) where they are concatenated.

    They are indexed and searched as those of single photos are. Concatenated ones compare frame by frame: their inner
    product is the mean of the L inner products.

    Args:
        descriptors: (N, D), of the photos, unit length.
        windows: (W, L), rows of each window.
        pooling: Largest or mean value of each component, or all of them one after the other.
    """
    if pooling == "cat":
        pooled = descriptors[windows].reshape(len(windows), -1)
    else:
        # One frame at a time: windows of a million photos would hold L times all descriptors.
        pooled = descriptors[windows[:, 0]].copy()
        for frame in range(1, windows.shape[1]):
            other = descriptors[windows[:, frame]]
            pooled = np.maximum(pooled, other) if pooling == "max" else pooled + other
    length = np.linalg.norm(pooled, axis=1, keepdims=True)
    return np.asarray(pooled / np.maximum(length, np.finfo(np.float32).tiny), np.float32)
