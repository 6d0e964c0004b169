"""What tracking.py and trust.py share: cities, their drives through a localizer, each driven once and kept.

Two processes share the work. A drive found in the work folder, made by the same code from the same inputs, is not
driven again; so trust.py after tracking.py with the same --work only reads.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from _common import ROOT, city
from _rows import fingerprint

from geoloc_ros.core.config import Config, load_config
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.interfaces import Encoder
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.terminal import progress_bar
from geoloc_ros.evaluation.drive_conditions import DRIVE_CONDITIONS, DriveCondition, DriveMaker, find_drive_condition
from geoloc_ros.evaluation.scan_runs import ScanRun, run_scan_drive
from geoloc_ros.index import index_map
from geoloc_ros.localization.camera_yaw.turning import layout_of
from geoloc_ros.localization.localizer import Localizer
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.osm import Crop, load_map, parse_crop
from geoloc_ros.maps.places import build_places
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.scan.encoders import SHIPPED_WEIGHTS, make_encoder

DEFAULT_CITIES = ("san_francisco", "chiang_mai")
UNPREFIXED = "san_francisco"
OUTSIDE = {
    "san_francisco": ("chiang_mai", "helsinki_centre", "baltimore"),
    "chiang_mai": ("san_francisco", "helsinki_centre", "baltimore"),
    "kyoto": ("porto", "monaco", "cairo_nasr_city"),
}
"""Cities whose drives are not on a map; the first ones of san_francisco for any other."""
QUICK_CONDITIONS = ("paper", "teleport", "outside", "grid")
NUM_PROCESSES = 2
MANY, LARGE = 110_000, 50_000
"""Viewpoints for which a frame's time is promised, and those from which a city is made to have as many."""

_INDEXED = ("maps", "scan")
_DRIVEN = (*_INDEXED, "core", "inference", "localization", "sim")
_EVALUATION = ("scan_runs.py", "drive_conditions.py")
_TIMED = {"outside": 4, "paper": 2}
"""Drives on one core by themselves: those that search all the way, and those that find themselves."""


@dataclass(frozen=True)
class Course:
    """A city with its index; what a process has to know."""

    name: str
    map_file: Path
    crop: Crop | None
    index: Path
    num_viewpoints: int
    """Of the index."""
    outside: tuple[str, ...]
    seed: int

    @property
    def prefix(self) -> str:
        """Of its figures."""
        return "" if self.name == UNPREFIXED else f"{self.name}_"


@dataclass(frozen=True)
class Job:
    """One drive."""

    course: Course
    condition: str
    number: int
    file: Path
    mark: str


def add_drive_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    parser.add_argument("--quick", action="store_true", help="10 drives in the first city, few conditions")
    parser.add_argument("--map", type=Path, metavar="FILE", help="a map file instead of cities")
    parser.add_argument("--crop", metavar="W,S,E,N", help="of --map, where it is complete, degrees")
    parser.add_argument("--cities", nargs="+", default=list(DEFAULT_CITIES), metavar="NAME", help="of crops.json")
    parser.add_argument("--conditions", nargs="+", metavar="NAME", help=f"some of {', '.join(DRIVE_CONDITIONS)}")
    parser.add_argument("--drives", type=int, help="of 1 km, in each condition and city; 100 if not said")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, help="folder that keeps indexes and drives; beside FILE if not said")


def settle(arguments: argparse.Namespace) -> None:
    """Fill in what was not said."""
    arguments.drives = arguments.drives or (10 if arguments.quick else 100)
    arguments.conditions = arguments.conditions or list(QUICK_CONDITIONS if arguments.quick else DRIVE_CONDITIONS)
    arguments.cities = arguments.cities[: 1 if arguments.quick else None]
    arguments.work = arguments.work or arguments.json.with_suffix(".details")


def courses(arguments: argparse.Namespace) -> Iterator[Course]:
    """The cities asked for, each with its index.

    Raises:
        GeolocError: If a map cannot be read or an index not be written.
    """
    maps = {name: city(name) for name in arguments.cities} if arguments.map is None else {
        arguments.map.stem.split(".")[0]: (arguments.map, parse_crop(arguments.crop) if arguments.crop else None)
    }  # fmt: skip
    for name, (map_file, crop) in maps.items():
        others = OUTSIDE.get(name, OUTSIDE[UNPREFIXED]) if has_other_cities() else ()
        index = arguments.work / f"{name}.index"
        num_viewpoints = _make_index(map_file, crop, index, Config())
        yield Course(name, map_file, crop, index, num_viewpoints, others, arguments.seed)


def has_other_cities() -> bool:
    """Whether there are maps to drive on outside of this one."""
    return (ROOT.parent / "shared" / "data").is_dir()


def drive_all(course: Course, arguments: argparse.Namespace) -> dict[str, list[ScanRun]]:
    """Drives of every condition, in their order."""
    jobs = {name: [_job(course, name, number, arguments) for number in range(arguments.drives)]
            for name in arguments.conditions}  # fmt: skip
    with progress_bar() as bar:
        _drive(
            [job for each in jobs.values() for job in each], NUM_PROCESSES,
            lambda stage, ratio: bar(f"{course.name}: {stage}", ratio),
        )  # fmt: skip
    return {name: [ScanRun.load(job.file, job.mark) for job in each] for name, each in jobs.items()}


def densified(course: Course) -> Course:
    """A large city with places so near to each other that its index has 110 000 viewpoints; a small one as it is."""
    if not LARGE <= course.num_viewpoints < MANY:
        return course
    config = Config()
    spacing_m = np.floor(100.0 * config.map.place_spacing_m * course.num_viewpoints / (1.02 * MANY)) / 100.0
    config = load_config(None, (f"map.place_spacing_m={spacing_m:g}",))
    index = course.index.with_name(f"{course.name}-dense.index")
    num_viewpoints = _make_index(course.map_file, course.crop, index, config)
    return replace(course, index=index, num_viewpoints=num_viewpoints)


def time_drives(course: Course, arguments: argparse.Namespace) -> dict[str, list[ScanRun]]:
    """A few drives on one core, nothing beside them; by condition."""
    counts = {name: count for name, count in _TIMED.items() if name != "outside" or course.outside}
    jobs = {
        name: [_job(course, name, number, arguments, "timed-") for number in range(count)]
        for name, count in counts.items()
    }
    with progress_bar() as bar:
        _drive(
            [job for each in jobs.values() for job in each], 1,
            lambda stage, ratio: bar(f"{course.name}: timing, {stage}", ratio),
        )  # fmt: skip
    return {name: [ScanRun.load(job.file, job.mark) for job in each] for name, each in jobs.items()}


@contextmanager
def processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that start anew, each with one thread and, if alone, one core; on the way out none is waited for."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    pool = ProcessPoolExecutor(count, get_context("spawn"), _keep_to_one_core if count == 1 else None)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def drive_mark(course: Course, settings: str) -> str:
    """Fingerprint of all that a drive depends on."""
    inputs = [course.map_file, *(city(name)[0] for name in course.outside), ROOT / SHIPPED_WEIGHTS["learned"]]
    inputs += [ROOT / "geoloc_ros" / "evaluation" / name for name in _EVALUATION]
    said = f"{_code_mark(tuple(inputs))} {course.crop} {course.outside} {course.seed} "
    said += f"{course.num_viewpoints} {settings}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


@cache
def _code_mark(inputs: tuple[Path, ...]) -> str:
    return fingerprint(inputs, "", _DRIVEN)


def _job(course: Course, condition: str, number: int, arguments: argparse.Namespace, prefix: str = "") -> Job:
    file = arguments.work / course.name / f"{prefix}{condition}" / f"{number}.npz"
    return Job(course, condition, number, file, drive_mark(course, f"{prefix}{find_drive_condition(condition)}"))


def _drive(jobs: list[Job], num_processes: int, progress: ProgressCallback) -> None:
    """Drive what was not driven before."""
    missing = [job for job in jobs if not _is_done(job)]
    if len(missing) < len(jobs):
        print(f"{len(jobs) - len(missing)} of {len(jobs)} drives: measured before", file=sys.stderr)
    if not missing:
        return
    with processes(num_processes) as pool:
        waiting: dict[Future[None], Job] = {pool.submit(_drive_one, job): job for job in missing}
        failed: list[Future[None]] = []
        for number, future in enumerate(as_completed(waiting), 1):
            progress("driving", number / len(missing))
            if future.exception() is not None:
                job = waiting[future]
                print(f"drive {job.number} of {job.condition} failed: {future.exception()}", file=sys.stderr)
                failed.append(future)
        for future in failed:
            # Not before all others are driven and kept.
            future.result()


def _is_done(job: Job) -> bool:
    try:
        ScanRun.load(job.file, job.mark)
    except DatasetError:
        return False
    return True


def _drive_one(job: Job) -> None:
    vehicle = _vehicle(job.course)
    condition = find_drive_condition(job.condition)
    drive, positions = vehicle.maker.make(condition, job.number)
    localizer = vehicle.localizer(condition)
    run_scan_drive(localizer, vehicle.encoder, drive, positions).save(job.file, job.mark)


class _Vehicle:
    """What a process keeps from one drive to the next."""

    def __init__(self, course: Course) -> None:
        config = Config()
        self.encoder: Encoder = make_encoder(config.descriptor, config.scan)
        self._index = PlaceIndex.load(course.index)
        self._index.check_encoder(self.encoder)
        self.maker = maker_of(course)
        self._localizers: dict[tuple[bool, tuple[str, ...]], Localizer] = {}

    def localizer(self, condition: DriveCondition) -> Localizer:
        """The localizer as somebody sets it for a condition."""
        key = condition.where == "grid", condition.settings
        if key not in self._localizers:
            config = load_config(None, condition.settings)
            index = _index_of(self.maker.grid(), self.encoder, config) if key[0] else self._index
            is_turned = config.localizer.camera_yaw == "unknown"
            layout = layout_of(self.encoder, config.scan.num_rays) if is_turned else None
            self._localizers[key] = Localizer(index, config, layout)
            self._localizers[key].warm_up()
        return self._localizers[key]


@cache
def _vehicle(course: Course) -> _Vehicle:
    return _Vehicle(course)


def _index_of(geomap: GeoMap, encoder: Encoder, config: Config) -> PlaceIndex:
    """Of a map that is no file."""
    places = build_places(geomap.roads, config.map.place_spacing_m)
    scan = RayCaster(geomap.buildings.walls()).cast(places.poses(), config.scan.num_rays, config.scan.max_range_m)
    return PlaceIndex.build([encoder.encode(scan)], encoder, places, geomap, config.model_dump(mode="json"))


def maker_of(course: Course) -> DriveMaker:
    """Drives of a course."""

    def load(name: str) -> GeoMap:
        where = (course.map_file, course.crop) if name == course.name else city(name)
        return load_map(*where, Config().map)

    return DriveMaker(load, course.name, course.outside, course.seed)


def _keep_to_one_core() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _make_index(map_file: Path, crop: Crop | None, index: Path, config: Config) -> int:
    """Build the index unless it is there; how many viewpoints it has."""
    mark_file = index.with_suffix(".mark")
    files = (map_file, ROOT / SHIPPED_WEIGHTS["learned"], ROOT / "geoloc_ros" / "localization" / "place_index.py")
    mark = fingerprint(files, f"{crop} {config.map} {config.descriptor}", _INDEXED, "raycast.?pp")
    if not mark_file.is_file() or mark_file.read_text() != mark:
        index.parent.mkdir(parents=True, exist_ok=True)
        with progress_bar() as bar:
            index_map(map_file, index, crop, config, bar)
        mark_file.write_text(mark)
    return len(PlaceIndex.load(index))
