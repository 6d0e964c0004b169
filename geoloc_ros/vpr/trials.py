"""Photos of an index as queries against the rest of it: what right and wrong places look like in this city."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.photos import PhotoSet
from geoloc_ros.core.types import Bool, Float16, Float32, Float64, Int64
from geoloc_ros.vpr.candidates import SAME_PLACE_M, SAME_VIEW_RAD, Candidates, group_photos
from geoloc_ros.vpr.confidence import Confidence, Trial, learn_confidence, standard_likeness
from geoloc_ros.vpr.photo_table import is_same_view

NUM_DECOYS = 512
NUM_PHOTOS = 60
"""Photos found that are looked at."""
MOST_PLACES = 20
_MOST_TRIALS = 300
_ELSEWHERE_M = 50.0
_ROWS_AT_ONCE = 65536
_RIGHT_M = 1.7 * SAME_PLACE_M
"""Between the middle of a place and a photo of it."""
_LEAST_SIGMA_M, _MOST_SIGMA_M = 4.0, 15.0


def spread_rows(count: int, most: int) -> Int64:
    """Up to `most` of `count` rows, evenly."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def try_index(photos: PhotoSet, descriptors: Float16) -> Confidence:
    """Ask some photos of an index with descriptors (V, D), once without themselves and once without their place.

    A photo does not find those of its own drive either: who drives there later has not taken them.
    """
    decoys = descriptors[spread_rows(len(photos), NUM_DECOYS)].astype(np.float32)
    trials: list[Trial] = []
    errors_m: list[float] = []
    for row in spread_rows(len(photos), _MOST_TRIALS):
        query = descriptors[row].astype(np.float32)
        likeness = standard_likeness(_inner_products(descriptors, query), decoys @ query)
        found = _found(photos, likeness, ~_taken_with(photos, int(row)))
        right = _right(found, photos, int(row))
        trials.append(Trial(found.likeness, right))
        if right >= 0:
            errors_m.append(float(np.hypot(*(found.position_m[right] - photos.position_m[row]))))
        elsewhere = np.hypot(*(photos.position_m - photos.position_m[row]).T) > _ELSEWHERE_M
        if elsewhere.any():
            trials.append(Trial(_found(photos, likeness, elsewhere).likeness, -1))
    # Of one axis, in the mean of two.
    sigma_m = float(np.sqrt(0.5 * np.mean(np.square(errors_m)))) if errors_m else _MOST_SIGMA_M
    return learn_confidence(trials, float(np.clip(sigma_m, _LEAST_SIGMA_M, _MOST_SIGMA_M)))


def _inner_products(descriptors: Float16, query: Float32) -> Float32:
    """(V,), without the index in single precision."""
    parts = range(0, len(descriptors), _ROWS_AT_ONCE)
    return np.concatenate([descriptors[first : first + _ROWS_AT_ONCE].astype(np.float32) @ query for first in parts])


def _taken_with(photos: PhotoSet, row: int) -> Bool:
    same: Bool = np.arange(len(photos)) == row
    if photos.sequence[row] >= 0:
        same |= photos.sequence == photos.sequence[row]
    return same


def _found(photos: PhotoSet, likeness: Float64, allowed: Bool) -> Candidates:
    rows = np.flatnonzero(allowed).astype(np.int64)
    if len(rows) > NUM_PHOTOS:
        rows = rows[np.argpartition(-likeness[rows], NUM_PHOTOS)[:NUM_PHOTOS]]
    return group_photos(rows, photos.position_m[rows], photos.yaw_rad[rows], likeness[rows]).first(MOST_PLACES)


def _right(found: Candidates, photos: PhotoSet, row: int) -> int:
    near = is_same_view(photos, row, _RIGHT_M, SAME_VIEW_RAD)
    right = np.flatnonzero(near[found.row])
    return int(right[0]) if len(right) else -1
