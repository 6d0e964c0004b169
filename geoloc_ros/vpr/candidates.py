"""From the photos most alike to places: several photos of one place are one candidate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Float64, Int64

SAME_PLACE_M = 12.0
"""Photos nearer to each other show one place, if they look the same way: about the spacing of photos along a road."""
SAME_VIEW_RAD = np.radians(50.0)
"""Photos that look further apart show other things."""


@dataclass(frozen=True)
class Candidates:
    """C places, the most alike first."""

    row: Int64
    """(C,), photo most alike, of the index."""
    position_m: Float64
    """(C, 2), mean of the photos of the place, weighed by how alike they are."""
    yaw_rad: Float64
    """(C,), of the photo most alike, less the direction in which the query looks from the vehicle; NaN if unknown."""
    likeness: Float64
    """(C,), of the photo most alike."""

    def __len__(self) -> int:
        """C."""
        return len(self.row)

    def first(self, count: int) -> Candidates:
        """The first of them."""
        return Candidates(self.row[:count], self.position_m[:count], self.yaw_rad[:count], self.likeness[:count])


def group_photos(row: Int64, position_m: Float64, yaw_rad: Float64, likeness: Float64) -> Candidates:
    """Places of K photos found, in any order; a photo belongs to the most alike one of its place.

    Args:
        row: (K,), of the index.
        position_m: (K, 2).
        yaw_rad: (K,), NaN where unknown: such photos belong to any that are near.
        likeness: (K,), larger is more alike; a difference of 1 is a factor of e in the weight of a position.
    """
    order = np.argsort(-likeness, kind="stable")
    row, position_m, yaw_rad, likeness = row[order], position_m[order], yaw_rad[order], likeness[order]
    is_free = np.ones(len(row), bool)
    best: list[int] = []
    mean_m: list[Float64] = []
    for number in range(len(row)):
        if not is_free[number]:
            continue
        is_near = np.hypot(*(position_m - position_m[number]).T) <= SAME_PLACE_M
        is_away = np.cos(yaw_rad - yaw_rad[number]) < np.cos(SAME_VIEW_RAD)
        members = is_free & is_near & ~is_away
        is_free &= ~members
        weight = np.exp(likeness[members] - likeness[number])
        best.append(number)
        mean_m.append(weight @ position_m[members] / weight.sum())
    chosen = np.array(best, np.int64)
    return Candidates(row[chosen], np.array(mean_m).reshape(-1, 2), yaw_rad[chosen], likeness[chosen])
