"""Photos as a loader meets them, one after the other, and the collection that they become."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoCollection, PhotoProblem, PhotoSet, photo_set
from geoloc_ros.core.types import Float64, Int64
from geoloc_ros.datasets.photos.flat_frame import flat_positions, utm_to_geodetic

_UNKNOWN = math.nan


@dataclass(frozen=True)
class Place:
    """Where a photo was taken, as its source says it: UTM, latitude and longitude, or both."""

    east_m: float = _UNKNOWN
    north_m: float = _UNKNOWN
    zone: int = 0
    """Of UTM, negative south of the equator; 0 where nobody knows."""
    latitude_deg: float = _UNKNOWN
    longitude_deg: float = _UNKNOWN

    def is_known(self) -> bool:
        """Is either of them there?"""
        return math.isfinite(self.east_m + self.north_m) or math.isfinite(self.latitude_deg + self.longitude_deg)

    def complaint(self) -> str:
        """Why this is no place on the earth; "" if it is one."""
        if not self.is_known():
            return "no position"
        if abs(self.latitude_deg) > 90.0 or abs(self.longitude_deg) > 180.0:  # false for NaN
            return f"latitude {self.latitude_deg:g}, longitude {self.longitude_deg:g} are not on the globe"
        if self.latitude_deg == 0.0 and self.longitude_deg == 0.0:
            return "latitude and longitude are 0, which cameras write that have no fix"
        return ""


class PhotoColumns:
    """Collects photos; a few numbers each, so that millions fit."""

    def __init__(self) -> None:
        self._file: list[str] = []
        self._place_m_deg = array("d")
        self._zone = array("i")
        self._yaw_rad = array("d")
        self._stamp_ns = array("q")
        self._sequence = array("i")
        self._place = array("i")
        self._condition: list[str] = []
        self._label_file: list[str] = []

    def __len__(self) -> int:
        return len(self._file)

    def add(
        self, file: str, where: Place, *, yaw_rad: float = math.nan, stamp_ns: int = -1, sequence: int = -1,
        condition: str = "", label_file: str = "", place: int = -1,
    ) -> None:
        """One more photo; the fields are those of `core.photos.PhotoSet`."""
        self._file.append(file)
        self._place_m_deg.extend((where.east_m, where.north_m, where.latitude_deg, where.longitude_deg))
        self._zone.append(where.zone)
        self._yaw_rad.append(yaw_rad)
        self._stamp_ns.append(stamp_ns)
        self._sequence.append(sequence)
        self._place.append(place)
        self._condition.append(condition)
        self._label_file.append(label_file)

    def where(self) -> tuple[Float64, Int64, Float64]:
        """UTM (N, 2), its zones (N,), and latitudes and longitudes (N, 2), from UTM where its zone is known."""
        numbers = np.array(self._place_m_deg, np.float64).reshape(-1, 4)
        utm_m, geodetic_deg, zone = numbers[:, :2], numbers[:, 2:], np.array(self._zone, np.int64)
        zone = np.where(np.isfinite(utm_m).all(axis=1), zone, 0)
        exact_deg = utm_to_geodetic(utm_m, zone)
        return utm_m, zone, np.where(np.isfinite(exact_deg), exact_deg, geodetic_deg)

    def photos(self, name: str, root: Path, position_m: Float64, geodetic_deg: Float64) -> PhotoSet:
        """All of them, at these positions."""
        return photo_set(
            name, root, tuple(self._file), position_m, geodetic_deg=geodetic_deg, yaw_rad=np.array(self._yaw_rad),
            stamp_ns=np.array(self._stamp_ns, np.int64), sequence=np.array(self._sequence, np.int32),
            condition=tuple(self._condition), label_file=tuple(self._label_file), place=np.array(self._place, np.int32),
        )


class Numbering:
    """Small numbers for names, in the order in which they are met."""

    def __init__(self) -> None:
        self._number: dict[object, int] = {}

    def of(self, name: object) -> int:
        """Always the same for the same name; -1 for the empty text."""
        return -1 if name == "" else self._number.setdefault(name, len(self._number))


def yaw_of_compass(compass_deg: float) -> float:
    """Counter-clockwise from east, within -pi to pi, of degrees clockwise from north; NaN for NaN."""
    yaw_rad = math.radians(90.0 - compass_deg)
    return math.atan2(math.sin(yaw_rad), math.cos(yaw_rad)) if math.isfinite(yaw_rad) else math.nan


def make_collection(
    name: str, root: Path, database: PhotoColumns, queries: PhotoColumns, problems: Sequence[PhotoProblem]
) -> PhotoCollection:
    """The collection, database and queries in one frame.

    Raises:
        DatasetError: If not a single photo can be used.
    """
    if not len(database) and not len(queries):
        first = f"; the first of {len(problems)} problems: {problems[0].file}: {problems[0].reason}" if problems else ""
        raise DatasetError(f"'{root}' holds no photo that can be used{first}")
    (utm_m, zone, geodetic_deg), (query_utm_m, query_zone, query_deg) = database.where(), queries.where()
    position_m = flat_positions(
        np.concatenate([utm_m, query_utm_m]), np.concatenate([zone, query_zone]),
        np.concatenate([geodetic_deg, query_deg]),
    )
    split = len(database)
    return PhotoCollection(
        database.photos(name, root, position_m[:split], geodetic_deg),
        queries.photos(name, root, position_m[split:], query_deg),
        tuple(problems),
    )
