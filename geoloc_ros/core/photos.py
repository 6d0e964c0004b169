"""Photos and where they were taken: what collections are read as, and what training, indexes and evaluation share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoloc_ros.core.types import Float64, Int32, Int64


@dataclass(frozen=True)
class PhotoSet:
    """N photos in a fixed order. Positions are metres east and north in one flat frame of the whole collection."""

    name: str
    """For people: collection, city, part."""
    root: Path
    """What `file` is relative to."""
    file: tuple[str, ...]
    """(N,), images."""
    position_m: Float64
    """(N, 2)."""
    geodetic_deg: Float64
    """(N, 2), latitude and longitude; NaN where the collection does not tell."""
    yaw_rad: Float64
    """(N,), where the camera looks: 0 is east, counter-clockwise; NaN where nobody knows."""
    stamp_ns: Int64
    """(N,); -1 where nobody knows."""
    sequence: Int32
    """(N,), photos of one number were taken on one drive, in this order; -1 for photos by themselves."""
    condition: tuple[str, ...]
    """(N,), words such as "night" or "day sideways"; "" where nothing is known."""
    label_file: tuple[str, ...]
    """(N,), images of classes (`core.classes`, 255 for none), relative to `root`; "" where there are none."""
    place: Int32
    """(N,), photos of one number show one place, as the collection itself says; -1 where it does not."""

    def __len__(self) -> int:
        """N."""
        return len(self.file)

    def path(self, number: int) -> Path:
        """The file of a photo."""
        return self.root / self.file[number]

    def take(self, rows: Int64) -> PhotoSet:
        """The photos of these rows, in that order."""
        chosen = [int(row) for row in rows]
        return PhotoSet(
            self.name, self.root, tuple(self.file[row] for row in chosen), self.position_m[rows],
            self.geodetic_deg[rows], self.yaw_rad[rows], self.stamp_ns[rows], self.sequence[rows],
            tuple(self.condition[row] for row in chosen), tuple(self.label_file[row] for row in chosen),
            self.place[rows],
        )


@dataclass(frozen=True)
class PhotoProblem:
    """A file of a collection that cannot be used; it is told, not fatal."""

    file: str
    reason: str
    """One line for people."""


@dataclass(frozen=True)
class PhotoCollection:
    """What retrieval is tried on: photos of known places, and photos whose place is asked."""

    database: PhotoSet
    queries: PhotoSet
    """Empty where a collection is one folder of photos only."""
    problems: tuple[PhotoProblem, ...]


def photo_set(
    name: str, root: Path, file: tuple[str, ...], position_m: Float64, *, geodetic_deg: Float64 | None = None,
    yaw_rad: Float64 | None = None, stamp_ns: Int64 | None = None, sequence: Int32 | None = None,
    condition: tuple[str, ...] | None = None, label_file: tuple[str, ...] | None = None,
    place: Int32 | None = None,
) -> PhotoSet:
    """A set with "nobody knows" for all that is not given."""
    count, nothing = len(file), ("",) * len(file)
    return PhotoSet(
        name, root, file, position_m.reshape(count, 2),
        np.full((count, 2), np.nan) if geodetic_deg is None else geodetic_deg,
        np.full(count, np.nan) if yaw_rad is None else yaw_rad,
        np.full(count, -1, np.int64) if stamp_ns is None else stamp_ns,
        np.full(count, -1, np.int32) if sequence is None else sequence,
        condition or nothing, label_file or nothing,
        np.full(count, -1, np.int32) if place is None else place,
    )
