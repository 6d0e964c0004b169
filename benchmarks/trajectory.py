"""How many drives are found by their last place: among random walks as published, and among all drivable paths.

    python benchmarks/trajectory.py --json trajectory.json [--quick] [--cities NAME ...] [--model NAME=FILE ...]

Figures are `t80_<method>`, `t160_…`, `t320_…`: of 400 drives of 8, 16 and 32 places (about 10 m apart), the percentage
whose most alike candidate ends within 10 m of the drive's end; 500 000 candidates that never visit a place twice, the
true one among them. `…_exact`: the best of all drivable paths instead. `overlap80_…` and so on: the mean share of the
places of the path found that are within 10 m of the drive's. Another condition than `paper` is appended (`…_stale30`).
No prefix for san_francisco, `<city>_` for other cities. Drives see a median of more than 3 buildings on the map, keep
to one lane, and make the same mistakes about a building throughout; the heading is known to 5 degrees.

Scores are sums over the aligned pairs: of Euclidean distances for `handcrafted` and `paper`, as published, and of
dissimilarities for the others. Chance is the share of candidates that end within 10 m of the drive's end.

What each drive found goes into a folder beside FILE (`trajectory.details`); a method found there, made by the same code
from the same inputs, is not measured again.
"""

from __future__ import annotations

import argparse
import os
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
from geoloc_ros.evaluation.conditions import find_condition
from geoloc_ros.evaluation.database import build_database
from geoloc_ros.evaluation.decoding import PathDecoder
from geoloc_ros.evaluation.drives import DriveResults, chance_to_end_near, judge_drives, observe_drives
from geoloc_ros.evaluation.intervals import bootstrap_interval
from geoloc_ros.evaluation.methods import Row, make_rows
from geoloc_ros.evaluation.retrieval import Queries
from geoloc_ros.evaluation.trajectories import LENGTHS, Candidates, draw_drives

DEFAULT_CITIES = ("san_francisco", "chiang_mai")
DEFAULT_CONDITIONS = ("paper", "stale30")
UNPREFIXED = "san_francisco"
KINDS = ("", "_exact")
SPACING_M = 10
CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Judged:
    """One method in one city under one condition."""

    city: str
    condition: str
    method: str
    num_places: int
    chance: list[float]
    """Percent, for each of LENGTHS."""
    results: DriveResults


def main() -> None:
    arguments = _arguments()
    try:
        everything = [judged for name in arguments.cities for judged in _Course(name, arguments).judge()]
    except GeolocError as error:
        sys.exit(f"error: {error}")
    figures, rows = [], []
    for judged in everything:
        new_figures, new_row = figures_of(judged, arguments)
        figures += new_figures
        rows.append(new_row)
    print_table(everything, arguments)
    Result(arguments.seed, ", ".join(arguments.conditions), figures, rows).write(arguments.json)


class _Course:
    """The drives of one city and what they are compared with."""

    def __init__(self, name: str, arguments: argparse.Namespace) -> None:
        path, crop = city(name)
        self._name, self._arguments, self._path = name, arguments, path
        self._models = named_models(arguments.model)
        self._database = build_database(path, crop, Config())
        self._methods = make_rows(self._database, self._models, arguments.seed, arguments.methods)
        for reason in self._methods.skipped:
            print(f"skipped {reason}", file=sys.stderr)
        rng = np.random.default_rng([arguments.seed, 32])
        self._drives = draw_drives(self._database, arguments.drives, max(LENGTHS), rng)
        self._candidates = Candidates(self._database.places, self._drives, arguments.candidates, rng)
        self._decoder = PathDecoder(self._database.places)

    def judge(self) -> Iterator[Judged]:
        """Every condition and method."""
        for condition in self._arguments.conditions:
            queries = observe_drives(self._database, find_condition(condition), self._drives, self._arguments.seed)
            chance = 100.0 * chance_to_end_near(self._database, self._candidates, queries).mean(axis=1)
            for row in self._methods.rows:
                results = self._judge_row(condition, row, queries)
                yield Judged(self._name, condition, row.name, len(self._database), chance.tolist(), results)

    def _judge_row(self, condition: str, row: Row, queries: Queries) -> DriveResults:
        file = self._arguments.json.with_suffix(".details") / f"{self._name}.{condition}.{row.name}.npz"
        files = [self._path, *(model.file for model in self._models if model.name == row.name)]
        mark = fingerprint(files, f"{self._arguments.seed} {self._arguments.drives} {self._arguments.candidates}")
        begun_s = time.perf_counter()
        try:
            return DriveResults.load(file, mark)
        except DatasetError:
            with progress_bar() as bar:
                results = judge_drives(
                    self._database, row, queries, self._candidates, self._decoder, CORES,
                    lambda stage, ratio: bar(f"{self._name} {condition}: {stage}", ratio),
                )  # fmt: skip
        results.save(file, mark)
        print(f"{self._name} {condition} {row.name}: {time.perf_counter() - begun_s:.0f} s", file=sys.stderr)
        return results


def figures_of(judged: Judged, arguments: argparse.Namespace) -> tuple[list[Figure], dict[str, Any]]:
    """The figures of a method and a row with all that belongs to them."""
    prefix = "" if judged.city == UNPREFIXED else f"{judged.city}_"
    suffix = "" if judged.condition == "paper" else f"_{judged.condition}"
    row: dict[str, Any] = {
        "city": judged.city, "condition": judged.condition, "method": judged.method, "seed": arguments.seed,
        "commit": commit(), "places": judged.num_places, "candidates": arguments.candidates,
        "drives": arguments.drives, "chance": dict(zip(LENGTHS, judged.chance, strict=True)),
    }  # fmt: skip
    figures = []
    for kind, kind_suffix in enumerate(KINDS):
        for number, length in enumerate(LENGTHS):
            for name, values in (("t", judged.results.found), ("overlap", judged.results.overlap)):
                percent = 100.0 * values[kind, number].astype(np.float64)
                interval = bootstrap_interval(percent, np.random.default_rng(0))
                name = f"{name}{SPACING_M * length}"
                row[name + kind_suffix] = {"value": percent.mean(), "interval": interval}
                name = f"{prefix}{name}_{judged.method}{suffix}{kind_suffix}"
                figures.append(Figure(name, float(percent.mean()), "%", interval, len(percent)))
    return figures, row


def print_table(everything: list[Judged], arguments: argparse.Namespace) -> None:
    """What people want to see first."""
    columns = [f"{SPACING_M * length} m{kind.replace('_', ' ')}" for kind in KINDS for length in LENGTHS]
    head = None
    for judged in everything:
        if head != (judged.city, judged.condition):
            head = judged.city, judged.condition
            print(
                f"\n{judged.city}, {judged.condition}: {judged.num_places} places, {arguments.drives} drives, "
                f"{arguments.candidates} candidates, seed {arguments.seed}, commit {commit()}; chance "
                + ", ".join(f"{chance:.3f}" for chance in judged.chance) + " %"
            )
            print(f"{'':24}" + "".join(f"{column + ' %':>22}" for column in columns))
        cells = []
        for kind in range(len(KINDS)):
            for number in range(len(LENGTHS)):
                percent = 100.0 * judged.results.found[kind, number]
                low, high = bootstrap_interval(percent, np.random.default_rng(0))
                cells.append(f"{percent.mean():6.1f} [{low:4.1f}, {high:4.1f}]")
        print(f"{judged.method:24}" + "".join(f"{cell:>22}" for cell in cells))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    parser.add_argument("--quick", action="store_true", help="100 drives, 50 000 candidates, paper noise only")
    parser.add_argument("--cities", nargs="+", default=list(DEFAULT_CITIES), metavar="NAME", help="of crops.json")
    parser.add_argument("--conditions", nargs="+", metavar="NAME", help=f"{', '.join(DEFAULT_CONDITIONS)} if not said")
    parser.add_argument("--seed", type=int, default=0)
    add_row_options(parser)
    arguments = parser.parse_args()
    arguments.drives, arguments.candidates = (100, 50_000) if arguments.quick else (400, 500_000)
    arguments.conditions = arguments.conditions or list(DEFAULT_CONDITIONS[: 1 if arguments.quick else None])
    for name in arguments.conditions:
        if find_condition(name).heading != "known":
            parser.error(f"drives are compared with their heading known; condition '{name}' has none")
    return arguments


if __name__ == "__main__":
    main()
