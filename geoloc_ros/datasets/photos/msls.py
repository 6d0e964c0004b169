"""Mapillary Street-Level Sequences as published (Warburg et al., CVPR 2020; the read-me of its tools lists the files).

`{train_val,test}/CITY/{database,query}/` with `raw.csv` (key, lon, lat, ca, captured_at, pano), `postprocessed.csv`
(key, easting, northing, night, view_direction, unique_cluster), `seq_info.csv` (key, sequence_key, frame_number) and
`images/KEY.jpg`. Of the test cities no positions are published.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoCollection, PhotoProblem
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.datasets.photos.columns import Numbering, PhotoColumns, Place, make_collection, yaw_of_compass
from geoloc_ros.datasets.photos.flat_frame import utm_zone
from geoloc_ros.datasets.photos.image_files import FolderNames
from geoloc_ros.datasets.photos.layout import several_parts
from geoloc_ros.datasets.photos.tables import number_of, read_table
from geoloc_ros.datasets.photos.utm_names import stamp_of

VALIDATION_CITIES = ("cph", "sf")
TEST_CITIES = ("miami", "athens", "buenosaires", "stockholm", "bengaluru", "kampala")
_RAW, _DERIVED, _SEQUENCES = "raw.csv", "postprocessed.csv", "seq_info.csv"


@dataclass(frozen=True)
class _Line:
    """One photo of the tables."""

    file: str
    raw: Mapping[str, str]
    derived: Mapping[str, str]
    sequence: tuple[str, str]
    """City and key of the drive."""
    frame: int


def is_msls(folder: Path) -> bool:
    """Is it the whole, one of its halves, or a city of it?"""
    return bool(_cities(folder))


def load_msls(folder: Path, part: str, progress: ProgressCallback) -> PhotoCollection:
    """Photos of the cities of a part (train, val, test), or of one city; "query" and "database" of all of them.

    Conditions are "day" or "night", with "sideways" or "backward" behind it where the camera looked so. Panoramas are
    left out, as in the published evaluation.

    Raises:
        DatasetError: If there are several parts and none is named, the named one is not there, or a table is broken.
    """
    cities = _chosen(folder, _cities(folder), part)
    sequences, places, problems = Numbering(), Numbering(), list[PhotoProblem]()
    columns = {"database": PhotoColumns(), "query": PhotoColumns()}
    files = FolderNames(folder)
    for number, city in enumerate(cities):
        progress("reading tables of cities", number / len(cities))
        for half, added in columns.items():
            problems += _add_half(added, city / half, folder, files, sequences, places)
    progress("reading tables of cities", 1.0)
    name = f"{folder.resolve().name} {part}".strip()
    return make_collection(name, folder, columns["database"], columns["query"], problems)


def part_of_city(name: str) -> str:
    """Which part a city belongs to, as published."""
    return "val" if name in VALIDATION_CITIES else "test" if name in TEST_CITIES else "train"


def _cities(folder: Path) -> list[Path]:
    """Folders of cities, whatever of the tree was given."""
    outer = [folder / half for half in ("train_val", "test") if (folder / half).is_dir()] or [folder]
    inner = [each for one in outer for each in sorted(one.iterdir()) if each.is_dir()]
    return [
        each for each in [folder, *inner]
        if any((each / half / _SEQUENCES).is_file() or (each / half / _DERIVED).is_file()
               for half in ("database", "query"))
    ]  # fmt: skip


def _chosen(folder: Path, cities: list[Path], part: str) -> list[Path]:
    parts = sorted({part_of_city(city.name) for city in cities})
    if not part and len(parts) > 1:
        raise several_parts(folder, parts)
    chosen = [city for city in cities if part in ("", part_of_city(city.name), city.name)]
    if not cities:
        raise DatasetError(f"'{folder}' holds no city with tables of Mapillary SLS, such as {_DERIVED}")
    if not chosen:
        raise DatasetError(f"'{folder}' has no part '{part}'; it has {', '.join([*parts, *(c.name for c in cities)])}")
    return chosen


def _add_half(
    columns: PhotoColumns, half: Path, root: Path, files: FolderNames, sequences: Numbering, places: Numbering
) -> Iterator[PhotoProblem]:
    if not (half / _RAW).is_file():
        yield PhotoProblem(half.relative_to(root).as_posix(), f"no '{_RAW}': its positions are not published")
        return
    lines = _lines(half, root)
    zones = _zones(lines)
    for line, zone in zip(lines, zones, strict=True):
        try:
            where, yaw_rad = _where(line, zone), yaw_of_compass(number_of(line.raw, "ca"))
        except ValueError as error:
            yield PhotoProblem(line.file, str(error))
            continue
        if complaint := _complaint(line, where, files):
            yield PhotoProblem(line.file, complaint)
            continue
        cluster = line.derived.get("unique_cluster", "")
        columns.add(
            line.file, where, yaw_rad=yaw_rad, stamp_ns=stamp_of(line.raw.get("captured_at", "").replace("-", "")),
            sequence=sequences.of(line.sequence), condition=_condition(line.derived),
            place=places.of((line.sequence[0], cluster)) if cluster.isdigit() else -1,
        )


def _lines(half: Path, root: Path) -> list[_Line]:
    """All photos, drive by drive, in the order in which they were taken."""
    derived = _by_key(half / _DERIVED)
    drives = _by_key(half / _SEQUENCES)
    images, city = (half / "images").relative_to(root).as_posix(), half.parent.name
    lines = []
    for raw in read_table(half / _RAW, ("key", "lon", "lat")):
        drive = drives.get(raw["key"], {})
        name = drive.get("sequence_key", "") or drive.get("sequence_id", "") or raw["key"]
        frame = drive.get("frame_number", "")
        lines.append(_Line(
            f"{images}/{raw['key']}.jpg", raw, derived.get(raw["key"], {}), (city, name),
            int(frame) if frame.isdigit() else 0,
        ))  # fmt: skip
    return sorted(lines, key=lambda line: (line.sequence, line.frame))


def _by_key(path: Path) -> dict[str, dict[str, str]]:
    return {line["key"]: line for line in read_table(path, ("key",))} if path.is_file() else {}


def _zones(lines: list[_Line]) -> list[int]:
    """Zones of UTM, which the tables do not name, from latitude and longitude."""
    geodetic_deg = np.full((len(lines), 2), np.nan)
    for number, line in enumerate(lines):
        try:
            geodetic_deg[number] = number_of(line.raw, "lat"), number_of(line.raw, "lon")
        except ValueError:  # told when the line is added
            continue
    return [int(zone) for zone in utm_zone(geodetic_deg)]


def _where(line: _Line, zone: int) -> Place:
    return Place(
        number_of(line.derived, "easting"), number_of(line.derived, "northing"), zone, number_of(line.raw, "lat"),
        number_of(line.raw, "lon"),
    )


def _complaint(line: _Line, where: Place, files: FolderNames) -> str:
    if line.raw.get("pano", "").lower() == "true":
        return "a panorama, which the published evaluation leaves out"
    if not files.holds(line.file):
        return "in the table, but there is no such file"
    return where.complaint()


def _condition(derived: Mapping[str, str]) -> str:
    night = derived.get("night", "").lower()
    view = derived.get("view_direction", "").lower()
    words = [{"true": "night", "false": "day"}.get(night, ""), view if view in ("sideways", "backward") else ""]
    return " ".join(word for word in words if word)
