"""Photos of an index as queries against the rest of it: what right and wrong places look like in this city."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from geoloc_ros.core.photos import PhotoSet
from geoloc_ros.core.products import inner_products_many
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
# Photos of an index that are tried together; of a million, the products take 64 MB.
_AT_ONCE = 16
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
    for row, alike in _likenesses(descriptors, decoys, spread_rows(len(photos), _MOST_TRIALS)):
        found = _found(photos, alike, ~_taken_with(photos, row))
        right = _right(found, photos, row)
        trials.append(Trial(found.likeness, right))
        if right >= 0:
            errors_m.append(float(np.hypot(*(found.position_m[right] - photos.position_m[row]))))
        elsewhere = np.hypot(*(photos.position_m - photos.position_m[row]).T) > _ELSEWHERE_M
        if elsewhere.any():
            trials.append(Trial(_found(photos, alike, elsewhere).likeness, -1))
    # Of one axis, in the mean of two.
    sigma_m = float(np.sqrt(0.5 * np.mean(np.square(errors_m)))) if errors_m else _MOST_SIGMA_M
    return learn_confidence(trials, float(np.clip(sigma_m, _LEAST_SIGMA_M, _MOST_SIGMA_M)))


def _likenesses(descriptors: Float16, decoys: Float32, rows: Int64) -> Iterator[tuple[int, Float64]]:
    """Some rows, and how alike all photos (V,) are to each; the index is read once for many of them."""
    for first in range(0, len(rows), _AT_ONCE):
        asked = rows[first : first + _AT_ONCE]
        queries = descriptors[asked].astype(np.float32)
        products = inner_products_many(descriptors, queries)
        for row, query, product in zip(asked, queries, products, strict=True):
            yield int(row), standard_likeness(product, decoys @ query)


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
