"""How exactly scans and walls are laid over each other, and how well the alignment knows it.

    python benchmarks/alignment.py --json alignment.json [--conditions NAME ...] [--drives N] [--quick]
                                   [--map FILE --crop W,S,E,N]

Simulated drives of 1 km in an edited copy of a city; kyoto, which settings are chosen on, unless said otherwise.
Nothing finds the place here: every alignment starts from the truth with an error, or from the last alignment.

- `tracked`: an alignment every 10 m, each from the last one carried by odometry. Counted from 110 m of the drive on.
- `far`: from 10 m and 10 degrees away, in any direction, at 110, 300 and 600 m of the drive.
- `near`: the same from 3 m and 3 degrees away.

Of those that `converged`, their share given: median errors of position and heading, shares within 1, 3 and 5 m, share
of truths within the 50 % and 95 % ellipses of position, median of the squared error over the covariance (2 degrees of
freedom: 1.39 where it is true), processor time of one thread. `wrong` are windows of these drives at poses of roads
elsewhere in the city: `separated` is how often a right place has a higher log ratio than a wrong one. Intervals: 95 %,
bootstrap over drives.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _common import Figure, Result, city
from numpy.typing import NDArray

from geoloc_ros.core.config import Config
from geoloc_ros.core.geometry import compose, relative_motion, wrap_angle
from geoloc_ros.core.types import Observation, Pose2, SemanticScan
from geoloc_ros.evaluation.intervals import Statistic, bootstrap_interval
from geoloc_ros.localization.alignment.aligner import Aligner, Alignment
from geoloc_ros.localization.alignment.window import ScanWindow
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.osm import load_map, parse_crop
from geoloc_ros.maps.places import build_places
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.sim.noise import CONDITIONS, LEVELS
from geoloc_ros.sim.scan_drives import ScanDrive, ScanDriveSimulator

SEED = 7
CONDITION_NAMES = ("none", "paper", "scale", "stale30", "fov90", "hard")
_EVERY_M, _COUNTED_FROM_M, _STOPS_M = 10.0, 110.0, (110.0, 300.0, 600.0)
_TRACKED = np.diag([5.0**2, 5.0**2, np.radians(5.0) ** 2])
_NEAR = np.diag([3.0**2, 3.0**2, np.radians(3.0) ** 2])
_NUM_WRONG = 4


@dataclass(frozen=True)
class Outcome:
    """One alignment beside the truth."""

    drive: int
    position_m: float
    heading_deg: float
    nees: float
    log_ratio: float
    converged: bool
    cpu_ms: float


class Bench:
    """Alignments on drives through one city."""

    def __init__(self, geomap: GeoMap, caster: RayCaster) -> None:
        config = Config()
        self._aligner = Aligner(caster, config.scan, config.align, config.motion)
        self._config = config
        self._roads = build_places(geomap.roads, config.map.place_spacing_m).poses()

    def run(self, drive: ScanDrive, number: int) -> Iterator[tuple[str, Outcome]]:
        """What comes of one drive, by the start."""
        rng = np.random.default_rng([SEED, number])
        window, last, stops_m = ScanWindow(self._config.align), None, list(_STOPS_M)
        aligned_m = 0.0
        for row in range(len(drive)):
            window.add(_observation(drive, row))
            driven_m = float(window.driven_m[-1])
            truth = Pose2(*map(float, drive.truth[row]))
            if driven_m - aligned_m >= _EVERY_M:
                aligned_m = driven_m
                start = _around(truth, 1.0, rng) if last is None else _carried(last[0], drive, last[1], row)
                before = last[0] if last is not None and last[0].converged else None
                alignment, cpu_ms = self._align(window, start, _TRACKED, before)
                last = alignment, row
                if driven_m >= _COUNTED_FROM_M:
                    yield "tracked", _outcome(alignment, truth, number, cpu_ms)
            if stops_m and driven_m >= stops_m[0]:
                stops_m.pop(0)
                yield "far", self._from(window, truth, 10.0, rng, None, number)
                yield "near", self._from(window, truth, 3.0, rng, _NEAR, number)
                for wrong in self._roads[rng.integers(len(self._roads), size=_NUM_WRONG)]:
                    alignment, cpu_ms = self._align(window, Pose2(*map(float, wrong)), None, None)
                    yield "wrong", _outcome(alignment, truth, number, cpu_ms)

    def _from(
        self, window: ScanWindow, truth: Pose2, away: float, rng: np.random.Generator,
        prior: NDArray[np.float64] | None, number: int,
    ) -> Outcome:
        alignment, cpu_ms = self._align(window, _around(truth, away, rng), prior, None)
        return _outcome(alignment, truth, number, cpu_ms)

    def _align(
        self, window: ScanWindow, start: Pose2, prior: NDArray[np.float64] | None, before: Alignment | None
    ) -> tuple[Alignment, float]:
        begun_s = time.thread_time()
        alignment = self._aligner.align(window, start, prior, before=before)
        return alignment, 1e3 * (time.thread_time() - begun_s)


def main() -> None:
    arguments = _arguments()
    where = (arguments.map, parse_crop(arguments.crop) if arguments.crop else None) if arguments.map else city("kyoto")
    geomap = load_map(*where)
    caster = RayCaster(geomap.buildings.walls())
    figures = []
    for name in arguments.conditions:
        simulator = ScanDriveSimulator(geomap, CONDITIONS.get(name) or LEVELS[name], SEED)
        bench, outcomes = Bench(geomap, caster), defaultdict(list)
        for number in range(3 if arguments.quick else arguments.drives):
            for start, outcome in bench.run(simulator.drive(number), number):
                outcomes[start].append(outcome)
        for start in ("tracked", "near", "far"):
            figures += _figures(f"{start}_{name}", outcomes[start])
        figures.append(_separated(name, outcomes["far"], outcomes["wrong"]))
    result = Result(SEED, ", ".join(arguments.conditions), figures)
    result.print()
    result.write(arguments.json)


def _observation(drive: ScanDrive, row: int) -> Observation:
    scan = SemanticScan(drive.scan.range_m[row], drive.scan.instance[row], drive.scan.observed[row])
    odometry = Pose2(*map(float, drive.odometry[row]))
    return Observation(int(drive.stamp_ns[row]), scan, np.zeros(1, np.float32), odometry)


def _around(pose: Pose2, away: float, rng: np.random.Generator) -> Pose2:
    """A pose that is wrong by so many metres, in any direction, and so many degrees, either way."""
    angle = rng.uniform(0.0, 2.0 * np.pi)
    turn_rad = np.radians(away) * rng.choice((-1.0, 1.0))
    return Pose2(pose.x_m + away * np.cos(angle), pose.y_m + away * np.sin(angle), pose.yaw_rad + float(turn_rad))


def _carried(last: Alignment, drive: ScanDrive, before: int, row: int) -> Pose2:
    there, here = (Pose2(*map(float, drive.odometry[at])) for at in (before, row))
    return compose(last.pose, relative_motion(there, here))


def _outcome(alignment: Alignment, truth: Pose2, number: int, cpu_ms: float) -> Outcome:
    error_m = alignment.pose.as_array()[:2] - truth.as_array()[:2]
    heading_deg = float(np.degrees(abs(wrap_angle(alignment.pose.yaw_rad - truth.yaw_rad))))
    nees = float(error_m @ np.linalg.solve(alignment.covariance[:2, :2], error_m))
    return Outcome(
        number, float(np.hypot(*error_m)), heading_deg, nees, alignment.log_ratio, alignment.converged, cpu_ms
    )


def _figures(name: str, outcomes: list[Outcome]) -> list[Figure]:
    kept = [outcome for outcome in outcomes if outcome.converged]
    figures = [_figure(f"converged_{name}", [100.0 * outcome.converged for outcome in outcomes], outcomes, "%", "mean")]
    if not kept:
        return figures
    position_m = np.array([outcome.position_m for outcome in kept])
    nees = np.array([outcome.nees for outcome in kept])
    figures += [
        _figure(f"position_{name}", position_m, kept, "m"),
        _figure(f"heading_{name}", [outcome.heading_deg for outcome in kept], kept, "deg"),
        *(_figure(f"r{most_m}m_{name}", 100.0 * (position_m <= most_m), kept, "%", "mean") for most_m in (1, 3, 5)),
        _figure(f"ellipse50_{name}", 100.0 * (nees <= -2.0 * np.log(0.50)), kept, "%", "mean"),
        _figure(f"ellipse95_{name}", 100.0 * (nees <= -2.0 * np.log(0.05)), kept, "%", "mean"),
        _figure(f"nees_{name}", nees, kept, ""),
    ]
    return [*figures, _figure(f"ms_{name}", [outcome.cpu_ms for outcome in outcomes], outcomes, "ms")]


def _figure(
    name: str, values: list[float] | NDArray[np.float64], outcomes: list[Outcome], unit: str,
    statistic: Statistic = "median",
) -> Figure:
    drive = np.array([outcome.drive for outcome in outcomes], np.int64)
    array = np.asarray(values, np.float64)
    interval = bootstrap_interval(array, np.random.default_rng(0), statistic, drive)
    value = float(np.median(array) if statistic == "median" else array.mean())
    return Figure(name, value, unit, interval, len(array))


def _separated(name: str, right: list[Outcome], wrong: list[Outcome]) -> Figure:
    high, low = (np.array([outcome.log_ratio for outcome in outcomes]) for outcomes in (right, wrong))
    return Figure(f"separated_{name}", 100.0 * float((high[:, None] > low[None]).mean()), "%", n=len(high) * len(low))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    parser.add_argument("--map", type=Path, metavar="FILE", help="a map file instead of kyoto")
    parser.add_argument("--crop", metavar="W,S,E,N", help="of --map, where it is complete, degrees")
    parser.add_argument("--conditions", nargs="+", default=list(CONDITION_NAMES), metavar="NAME")
    parser.add_argument("--drives", type=int, default=20, metavar="N", help="of 1 km, per condition")
    parser.add_argument("--quick", action="store_true", help="3 drives per condition")
    return parser.parse_args()


if __name__ == "__main__":
    main()
