"""Whether a vehicle can trust its pose: wrong fixes, true covariances, silence outside of the map, carried elsewhere.

    python benchmarks/trust.py --json trust.json [--quick] [--cities NAME ...] [--conditions NAME ...] [--figure FOLDER]
    python benchmarks/trust.py --json trust.json --map FILE --crop W,S,E,N

The drives are those of tracking.py, with its conditions and prefixes; with the same --work they are driven once.
Figures are `<name>_<condition>`; intervals (95 %) come from drawing drives again.

false_fix_rate      % of the published fixes that are more than 25 m wrong
fix_rate            % of all frames that have a fix
ellipse95_coverage  % of the fixes whose true position is within the published 95 % ellipse
nees_median         of the position in units of its covariance; 1.39 if that is true
nees3_median        the same with the heading; 2.37 if that is true
outside_fix_rate    % of the frames that have a fix, on drives in other cities
lost_detect_s       from the first frame elsewhere to the end of the last wrong fix, median over drives that had a fix
recover_m           driven from there until a fix is within 10 m again, median over the same drives
modes               places told that are at least half as probable as the best one, mean over all frames
overconfidence      mean `probability` of fixes less the share of them within 25 m, in points

--figure draws, for each city: how often a probability and a chance came true, errors against covariances, and the error
that remains if only the surest frames were published.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from _cells import print_figures
from _cities import measure_cities
from _common import Figure, commit
from _drives import Course, add_drive_options, drive_all, settle
from _trust_charts import draw_trust

from geoloc_ros.evaluation.consistency import median_nees
from geoloc_ros.evaluation.run_figures import figures
from geoloc_ros.evaluation.scan_runs import ScanRun

ALWAYS = ("false_fix_rate", "fix_rate", "ellipse95_coverage", "nees_median", "nees3_median", "overconfidence")
ONLY = {"outside": ("outside_fix_rate",), "teleport": (*ALWAYS, "lost_detect_s", "recover_m"),
        "grid": (*ALWAYS, "modes")}  # fmt: skip
"""What has a meaning under a condition, where that is not ALWAYS."""


def main() -> None:
    measure_cities(_arguments(), _measure)


def _measure(course: Course, arguments: argparse.Namespace) -> list[tuple[Figure, dict[str, Any]]]:
    """All of one city, printed and drawn."""
    runs = drive_all(course, arguments)
    judged = {name: figures(each, ONLY.get(name, ALWAYS)) for name, each in runs.items()}
    print(
        f"\n{course.name}: {course.num_viewpoints} viewpoints, {arguments.drives} drives of 1 km per condition, seed "
        f"{arguments.seed}, noise as the condition says, commit {commit()}"
    )
    true = f"nees_median {median_nees(2):.2f}, nees3_median {median_nees(3):.2f}"
    print(f"if covariances were true: ellipse95_coverage 95 %, {true}")
    print_figures(judged)
    print(_in_words(runs))
    if arguments.figure is not None:
        draw_trust(runs, f"{course.name}, commit {commit()}", arguments.figure / f"trust_{course.name}.png")
    head = {"city": course.name, "seed": arguments.seed, "commit": commit(), "viewpoints": course.num_viewpoints}
    return [
        (
            Figure(f"{course.prefix}{figure.name}_{condition}", figure.value, figure.unit, figure.interval, figure.n),
            {**head, "condition": condition, "name": figure.name, "value": figure.value},
        )
        for condition, each in judged.items() for figure in each if figure.n
    ]


def _in_words(runs: dict[str, list[ScanRun]]) -> str:
    """Fixes and wrong ones, counted."""
    lines = []
    for condition, each in runs.items():
        fixes = sum(int(run.is_fix.sum()) for run in each)
        frames = sum(map(len, each))
        wrong = sum(int(np.sum(run.is_fix & (run.error_m > 25.0))) for run in each)
        drives = sum(bool(np.any(run.is_fix & (run.error_m > 25.0))) for run in each)
        of_them = "all of them wrong" if condition == "outside" else f"{wrong} of them wrong, in {drives} drives"
        lines.append(f"{condition:16}{frames} frames, {fixes} fixes, {of_them}")
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_drive_options(parser)
    parser.add_argument("--figure", type=Path, metavar="FOLDER", help="where charts go")
    arguments = parser.parse_args()
    settle(arguments)
    return arguments


if __name__ == "__main__":
    main()
