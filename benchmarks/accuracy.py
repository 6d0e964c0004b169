"""Which share of single observations finds its place: all methods, all conditions, the same queries.

    python benchmarks/accuracy.py --json accuracy.json [--quick] [--cities NAME ...] [--conditions NAME ...] [--images]
    python benchmarks/accuracy.py --json mine.json --map FILE [--crop W,S,E,N] [--poses CSV] [--model NAME=FILE ...]

Figures are `top1_<method>_<condition>` (the true place is among the closest 1 % of the city), `top10_…`, `top50_…`,
`r5m_…`, `r10m_…`, `r25m_…` (the closest place is within so many metres; `…_at5`, `…_at10`: one of five, of ten) and
`heading_deg_…` (median error; `heading_found_deg_…`: of those within 10 m), without a prefix for san_francisco and maps
of your own, with `<city>_` for other cities. Intervals are 95 %, by bootstrap over queries.

The observed world is an edited copy of the map, one per city and seed, and the same poses are seen under all
conditions. `paper` is the noise level of that name with the heading known to 5 degrees; `heading_unknown` the same with
none; `hard` more noise and no heading; `occluded50`, `fov90`, `stale30`, `scale` change one thing; `unseen_noise` makes
mistakes in a way that no network was trained on. `images` (with --images) is `paper` seen through 300 rendered images.

--poses is a CSV with columns lat, lon (degrees) and yaw_deg (counter-clockwise from east) that replaces random poses.
What each query found goes into a folder beside FILE (`accuracy.details`); a condition found there, made by the same
code from the same inputs, is not measured again, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _common import Figure, Result, city, commit
from _rows import add_row_options, fingerprint, named_models

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import DatasetError, GeolocError
from geoloc_ros.core.terminal import progress_bar
from geoloc_ros.core.types import Float64
from geoloc_ros.evaluation.accuracy import Label, judge
from geoloc_ros.evaluation.conditions import CONDITION_NAMES, IMAGES, find_condition
from geoloc_ros.evaluation.database import PlaceDatabase, build_database
from geoloc_ros.evaluation.intervals import bootstrap_interval
from geoloc_ros.evaluation.methods import NamedModel, Rows, make_rows
from geoloc_ros.evaluation.queries import draw_poses, read_poses
from geoloc_ros.evaluation.recall import measure_recall
from geoloc_ros.evaluation.retrieval_details import RetrievalDetails, details_file, details_folder
from geoloc_ros.maps.osm import Crop, parse_crop

DEFAULT_CITIES = ("san_francisco", "chiang_mai")
UNPREFIXED = ("san_francisco", "map")
QUICK_CONDITIONS = ("paper", "heading_unknown")
QUICK_QUERIES, IMAGE_QUERIES = 300, 300


@dataclass(frozen=True)
class Place:
    """A city to be measured on."""

    name: str
    path: Path
    crop: Crop | None


def main() -> None:
    arguments = _arguments()
    try:
        _run(arguments)
    except GeolocError as error:
        sys.exit(f"error: {error}")


def _run(arguments: argparse.Namespace) -> None:
    models = named_models(arguments.model)
    everything = list(_measure(arguments, models))
    figures, rows = [], []
    for details in everything:
        new_figures, new_rows = figures_of(details)
        figures += new_figures
        rows += new_rows
    conditions = ", ".join(dict.fromkeys(details.condition for details in everything))
    result = Result(arguments.seed, conditions, figures, rows)
    print_table(everything)
    result.write(arguments.json)


def _measure(arguments: argparse.Namespace, models: tuple[NamedModel, ...]) -> Iterator[RetrievalDetails]:
    names = tuple(arguments.conditions or (QUICK_CONDITIONS if arguments.quick else CONDITION_NAMES))
    conditions = [find_condition(name) for name in names + ((IMAGES,) if arguments.images else ())]
    for place in _places(arguments):
        city_parts = _City(place, arguments, models)
        for condition in conditions:
            count = IMAGE_QUERIES if condition.name == IMAGES else None
            yield city_parts.details(condition.name, count)


class _City:
    """One city; read and encoded only if something is left to be measured."""

    def __init__(self, place: Place, arguments: argparse.Namespace, models: tuple[NamedModel, ...]) -> None:
        self._place, self._arguments, self._models = place, arguments, models
        poses = [arguments.poses] if arguments.poses else []
        self._fingerprint = fingerprint(
            [place.path, *poses, *(file for model in models for file in model.files)],
            f"{place.crop} {[model.name for model in models]} {arguments.methods} {arguments.seed} {arguments.queries}",
        )
        self._loaded: tuple[PlaceDatabase, Rows] | None = None

    def details(self, name: str, count: int | None) -> RetrievalDetails:
        """Of one condition, of the first `count` queries or of all."""
        file = details_file(details_folder(self._arguments.json), self._place.name, name)
        try:
            known = RetrievalDetails.load(file)
        except DatasetError:
            known = None
        if known is not None and known.fingerprint == self._fingerprint:
            print(f"{self._place.name} {name}: measured before, at commit {known.commit}", file=sys.stderr)
            return known
        begun_s = time.perf_counter()
        database, rows = self._load()
        label = Label(self._place.name, self._arguments.seed, commit(), self._fingerprint)
        with progress_bar() as bar:
            details = judge(
                database, rows, find_condition(name), self._poses(database)[:count], label,
                lambda stage, ratio: bar(f"{self._place.name} {name}: {stage}", ratio),
            )  # fmt: skip
        details.save(file)
        print(f"{self._place.name} {name}: {time.perf_counter() - begun_s:.0f} s", file=sys.stderr)
        return details

    def _load(self) -> tuple[PlaceDatabase, Rows]:
        if self._loaded is None:
            arguments = self._arguments
            database = build_database(self._place.path, self._place.crop, Config())
            self._loaded = database, make_rows(database, self._models, arguments.seed, arguments.methods)
            print(f"{self._place.name}: {len(database)} places", file=sys.stderr)
        return self._loaded

    def _poses(self, database: PlaceDatabase) -> Float64:
        if self._arguments.poses:
            return read_poses(self._arguments.poses, database.geomap)
        rng = np.random.default_rng([self._arguments.seed, 20])
        return draw_poses(database.geomap, database.places, self._arguments.queries, rng)


def figures_of(details: RetrievalDetails) -> tuple[list[Figure], list[dict[str, Any]]]:
    """The figures of one city and condition, and a row per method with all that belongs to it."""
    prefix = "" if details.city in UNPREFIXED else f"{details.city}_"
    figures, rows = [], []
    for number, method in enumerate(details.methods):
        row: dict[str, Any] = {
            "city": details.city, "condition": details.condition, "method": method, "seed": details.seed,
            "commit": details.commit, "places": details.num_places, "queries": len(details.pose),
        }  # fmt: skip
        for measure in measure_recall(details, number):
            interval = bootstrap_interval(measure.values, np.random.default_rng(0), measure.statistic)
            known = int(np.isfinite(measure.values).sum())
            name = f"{prefix}{measure.name}_{method}_{details.condition}"
            figures.append(Figure(name, measure.value, measure.unit, interval, known))
            row[measure.name] = {"value": measure.value, "interval": interval, "chance": measure.chance, "n": known}
        rows.append(row)
    return figures, rows


def print_table(everything: list[RetrievalDetails]) -> None:
    """What people want to see first."""
    columns = ("top1", "top10", "r10m", "r25m")
    for details in everything:
        print(
            f"\n{details.city}, {details.condition}: {details.num_places} places, {len(details.pose)} queries, "
            f"seed {details.seed}, commit {details.commit}"
        )
        print(f"{'':24}" + "".join(f"{column + ' %':>22}" for column in columns) + f"{'heading deg':>14}")
        chances = {}
        for number, method in enumerate(details.methods):
            by_name = {measure.name: measure for measure in measure_recall(details, number)}
            chances = {name: by_name[name].chance for name in columns}
            cells = []
            for name in columns:
                low, high = bootstrap_interval(by_name[name].values, np.random.default_rng(0))
                cells.append(f"{by_name[name].value:8.1f} [{low:4.1f}, {high:4.1f}]".rjust(22))
            heading = f"{by_name['heading_deg'].value:14.1f}" if "heading_deg" in by_name else f"{'-':>14}"
            print(f"{method:24}" + "".join(cells) + heading)
        print(f"{'chance':24}" + "".join(f"{chances[name]:8.2f}".ljust(20).rjust(22) for name in columns))
        for reason in details.skipped:
            print(f"skipped {reason}")


def _places(arguments: argparse.Namespace) -> list[Place]:
    if arguments.map:
        return [Place("map", arguments.map, parse_crop(arguments.crop) if arguments.crop else None)]
    return [Place(name, *city(name)) for name in arguments.cities]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    parser.add_argument(
        "--quick", action="store_true", help=f"{QUICK_QUERIES} queries, {' and '.join(QUICK_CONDITIONS)} only"
    )
    parser.add_argument("--cities", nargs="+", default=list(DEFAULT_CITIES), metavar="NAME", help="of crops.json")
    parser.add_argument("--map", type=Path, metavar="FILE", help="a map file in the place of cities")
    parser.add_argument("--crop", metavar="W,S,E,N", help="of --map, in degrees")
    parser.add_argument("--poses", type=Path, metavar="CSV", help="lat,lon,yaw_deg of queries on --map")
    parser.add_argument("--queries", type=int, help="how many (1500)")
    parser.add_argument("--conditions", nargs="+", metavar="NAME", help=", ".join(CONDITION_NAMES))
    parser.add_argument("--images", action="store_true", help=f"also {IMAGE_QUERIES} queries seen through images")
    parser.add_argument("--seed", type=int, default=0)
    add_row_options(parser)
    arguments = parser.parse_args()
    arguments.queries = arguments.queries or (QUICK_QUERIES if arguments.quick else 1500)
    if (arguments.crop or arguments.poses) and not arguments.map:
        parser.error("--crop and --poses belong to --map")
    return arguments


if __name__ == "__main__":
    main()
