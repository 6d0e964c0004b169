"""Tokyo 24/7 as published (Torii et al., CVPR 2015; lists of Arandjelovic et al., CVPR 2016).

`tokyo247.mat` (in the folder or in `datasets/`) lists the database, which lies in `03814/` to `03829/` as .png although
the list says .jpg, and the queries, `247query_subset_v2/00001.jpg` with `00001.csv` beside it: name, latitude,
longitude, ..., and as sixth value the time of day.
"""

from __future__ import annotations

import csv
from pathlib import Path

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoCollection, PhotoProblem
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import Float64
from geoloc_ros.datasets.photos.columns import PhotoColumns, Place, make_collection
from geoloc_ros.datasets.photos.db_struct import read_db_struct
from geoloc_ros.datasets.photos.image_files import FolderNames
from geoloc_ros.datasets.photos.pittsburgh import listed_photos

_ZONE = 54
_LIST = "tokyo247.mat"
_DATABASES = ("tokyo247/", "database_gsv_vga/", "")
_QUERIES = ("247query_subset_v2/", "tokyo247/247query_subset_v2/", "queries/")
_TIMES = {"d": "day", "s": "sunset", "n": "night"}


def is_tokyo247(folder: Path) -> bool:
    """Is the list there?"""
    return _list(folder) is not None


def load_tokyo247(folder: Path, part: str, progress: ProgressCallback) -> PhotoCollection:
    """All photos; queries have the condition "day", "sunset" or "night" where the table beside them tells.

    Raises:
        DatasetError: If a part is asked for, or the list cannot be read.
    """
    path = _list(folder)
    if path is None or part:
        lack = f"no '{_LIST}'" if path is None else f"no part '{part}'"
        raise DatasetError(f"'{folder}' has {lack}; Tokyo 24/7 is one test set with its list")
    progress("reading the list", 0.0)
    listed, files, problems = read_db_struct(path), FolderNames(folder), list[PhotoProblem]()
    first = listed.database[0].rpartition("/")[0] if listed.database else ""
    inner = next((each for each in _DATABASES if (folder / each / first).is_dir()), "")
    database = listed_photos(inner, listed.database, listed.database_m, _ZONE, files, problems)
    queries = _queries(folder, listed.queries, listed.queries_m, files, problems)
    progress("reading the list", 1.0)
    return make_collection("tokyo247", folder, database, queries, problems)


def _queries(
    folder: Path, names: tuple[str, ...], position_m: Float64, files: FolderNames, problems: list[PhotoProblem]
) -> PhotoColumns:
    inner = next((each for each in _QUERIES if (folder / each).is_dir()), _QUERIES[0])
    columns = PhotoColumns()
    for name, (east_m, north_m) in zip(names, position_m.tolist(), strict=True):
        file = inner + name
        if files.holds(file):
            table = f"{file.rpartition('.')[0]}.csv"
            condition = _time_of_day(folder / table) if files.holds(table) else ""
            columns.add(file, Place(east_m, north_m, _ZONE), condition=condition)
        else:
            problems.append(PhotoProblem(file, "in the list, but there is no such file"))
    return columns


def _time_of_day(table: Path) -> str:
    """Day, sunset or night; "" where the table tells none."""
    with table.open(newline="", encoding="utf-8", errors="replace") as stream:
        line = next(csv.reader(stream), [])
    said = line[5].strip().lower() if len(line) > 5 else ""
    return _TIMES.get(said[:1], "")


def _list(folder: Path) -> Path | None:
    return next((place / _LIST for place in (folder / "datasets", folder) if (place / _LIST).is_file()), None)
