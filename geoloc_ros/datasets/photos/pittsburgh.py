"""Pittsburgh 250k and 30k as published (Torii et al., TPAMI 2015; splits of Arandjelovic et al., CVPR 2016).

`000/` to `010/` hold the database, `queries_real/` the queries, `datasets/` the splits: `pitts30k_train.mat` and so on.
Which way the camera looked is not published in north: views are numbered from the panorama's own first.
"""

from __future__ import annotations

from pathlib import Path

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoCollection, PhotoProblem
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import Float64
from geoloc_ros.datasets.photos.columns import PhotoColumns, Place, make_collection
from geoloc_ros.datasets.photos.db_struct import read_db_struct
from geoloc_ros.datasets.photos.image_files import FolderNames
from geoloc_ros.datasets.photos.layout import several_parts

_ZONE = 17
_QUERIES = "queries_real"


def is_pittsburgh(folder: Path) -> bool:
    """Is a split there?"""
    return bool(_splits(folder))


def load_pittsburgh(folder: Path, part: str, progress: ProgressCallback) -> PhotoCollection:
    """Photos of a split: "30k_train", "250k_test", or "train" alone where only one size is there.

    Raises:
        DatasetError: If several splits fit what is named, or none, or the split cannot be read.
    """
    splits = _splits(folder)
    names = [each.stem.removeprefix("pitts") for each in splits]
    fitting = [each for each, name in zip(splits, names, strict=True) if part in ("", name, name.partition("_")[2])]
    if not fitting:
        raise DatasetError(f"'{folder}' has no split '{part}'; it has {', '.join(names)}")
    if len(fitting) > 1:
        raise several_parts(folder, [each.stem.removeprefix("pitts") for each in fitting])
    progress("reading the split", 0.0)
    split, files, problems = read_db_struct(fitting[0]), FolderNames(folder), list[PhotoProblem]()
    database = listed_photos("", split.database, split.database_m, _ZONE, files, problems)
    queries = listed_photos(f"{_QUERIES}/", split.queries, split.queries_m, _ZONE, files, problems)
    progress("reading the split", 1.0)
    return make_collection(fitting[0].stem, folder, database, queries, problems)


def listed_photos(
    folder: str, names: tuple[str, ...], position_m: Float64, zone: int, files: FolderNames,
    problems: list[PhotoProblem],
) -> PhotoColumns:
    """Photos of a list that are there, as .png where they are not as .jpg; the others become problems."""
    columns = PhotoColumns()
    for name, (east_m, north_m) in zip(names, position_m.tolist(), strict=True):
        file = folder + name
        if not files.holds(file):
            file = f"{file.rpartition('.')[0]}.png"
        if files.holds(file):
            columns.add(file, Place(east_m, north_m, zone))
        else:
            problems.append(PhotoProblem(folder + name, "in the split, but there is no such file"))
    return columns


def _splits(folder: Path) -> list[Path]:
    return sorted(file for place in (folder / "datasets", folder) for file in place.glob("pitts*_*.mat"))
