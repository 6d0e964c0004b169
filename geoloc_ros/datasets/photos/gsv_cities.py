"""GSV-Cities as published (Ali-bey et al., Neurocomputing 2022): `Dataframes/CITY.csv` and `Images/CITY/`.

A line is place_id, year, month, northdeg, city_id, lat, lon, panoid; the file of its photo is called
`CITY_place(7 digits)_year_month_northdeg(3 digits)_lat_lon_panoid.jpg`. Made for training: there are no queries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoCollection, PhotoProblem
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.datasets.photos.columns import Numbering, PhotoColumns, Place, make_collection, yaw_of_compass
from geoloc_ros.datasets.photos.image_files import FolderNames
from geoloc_ros.datasets.photos.tables import number_of, read_table
from geoloc_ros.datasets.photos.utm_names import stamp_of

_TABLES, _IMAGES = "Dataframes", "Images"
_COLUMNS = ("place_id", "year", "month", "northdeg", "city_id", "lat", "lon", "panoid")


def is_gsv_cities(folder: Path) -> bool:
    """Are both folders there?"""
    return (folder / _TABLES).is_dir() and (folder / _IMAGES).is_dir()


def load_gsv_cities(folder: Path, part: str, progress: ProgressCallback) -> PhotoCollection:
    """Photos of all cities, or of the city `part`; their places are numbered through all of them.

    Raises:
        DatasetError: If there is no such city, or a table is broken.
    """
    tables = sorted((folder / _TABLES).glob("*.csv"))
    chosen = [table for table in tables if part in ("", table.stem)]
    if not chosen:
        raise DatasetError(f"'{folder}' has no city '{part}'; it has {', '.join(table.stem for table in tables)}")
    columns, places, problems = PhotoColumns(), Numbering(), list[PhotoProblem]()
    files = FolderNames(folder)
    for number, table in enumerate(chosen):
        progress("reading tables of cities", number / len(chosen))
        problems += _add_city(columns, table, files, places)
    progress("reading tables of cities", 1.0)
    return make_collection(f"{folder.resolve().name} {part}".strip(), folder, columns, PhotoColumns(), problems)


def _add_city(columns: PhotoColumns, table: Path, files: FolderNames, places: Numbering) -> Iterator[PhotoProblem]:
    for line in read_table(table, _COLUMNS):
        try:
            file = _file(line, files)
            where = Place(latitude_deg=number_of(line, "lat"), longitude_deg=number_of(line, "lon"))
            yaw_rad = yaw_of_compass(number_of(line, "northdeg"))
        except ValueError as error:
            yield PhotoProblem(f"{table.name}, panorama {line['panoid']}", str(error))
            continue
        if complaint := where.complaint() or ("" if files.holds(file) else "in the table, but there is no such file"):
            yield PhotoProblem(file, complaint)
            continue
        columns.add(
            file, where, yaw_rad=yaw_rad, stamp_ns=stamp_of(f"{int(line['year']):04d}{int(line['month']):02d}"),
            place=places.of((line["city_id"], line["place_id"])),
        )


def _file(line: Mapping[str, str], files: FolderNames) -> str:
    """Latitude and longitude are in the name as Python writes them, which need not be how the table does."""
    city = line["city_id"]
    start = (
        f"{_IMAGES}/{city}/{city}_{int(line['place_id']):07d}_{int(line['year']):04d}_{int(line['month']):02d}"
        f"_{int(line['northdeg']):03d}"
    )
    as_written = f"{start}_{line['lat']}_{line['lon']}_{line['panoid']}.jpg"
    as_number = f"{start}_{number_of(line, 'lat')!r}_{number_of(line, 'lon')!r}_{line['panoid']}.jpg"
    return as_written if files.holds(as_written) or not files.holds(as_number) else as_number
