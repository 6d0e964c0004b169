"""Photos whose names say where they were taken, as visual geo-localization writes them.

`@UTM_east@UTM_north@zone@letter@latitude@longitude@pano_id@tile@heading@pitch@roll@height@timestamp@note@.jpg`, any
field but the first two perhaps empty (Berton et al., Deep Visual Geo-localization Benchmark, CVPR 2022, and their list
of formatted data sets). Folders are `database/` and `queries*/`, or `images/{train,val,test}/` with these.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path

from geoloc_ros.core.photos import PhotoCollection, PhotoProblem
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.datasets.photos.columns import Numbering, PhotoColumns, Place, make_collection, yaw_of_compass
from geoloc_ros.datasets.photos.flat_frame import named_zone
from geoloc_ros.datasets.photos.image_files import image_files, some_images
from geoloc_ros.datasets.photos.layout import PARTS, PhotoFolder, part_folder, photo_tree
from geoloc_ros.datasets.photos.photo_table import PhotoTable, read_photo_table

_FIELDS = 15
"""The empty one ahead of the first sign included, the suffix not."""
_LOOKED_AT = 200
"""Names that tell whether a folder is of this kind; others may lie among them."""
_STAMP = re.compile(r"(\d{4})(\d{2})?(\d{2})?(?:_(\d{2})(\d{2})?(\d{2})?)?$")
_WORDS = frozenset({"day", "night", "sideways", "backward"})


def has_utm_names(folder: Path) -> bool:
    """Does a folder hold such photos, or parts with such photos?"""
    outer = folder / "images" if (folder / "images").is_dir() else folder
    there = [outer / part for part in PARTS if (outer / part).is_dir()]
    # Where there is a database, pictures beside it, such as a sheet to look at, are none of its photos.
    names = some_images(photo_tree(there[0] if there else outer).database.path, _LOOKED_AT)
    return any(name.startswith("@") for name in names)


def load_utm_names(folder: Path, part: str, progress: ProgressCallback) -> PhotoCollection:
    """Photos of a folder or of a part of it; nothing but names is read, and `photos.csv` where it is there.

    Raises:
        DatasetError: If the part is not there, the table cannot be read, or no photo can be used.
    """
    root = part_folder(folder, part)
    return load_tree(root, f"{folder.resolve().name} {part}".strip(), progress)


def load_tree(root: Path, name: str, progress: ProgressCallback) -> PhotoCollection:
    """Photos of a folder that holds `database/` and `queries*/`, or photos only."""
    tree, table = photo_tree(root), read_photo_table(root)
    problems: list[PhotoProblem] = []
    places, sequences = Numbering(), Numbering()
    database, queries = PhotoColumns(), PhotoColumns()
    folders = [(database, tree.database), *((queries, each) for each in tree.queries)]
    for number, (columns, source) in enumerate(folders):
        progress("reading names of photos", number / len(folders))
        problems += _add_folder(columns, source, root, table, places, sequences)
    progress("reading names of photos", 1.0)
    return make_collection(name, root, database, queries, problems)


def place_of_name(name: str) -> Place:
    """Where a photo of this name was taken.

    Raises:
        ValueError: If the name is not of this form; says why.
    """
    fields = name.rpartition(".")[0].split("@")
    if len(fields) < 4 or fields[0]:
        raise ValueError("its name is not of the form @UTM_east@UTM_north@...")
    fields += [""] * (_FIELDS - len(fields))
    try:
        east_m, north_m = float(fields[1]), float(fields[2])
        latitude_deg, longitude_deg = (float(text) if text else math.nan for text in fields[5:7])
    except ValueError:
        raise ValueError(f"its name has no numbers for UTM east and north: {fields[1]!r}, {fields[2]!r}") from None
    if not math.isfinite(east_m + north_m):
        raise ValueError(f"its name has no numbers for UTM east and north: {fields[1]!r}, {fields[2]!r}")
    return Place(east_m, north_m, named_zone(fields[3], fields[4]), latitude_deg, longitude_deg)


def _add_folder(
    columns: PhotoColumns, source: PhotoFolder, root: Path, table: PhotoTable, places: Numbering, sequences: Numbering
) -> Iterator[PhotoProblem]:
    for file in image_files(source.path, root):
        if file in table.label_files:
            continue
        if complaint := table.complaints.get(file):
            yield PhotoProblem(file, complaint)
            continue
        row = table.row(file)
        name = file.rpartition("/")[2]
        try:
            where = row.where or place_of_name(name)
            heading_deg, stamp_ns, note = _rest(name)
        except ValueError as error:
            yield PhotoProblem(file, str(error))
            continue
        if complaint := where.complaint():
            yield PhotoProblem(file, complaint)
            continue
        columns.add(
            file, where, yaw_rad=yaw_of_compass(heading_deg) if math.isnan(row.yaw_rad) else row.yaw_rad,
            stamp_ns=stamp_ns if row.stamp_ns < 0 else row.stamp_ns, sequence=sequences.of(row.sequence),
            condition=row.condition or source.condition or note, label_file=row.label_file, place=places.of(row.place),
        )


def _rest(name: str) -> tuple[float, int, str]:
    """Heading, stamp and condition of a name; a name of another form has none of them."""
    fields = name.rpartition(".")[0].split("@")
    if len(fields) < _FIELDS:
        return math.nan, -1, ""
    heading = fields[9]
    try:
        return float(heading) if heading else math.nan, stamp_of(fields[13]), condition_of_note(fields[14])
    except ValueError:
        raise ValueError(f"its name has no number for the heading: {heading!r}") from None


@lru_cache(maxsize=4096)
def stamp_of(text: str) -> int:
    """Nanoseconds of YYYYMMDD_hhmmss, taken as UTC, whose later parts may be missing; -1 for anything else."""
    match = _STAMP.match(text)
    if not match:
        return -1
    year, month, day, hour, minute, second = (int(part) if part else None for part in match.groups())
    try:
        moment = datetime(year or 1, month or 1, day or 1, hour or 0, minute or 0, second or 0, tzinfo=timezone.utc)
    except ValueError:  # the 31st of February
        return -1
    return int(moment.timestamp()) * 1_000_000_000


@lru_cache(maxsize=4096)
def condition_of_note(note: str) -> str:
    """Condition that the note of Mapillary SLS in this form tells, such as "day_forward_cph"; "" for other notes."""
    words = note.lower().split("_")
    return " ".join(word for word in words if word in _WORDS) if words[0] in ("day", "night") else ""
