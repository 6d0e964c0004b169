"""Which photos belong to the short sequence around a photo."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.types import Int32, Int64


def centred_windows(sequence: Int32, length: int) -> Int64:
    """Rows (N, `length`) of the photos around each photo, itself in the middle (before it, where `length` is even).

    A window never leaves the sequence of its photo: at an end, the photo at that end is repeated, so that the middle
    stays the photo asked for and windows of two drives still compare frame by frame.

    Args:
        sequence: (N,), photos of one number follow each other in this order; -1 for photos by themselves.
        length: Photos of a window; 3 in the literature (SLS, section 4.2).

    Raises:
        ConfigError: If a window would be empty.
    """
    if length < 1:
        raise ConfigError(f"a sequence of {length} photos was asked for; ask for 1 or more")
    windows = np.repeat(np.arange(len(sequence))[:, None], length, axis=1)
    offset = np.arange(length) - (length - 1) // 2
    for rows in rows_of_sequences(sequence):
        at = np.arange(len(rows))[:, None] + offset
        windows[rows] = rows[at.clip(0, len(rows) - 1)]
    return windows


def rows_of_sequences(sequence: Int32) -> list[Int64]:
    """Rows of each sequence, in order; photos by themselves are in none."""
    order = np.argsort(sequence, kind="stable")
    order = order[sequence[order] >= 0]
    if len(order) == 0:
        return []
    return np.split(order, np.flatnonzero(np.diff(sequence[order])) + 1)


def next_in_sequence(sequence: Int32) -> Int64:
    """Row (N,) of the photo after each photo, -1 for the last of a sequence and for photos by themselves."""
    following = np.full(len(sequence), -1, np.int64)
    for rows in rows_of_sequences(sequence):
        following[rows[:-1]] = rows[1:]
    return following
