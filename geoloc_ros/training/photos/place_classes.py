"""Classes of photos by cell and heading, in groups whose classes are far from each other (CosPlace, section 3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoSet
from geoloc_ros.core.types import Int64

CELL_M = 10.0
"""M."""
HEADINGS = 12
"""Classes of 30 degrees each: alpha."""
CELLS_APART = 5
"""N: cells of one group are that many cells apart, in both directions."""
HEADINGS_APART = 2
"""L, likewise."""


@dataclass(frozen=True)
class ClassGroup:
    """Classes that are told apart by one classifier."""

    rows: tuple[Int64, ...]
    """Photos of each class."""

    def __len__(self) -> int:
        """Classes."""
        return len(self.rows)


def find_groups(photos: PhotoSet, smallest_class: int) -> tuple[ClassGroup, ...]:
    """All groups with two classes or more; those with most classes first.

    Args:
        photos: Those that do not tell where they look are of the first heading.
        smallest_class: Photos that a class has at least.

    Raises:
        DatasetError: There is no such group.
    """
    cell = np.floor(photos.position_m / CELL_M).astype(np.int64)
    turn = np.nan_to_num(photos.yaw_rad / (2.0 * np.pi)) % 1.0
    heading = np.minimum((turn * HEADINGS).astype(np.int64), HEADINGS - 1)
    classes, number = np.unique(np.column_stack([cell, heading]), axis=0, return_inverse=True)
    members = _members(number.reshape(-1), len(classes))
    group_of_class = classes % (CELLS_APART, CELLS_APART, HEADINGS_APART)
    kept = [each for each in range(len(classes)) if len(members[each]) >= smallest_class]
    groups: dict[tuple[int, ...], list[Int64]] = {}
    for each in kept:
        groups.setdefault(tuple(group_of_class[each].tolist()), []).append(members[each])
    found = [ClassGroup(tuple(rows)) for _, rows in sorted(groups.items()) if len(rows) > 1]
    if not found:
        raise DatasetError(
            f"'{photos.name}' has {len(kept)} cells of {CELL_M:.0f} m and 30 degrees with {smallest_class} photos or "
            "more, no two of one group; give more photos of each place, or another method"
        )
    return tuple(sorted(found, key=len, reverse=True))


def _members(number: Int64, count: int) -> list[Int64]:
    order = np.argsort(number, kind="stable")
    return np.split(order, np.searchsorted(number[order], np.arange(1, count)))
