"""Names of photos in the form of the field's data sets, and a table of what names cannot say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyproj

from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.sim.photo_places import Views

_LETTERS = "CDEFGHJKLMNPQRSTUVWXX"
"""Bands of 8 degrees of latitude from 80 south; the last has 12."""


@dataclass(frozen=True)
class PhotoRow:
    """One line of the table."""

    HEADER: ClassVar[tuple[str, ...]] = (
        "file", "label_file", "condition", "place", "yaw_deg", "east_m", "north_m", "latitude_deg", "longitude_deg",
        "height_m",
    )
    file: str
    """Relative to the table."""
    label_file: str
    condition: str
    place: int
    yaw_deg: float
    """Counter-clockwise from east."""
    east_m: float
    """In the map frame."""
    north_m: float
    latitude_deg: float
    longitude_deg: float
    height_m: float
    """Over the ground."""

    def as_texts(self) -> tuple[str, ...]:
        """In the order of the header."""
        return (
            self.file, self.label_file, self.condition, str(self.place), f"{self.yaw_deg:.3f}", f"{self.east_m:.3f}",
            f"{self.north_m:.3f}", f"{self.latitude_deg:.8f}", f"{self.longitude_deg:.8f}", f"{self.height_m:.3f}",
        )


def table_rows(origin: GeoOrigin, folder: str, condition: str, views: Views) -> tuple[PhotoRow, ...]:
    """Rows of the views of one folder.

    Names are `@east@north@zone@letter@latitude@longitude@place@tile@heading@pitch@roll@height@time@note@.jpg` with
    positions in UTM metres, the heading in degrees clockwise from north and the condition as a note.
    """
    latitude_deg, longitude_deg = origin.to_geodetic(views.position_m)
    zone = int(np.floor((origin.longitude_deg + 180.0) / 6.0)) % 60 + 1
    letter = _LETTERS[int(np.clip((origin.latitude_deg + 80.0) // 8.0, 0, len(_LETTERS) - 1))]
    south = " +south" if origin.latitude_deg < 0.0 else ""
    project = pyproj.Proj(f"+proj=utm +zone={zone}{south} +ellps=WGS84")
    east_m, north_m = project(longitude_deg, latitude_deg)
    rows = []
    for k in range(len(views)):
        roll_deg, pitch_deg, yaw_deg = np.degrees(views.roll_pitch_yaw_rad[k])
        stem = "@".join(
            (
                "", f"{east_m[k]:010.2f}", f"{north_m[k]:010.2f}", f"{zone:02d}", letter, f"{latitude_deg[k]:.7f}",
                f"{longitude_deg[k]:.7f}", f"{views.place[k]:05d}", f"{k:05d}", f"{(90.0 - yaw_deg) % 360.0:.2f}",
                f"{pitch_deg:.2f}", f"{roll_deg:.2f}", f"{views.height_m[k]:.2f}", "", condition, "",
            )
        )
        rows.append(
            PhotoRow(
                f"{folder}/{stem}.jpg", f"labels/{folder}/{stem}.png", condition, int(views.place[k]), float(yaw_deg),
                float(views.position_m[k, 0]), float(views.position_m[k, 1]), float(latitude_deg[k]),
                float(longitude_deg[k]), float(views.height_m[k]),
            )
        )
    return tuple(rows)
