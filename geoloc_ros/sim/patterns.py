"""Patterns that belong to places: the same wherever they are looked at from."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Float32


def cell_noise(a: Float32, b: Float32) -> Float32:
    """Numbers in 0 to 1 that look random, the same for the same whole numbers."""
    x = (a.astype(np.int64) * 374761393 + b.astype(np.int64) * 668265263) & 0xFFFFFFFF
    x = ((x ^ (x >> 13)) * 1274126177) & 0xFFFFFFFF
    return np.asarray(((x ^ (x >> 16)) & 0xFFFF) / 65535.0, dtype=np.float32)
