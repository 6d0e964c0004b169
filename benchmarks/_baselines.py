"""What others find on the drives of tracking.py; kept like the drives."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from _common import ROOT
from _drives import Course, maker_of, processes
from _rows import fingerprint, named_models

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.types import Float64, Int64
from geoloc_ros.evaluation.database import PlaceDatabase, build_database
from geoloc_ros.evaluation.drive_baselines import (
    SPACING_M,
    BaselineResults,
    judge_baseline,
    spaced_frames,
    true_walks,
)
from geoloc_ros.evaluation.drive_conditions import find_drive_condition
from geoloc_ros.evaluation.intervals import bootstrap_interval
from geoloc_ros.evaluation.methods import make_rows
from geoloc_ros.evaluation.run_figures import RunFigure
from geoloc_ros.evaluation.trajectories import FOUND_M, LENGTHS, Candidates
from geoloc_ros.scan.encoders import SHIPPED_WEIGHTS
from geoloc_ros.sim.scan_drives import ScanDrive

BASELINE_CONDITIONS = ("paper", "fov90", "stale30", "hard")
"""Those where the drive is the same and only what is seen differs."""
_FOLDERS = ("maps", "scan", "sim", "inference")
_EVALUATION = (
    "drive_baselines.py", "drive_conditions.py", "trajectories.py", "retrieval.py", "database.py", "methods.py",
)  # fmt: skip
METHODS = {"published": "paper", "summed": "ours"}
"""Names in figures, and of the rows of other benchmarks."""


@dataclass(frozen=True)
class Baseline:
    """One method under one condition in one city."""

    condition: str
    figures: list[RunFigure]
    chance: list[float]
    """Percent, for each of LENGTHS: places within 10 m of a drive's end."""


def baselines(course: Course, arguments: argparse.Namespace) -> list[Baseline]:
    """Both methods under those of the conditions that can be compared."""
    conditions = [name for name in BASELINE_CONDITIONS if name in arguments.conditions]
    with processes(len(METHODS)) as pool:
        found = [pool.submit(_judge, course, method, conditions, arguments) for method in METHODS]
        return [one for future in found for one in future.result()]


def _judge(course: Course, method: str, conditions: list[str], arguments: argparse.Namespace) -> list[Baseline]:
    """One method under all conditions, in a process of its own."""
    files = {name: arguments.work / course.name / f"{method}.{name}.npz" for name in conditions}
    settings = f"{method} {arguments.drives} {arguments.candidates}"
    marks = {name: _mark(course, f"{settings} {find_drive_condition(name)}") for name in conditions}
    judged: dict[str, BaselineResults] = {}
    for name, file in files.items():
        try:
            judged[name] = BaselineResults.load(file, marks[name])
        except DatasetError:
            continue
    missing = [name for name in conditions if name not in judged]
    for name, results in _measure(course, method, missing, arguments) if missing else ():
        judged[name] = results
        results.save(files[name], marks[name])
    return [_baseline(judged[name], method, name) for name in conditions]


def _measure(
    course: Course, method: str, conditions: list[str], arguments: argparse.Namespace
) -> Iterator[tuple[str, BaselineResults]]:
    database = build_database(course.map_file, course.crop, Config())
    (row,) = make_rows(database, named_models([]), course.seed, [METHODS[method]]).rows
    maker, candidates = maker_of(course), None
    for name in conditions:
        begun_s = time.perf_counter()
        # The camera's turn would be known as well as the heading is.
        condition = replace(find_drive_condition(name), camera_is_turned=False)
        drives = [maker.make(condition, number)[0] for number in range(arguments.drives)]
        candidates = candidates or _candidates(database, drives, arguments)
        yield name, judge_baseline(database, row, drives, candidates, course.seed)
        print(f"{course.name} {name} {method}: {time.perf_counter() - begun_s:.0f} s", file=sys.stderr)


def _mark(course: Course, settings: str) -> str:
    """Fingerprint of what a baseline depends on: nothing that localizes."""
    inputs = [course.map_file, *(ROOT / SHIPPED_WEIGHTS[kind] for kind in ("paper", "learned"))]
    inputs += [ROOT / "geoloc_ros" / "evaluation" / name for name in _EVALUATION]
    return fingerprint(inputs, f"{course.crop} {course.seed} {settings}", _FOLDERS, "raycast*")


def _candidates(database: PlaceDatabase, drives: list[ScanDrive], arguments: argparse.Namespace) -> Candidates:
    """The same for all conditions, as the drives go the same ways."""
    walks = true_walks(database, np.stack([drive.truth[spaced_frames(drive)] for drive in drives]))
    return Candidates(database.places, walks, arguments.candidates, np.random.default_rng([arguments.seed, 61]))


def _baseline(results: BaselineResults, method: str, condition: str) -> Baseline:
    drive = np.repeat(np.arange(len(results.frame_error_m)), results.frame_error_m.shape[1])
    error_m = results.frame_error_m.ravel()
    shares = {f"path{SPACING_M * length:g}_{method}": 100.0 * results.path_found(number)
              for number, length in enumerate(LENGTHS)}  # fmt: skip
    found = [_mean(name, values, np.arange(len(values))) for name, values in shares.items()]
    found.append(_mean(f"frame10m_{method}", 100.0 * (error_m <= FOUND_M), drive))
    interval = bootstrap_interval(error_m, np.random.default_rng(0), "median", drive)
    found.append(RunFigure(f"frame_error_{method}_m", float(np.median(error_m)), "m", interval, len(error_m)))
    return Baseline(condition, found, (100.0 * results.chance).tolist())


def _mean(name: str, values: Float64, drive: Int64) -> RunFigure:
    interval = bootstrap_interval(values, np.random.default_rng(0), "mean", drive)
    return RunFigure(name, float(values.mean()), "%", interval, len(values))
