"""Oxford RobotCar as published (Maddern et al., IJRR 2017): runs along one route, a folder each, called by their time.

`RUN/stereo/centre/MICROSECONDS.png` and `RUN/gps/ins.csv` or the later ground truth, `rtk.csv`, there or in the run. A
run is a condition: the folder that runs lie in names it, else the table of Sattler et al. (CVPR 2018) knows the runs of
RobotCar Seasons. Pictures are Bayer mosaics there; convert them before they are used (same names, .png or .jpg).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoCollection, PhotoProblem
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import Float64, Int64
from geoloc_ros.datasets.photos.columns import PhotoColumns, Place, make_collection
from geoloc_ros.datasets.photos.flat_frame import named_zone
from geoloc_ros.datasets.photos.image_files import image_files
from geoloc_ros.datasets.photos.tables import number_of, read_table

SPACING_M = 5.0
"""Of photos along a run: what S4 and NetVLAD's authors take of 16 pictures a second."""
_RUN = re.compile(r"\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d$")
_CAMERA = "stereo/centre"
_POSES = ("gps/rtk.csv", "rtk.csv", "gps/ins.csv")
"""The more exact first."""
_CAMERA_AHEAD_M = 1.7132
"""Of the inertial unit, along the vehicle (extrinsics/ins.txt of the published tools)."""
_NEAR_NS = 500_000_000
_GOOD = "INS_SOLUTION_GOOD"
_SEASONS = {
    "2014-11-28-12-07-13": "overcast", "2014-12-16-09-14-09": "dawn", "2015-02-20-16-34-06": "dusk",
    "2014-12-10-18-10-50": "night", "2014-12-17-18-18-43": "night rain", "2015-05-22-11-14-30": "overcast summer",
    "2015-11-13-10-28-08": "overcast winter", "2014-11-25-09-18-32": "rain", "2015-02-03-08-45-10": "snow",
    "2015-03-10-14-18-10": "sun",
}  # fmt: skip


@dataclass(frozen=True)
class _Way:
    """Poses of a run, in order of time."""

    stamp_ns: Int64
    utm_m: Float64
    yaw_rad: Float64
    """Counter-clockwise from east, unwrapped."""
    zone: int


def is_robotcar(folder: Path) -> bool:
    """Is it a run, or are runs in it?"""
    return bool(_runs(folder))


def load_robotcar(folder: Path, part: str, progress: ProgressCallback) -> PhotoCollection:
    """A photo every few metres of every run, or of those of one condition or name (`part`).

    The database is the first run of the condition "overcast", else the first of all; the others are queries. With a
    part, or with a single run, all is database.

    Raises:
        DatasetError: If no run fits the part, or a table is broken.
    """
    runs = {run: condition for run, condition in _runs(folder).items() if part in ("", run.name, condition)}
    if not runs:
        raise DatasetError(f"'{folder}' has no run '{part}'; it has {', '.join(sorted(_runs(folder).values()))}")
    base = next((run for run, condition in runs.items() if condition == "overcast"), next(iter(runs)))
    database, queries, problems = PhotoColumns(), PhotoColumns(), list[PhotoProblem]()
    for number, (run, condition) in enumerate(runs.items()):
        progress("reading runs", number / len(runs))
        columns = database if part or run == base else queries
        problems += _add_run(columns, run, folder, condition, number)
    progress("reading runs", 1.0)
    return make_collection(f"{folder.resolve().name} {part}".strip(), folder, database, queries, problems)


def _runs(folder: Path) -> dict[Path, str]:
    """Runs in order of their time, with their conditions."""
    if _is_run(folder):
        return {folder: _SEASONS.get(folder.resolve().name, "")}
    found = {}
    for outer in sorted(each for each in folder.iterdir() if each.is_dir()):
        if _is_run(outer):
            found[outer] = _SEASONS.get(outer.name, "")
        else:
            found.update({run: outer.name for run in sorted(outer.glob("????-??-??-??-??-??")) if _is_run(run)})
    return dict(sorted(found.items(), key=lambda each: each[0].name))


def _is_run(folder: Path) -> bool:
    return bool(_RUN.match(folder.resolve().name)) and any((folder / name).is_file() for name in _POSES)


def _add_run(columns: PhotoColumns, run: Path, root: Path, condition: str, number: int) -> Iterator[PhotoProblem]:
    images = run / _CAMERA
    if not images.is_dir():
        yield PhotoProblem(run.relative_to(root).as_posix(), f"no pictures in '{_CAMERA}'")
        return
    way, last_m = _read_way(run), np.full(2, np.inf)
    stamps_ns, files = [], []
    for file in image_files(images, root):
        stem = file.rpartition("/")[2].rpartition(".")[0]
        if stem.isdigit():
            stamps_ns.append(int(stem) * 1000)
            files.append(file)
        else:
            yield PhotoProblem(file, "its name is no time in microseconds")
    position_m, yaw_rad, gap_ns = _poses(way, np.array(stamps_ns, np.int64))
    for row, file in enumerate(files):
        if gap_ns[row] > _NEAR_NS:
            yield PhotoProblem(file, f"no pose within {_NEAR_NS / 1e9:g} s of it")
        elif np.hypot(*(position_m[row] - last_m)) >= SPACING_M:
            last_m = position_m[row]
            where = Place(float(last_m[0]), float(last_m[1]), way.zone)
            columns.add(
                file, where, yaw_rad=float(yaw_rad[row]), stamp_ns=stamps_ns[row], sequence=number, condition=condition
            )


def _poses(way: _Way, stamp_ns: Int64) -> tuple[Float64, Float64, Int64]:
    """Of the camera at stamps (N,): positions (N, 2), yaw (N,), and how far away in time the nearest pose is (N,)."""
    since = way.stamp_ns - way.stamp_ns[0]  # stamps themselves are too large for float64
    at = stamp_ns - way.stamp_ns[0]
    east_m, north_m, yaw_rad = (np.interp(at, since, values) for values in (*way.utm_m.T, way.yaw_rad))
    ahead = np.stack([np.cos(yaw_rad), np.sin(yaw_rad)], axis=-1)
    after = np.searchsorted(since, at).clip(1, max(1, len(since) - 1))
    gap_ns = np.minimum(np.abs(since[after - 1] - at), np.abs(since[np.minimum(after, len(since) - 1)] - at))
    position_m = np.stack([east_m, north_m], axis=-1) + _CAMERA_AHEAD_M * ahead
    return position_m, np.arctan2(ahead[:, 1], ahead[:, 0]), gap_ns


def _read_way(run: Path) -> _Way:
    """The most exact table of those there; of the inertial unit only what it calls good."""
    path = next(run / name for name in _POSES if (run / name).is_file())
    rows, zones = [], set()
    try:
        for line in read_table(path, ("timestamp", "northing", "easting", "yaw")):
            if line.get("ins_status", _GOOD) == _GOOD:
                rows.append([number_of(line, name) for name in ("timestamp", "easting", "northing", "yaw")])
                zones.add(line.get("utm_zone", ""))
    except ValueError as error:
        raise DatasetError(f"'{path}': {error}") from error
    if not rows:
        raise DatasetError(f"'{path}' holds no good pose")
    values = np.array(sorted(rows), np.float64)
    zone = zones.pop() if len(zones) == 1 else ""
    yaw_rad = np.unwrap(np.pi / 2.0 - values[:, 3])
    # Microseconds since 1970 fit a float64 exactly, nanoseconds do not.
    return _Way(values[:, 0].astype(np.int64) * 1000, values[:, 1:3], yaw_rad, named_zone(zone[:-1], zone[-1:]))
