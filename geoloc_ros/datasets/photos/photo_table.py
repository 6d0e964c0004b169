"""`photos.csv` beside photos: what their names cannot say. Of our own; `geoloc simulate photos` writes it.

A header and a line per photo. `file` is relative to the folder of the table; all other columns may be missing or
empty: `label_file`, `condition`, `place`, `sequence`, `stamp_ns`, `latitude_deg`, `longitude_deg` and `yaw_deg`
(counter-clockwise from east). More columns are for people. What the table says wins over what a name says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from geoloc_ros.datasets.photos.columns import Place
from geoloc_ros.datasets.photos.tables import number_of, read_table

TABLE_FILE = "photos.csv"


@dataclass(frozen=True)
class PhotoRow:
    """What the table says of a photo."""

    where: Place | None = None
    label_file: str = ""
    condition: str = ""
    place: str = ""
    sequence: str = ""
    stamp_ns: int = -1
    yaw_rad: float = math.nan


_NOTHING = PhotoRow()


@dataclass(frozen=True)
class PhotoTable:
    """All rows."""

    rows: dict[str, PhotoRow]
    """By file."""
    label_files: frozenset[str]
    """Images that are no photos."""
    complaints: dict[str, str]
    """What is wrong with a photo's line, by file."""

    def row(self, file: str) -> PhotoRow:
        """Of a photo; nothing known where the table has no such line."""
        return self.rows.get(file, _NOTHING)


def read_photo_table(folder: Path) -> PhotoTable:
    """The table of a folder; empty where there is none.

    Raises:
        DatasetError: If it is there and cannot be read, or has no column `file`.
    """
    path = folder / TABLE_FILE
    if not path.is_file():
        return PhotoTable({}, frozenset(), {})
    rows, complaints = dict[str, PhotoRow](), dict[str, str]()
    for number, line in enumerate(read_table(path, ("file",))):
        try:
            rows[line["file"]] = _row(line)
        except ValueError as error:
            complaints[line["file"]] = f"line {number + 2} of {TABLE_FILE}: {error}"
    return PhotoTable(rows, frozenset(row.label_file for row in rows.values()), complaints)


def _row(line: dict[str, str]) -> PhotoRow:
    latitude_deg, longitude_deg = number_of(line, "latitude_deg"), number_of(line, "longitude_deg")
    where = Place(latitude_deg=latitude_deg, longitude_deg=longitude_deg)
    yaw_deg, stamp = number_of(line, "yaw_deg"), line.get("stamp_ns", "")
    if math.isinf(yaw_deg):
        raise ValueError(f"yaw_deg is {yaw_deg}, no direction")
    if stamp.strip() and not (stamp.strip().lstrip("-").isdecimal() and abs(int(stamp)) < 2**63):
        raise ValueError(f"stamp_ns is {stamp!r}, no nanoseconds since 1970")
    return PhotoRow(
        where if where.is_known() else None, line.get("label_file", ""), line.get("condition", ""),
        line.get("place", ""), line.get("sequence", ""), int(stamp) if stamp.strip() else -1,
        math.radians(yaw_deg),
    )
