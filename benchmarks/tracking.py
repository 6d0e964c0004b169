"""How well a vehicle is localized: whole drives of scans and odometry, in process, from an unknown start.

    python benchmarks/tracking.py --json tracking.json [--quick] [--cities NAME ...] [--conditions NAME ...]
    python benchmarks/tracking.py --json tracking.json --map FILE --crop W,S,E,N

100 drives of 1 km in each city and under each condition, 2.5 frames a second, seed 0, in an edited copy of the map.
Nobody tells where a drive starts or heads. Figures are `<name>_<condition>`, without prefix for san_francisco and with
`<city>_` for others; intervals (95 %) come from drawing drives again.

found                     % of drives whose last frame is a fix within 10 m, and 90 % of those since the first fix
                          (under teleport: since the first one within 10 m after it)
first_fix_m               driven until the first fix, median; infinite without one
median_error_m            of all fixes, right and wrong; as median_heading_error_deg
r1m, r3m, r5m             % of the frames since the first fix that are fixes within so many metres
availability              % of the frames since the first fix that are fixes
path80, path160, path320  % of drives whose most probable place, fix or not, is within 10 m after so many metres
frame_ms_p99_110k         processor time of a frame that searches the whole city, one core, nothing beside it; a city
                          of at least 50 000 viewpoints gets places so near to each other that they are 110 000, a
                          smaller one has frame_ms_p99; frame_wall_ms_p99… by the clock; tracked_ms_p99… with a fix

Conditions: paper; heading_unknown (the camera is mounted turned by an angle that nobody knows); fov90; occluded50;
scale (depth 0.5 to 2 times as long as it is); gps_on; gps_wrong (60 to 150 m off, by a constant or another offset every
30 s); teleport (carried elsewhere at half way); stale30; hard (stale, occluded, scale, turned, all at once); outside
(drives in other cities: no error has a meaning there, see trust.py); grid (16 by 16 identical blocks).

Beside them, on the same drives but told the heading to 5 degrees, frames 10 m apart: path…_published and path…_summed,
the best by its sum over the aligned pairs of many random walks over the places, the true one among them, with the
published network and with ours; frame10m_…, % of single frames whose most alike place is within 10 m, and
frame_error_…_m, the median error of that. Chance is the share of places within 10 m of a drive's end.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from _baselines import Baseline, baselines
from _cells import cell, print_figures
from _cities import measure_cities
from _common import Figure, commit
from _drives import MANY, Course, add_drive_options, densified, drive_all, settle, time_drives

from geoloc_ros.evaluation.run_figures import RunFigure, figures
from geoloc_ros.evaluation.scan_runs import ScanRun

NAMES = (
    "found", "first_fix_m", "median_error_m", "median_heading_error_deg", "r1m", "r3m", "r5m", "availability",
    "path80", "path160", "path320",
)  # fmt: skip
NOT_ON_THE_MAP = "outside"


def main() -> None:
    measure_cities(_arguments(), _measure)


def _measure(course: Course, arguments: argparse.Namespace) -> list[tuple[Figure, dict[str, Any]]]:
    """All of one city, printed."""
    runs = drive_all(course, arguments)
    judged = {name: figures(each, NAMES) for name, each in runs.items() if name != NOT_ON_THE_MAP}
    others = baselines(course, arguments)
    dense = densified(course)
    speed = _speed(dense, time_drives(dense, arguments))
    print_tables(course, judged, others, speed, arguments)
    print(f"timed on one core with {dense.num_viewpoints} viewpoints")
    head = {"city": course.name, "seed": arguments.seed, "commit": commit(), "viewpoints": course.num_viewpoints}
    measured = [
        (_figure(course, figure, condition), {**head, "condition": condition})
        for condition, each in judged.items() for figure in each
    ]
    measured += [
        (_figure(course, figure, other.condition), {**head, "condition": other.condition, "chance": other.chance})
        for other in others for figure in other.figures
    ]
    timed = {**head, "condition": "timing", "viewpoints": dense.num_viewpoints}
    measured += [(_figure(course, figure, ""), timed) for figure in speed]
    return [(figure, {**row, "name": figure.name, "value": figure.value}) for figure, row in measured if figure.n]


def _figure(course: Course, figure: RunFigure, condition: str) -> Figure:
    name = f"{course.prefix}{figure.name}{'_' if condition else ''}{condition}"
    return Figure(name, figure.value, figure.unit, figure.interval, figure.n)


def _speed(course: Course, timed: dict[str, list[ScanRun]]) -> list[RunFigure]:
    """Percentiles over frames; the first two of a drive warm up."""
    suffix = "_110k" if course.num_viewpoints >= MANY else ""
    searching = [(run.cpu_ms, run.wall_ms, ~run.is_fix) for runs in timed.values() for run in runs]
    tracked = [(run.cpu_ms, run.wall_ms, run.is_fix) for run in timed["paper"]]
    return [
        _percentile(f"frame_ms_p99{suffix}", [cpu[2:][rows[2:]] for cpu, _, rows in searching]),
        _percentile(f"frame_wall_ms_p99{suffix}", [wall[2:][rows[2:]] for _, wall, rows in searching]),
        _percentile(f"tracked_ms_p99{suffix}", [cpu[2:][rows[2:]] for cpu, _, rows in tracked]),
    ]


def _percentile(name: str, values: list[Any]) -> RunFigure:
    joint = np.concatenate(values)
    value = float(np.percentile(joint, 99)) if len(joint) else float("nan")
    each = [float(np.percentile(part, 99)) for part in values if len(part)]
    interval = (min(each), max(each)) if each else (value, value)
    return RunFigure(name, value, "ms", interval, len(joint))


def print_tables(
    course: Course, judged: dict[str, list[RunFigure]], others: list[Baseline], speed: list[RunFigure],
    arguments: argparse.Namespace,
) -> None:
    """What people want to see first."""
    print(
        f"\n{course.name}: {course.num_viewpoints} viewpoints, {arguments.drives} drives of 1 km per condition, seed "
        f"{arguments.seed}, noise as the condition says, commit {commit()}"
    )
    print_figures(judged)
    for other in others:
        said = ", ".join(f"{figure.name} {cell(figure)}" for figure in other.figures)
        print(f"{other.condition}: {said}; chance {', '.join(f'{chance:.3f}' for chance in other.chance)} %")
    for figure in speed:
        print(f"{figure.name:24}{figure.value:8.2f} ms, by drive {figure.interval[0]:.2f} to {figure.interval[1]:.2f}, "
              f"n = {figure.n}")  # fmt: skip


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_drive_options(parser)
    parser.add_argument("--candidates", type=int, help="walks of the published method; 500 000 if not said")
    arguments = parser.parse_args()
    settle(arguments)
    arguments.candidates = arguments.candidates or (20_000 if arguments.quick else 500_000)
    return arguments


if __name__ == "__main__":
    main()
