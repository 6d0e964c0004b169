"""What poses of landmarks are worth to the tracker on a drive, and what wrong ones spoil.

    python benchmarks/landmark_drive.py --json landmark_drive.json [--quick] [--drives N] [--work FOLDER]

A part of kyoto, its world edited as for any drive, scans at 2.5 Hz with the mistakes of noise `paper`, in process. The
poses are the truth with an error of 5 cm and 0.3 degrees, of which they tell; each comes one frame late, as a finder
of landmarks needs its time. Wrong ones are 30 m off in any direction, look any way, and tell of the same 5 cm.

Modes: `alone` without poses; `poses` with one for every frame; `wrong` with 5 % of those wrong; `lone` with wrong ones
alone, in 5 % of the frames; `scene` with poses between 300 and 500 m of the drive only; `blind` with poses for 100 m
of every 200 m and closed eyes all the way: what a depot is that the map does not know.

Figures: `<mode>_median_m`, `<mode>_p95_m` of the errors of all fixes, `<mode>_fixes` (share of the frames), `..._false`
(share of the fixes that are more than 25 m off), `..._within_95` (share of the fixes whose 95 % ellipse holds the
truth), `..._first_fix_m` (median), and `lone_changes`: estimates of `lone` that are not bit by bit those of `alone`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _common import Figure, Result, city

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import GeolocError
from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.terminal import progress_bar
from geoloc_ros.core.types import Bool, Float32, Float64, Observation, Pose2, PoseEstimate, PoseFix, SemanticScan
from geoloc_ros.evaluation.metrics import FALSE_M
from geoloc_ros.index import index_map
from geoloc_ros.localization.localizer import Localizer
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.localize import FIXES
from geoloc_ros.maps.osm import Crop
from geoloc_ros.scan.encoders import make_encoder
from geoloc_ros.sim.noise import LEVELS
from geoloc_ros.sim.scan_drives import ScanDrive, ScanDriveSimulator

MODES = ("alone", "poses", "wrong", "lone", "scene", "blind")
CITY = "kyoto"
CROP: Crop = (135.7610, 34.9555, 135.7710, 34.9635)
SIGMA_M, SIGMA_RAD = 0.05, np.radians(0.3)
WRONG_SHARE, WRONG_M = 0.05, 30.0
SCENE_M = (300.0, 500.0)
DEPOT_EVERY_M, DEPOT_M = 200.0, 100.0
# Of chi square with two degrees of freedom.
QUANTILE_95 = 5.991


@dataclass(frozen=True)
class Told:
    """One drive under one mode; F frames."""

    said: list[PoseEstimate]
    truth: Float64
    """(F, 3)."""

    @property
    def is_fix(self) -> Bool:
        """(F,)."""
        return np.array([one.status in FIXES for one in self.said])

    @property
    def offset_m(self) -> Float64:
        """(F, 2), of what was said from the truth."""
        return np.array([one.pose.as_array()[:2] for one in self.said]) - self.truth[:, :2]

    @property
    def squared(self) -> Float64:
        """(F,), the same in standard deviations."""
        return np.array([
            offset @ np.linalg.solve(one.covariance[:2, :2], offset)
            for one, offset in zip(self.said, self.offset_m, strict=True)
        ])  # fmt: skip


def main() -> None:
    arguments = _arguments()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            result = _measure(arguments.work or Path(scratch), arguments)
    except GeolocError as error:
        sys.exit(f"error: {error}")
    for figure in result.figures:
        print(f"{figure.name:24} {figure.value:10.4g} {figure.unit}")
    result.write(arguments.json)


def _measure(work: Path, arguments: argparse.Namespace) -> Result:
    config = Config()
    index_path = work / f"{CITY}.index"
    if not index_path.exists():
        print(index_map(city(CITY)[0], index_path, CROP, config).as_text(), flush=True)
    index, encoder = PlaceIndex.load(index_path), make_encoder(config.descriptor, config.scan)
    index.check_encoder(encoder)
    simulator = ScanDriveSimulator(index.geomap, LEVELS["paper"], arguments.seed)
    localizer = Localizer(index, config)
    localizer.warm_up()
    told: dict[str, list[Told]] = {mode: [] for mode in MODES}
    with progress_bar() as progress:
        for number in range(arguments.drives):
            progress("driving", number / arguments.drives)
            drive = simulator.drive(number)
            query = encoder.encode_query(drive.scan)
            for mode in MODES:
                rng = np.random.default_rng([arguments.seed, number, MODES.index(mode)])
                told[mode].append(_drive(localizer, drive, query, _poses(drive, mode, rng), mode == "blind"))
    figures = [figure for mode in MODES for figure in _figures(mode, told[mode])]
    changes = sum(_differ(*pair) for pair in zip(told["alone"], told["lone"], strict=True))
    rows = [row for mode in MODES for row in _rows(mode, told[mode])]
    return Result(arguments.seed, "paper", [*figures, Figure("lone_changes", changes, "estimates")], rows)


def _poses(drive: ScanDrive, mode: str, rng: np.random.Generator) -> list[PoseFix | None]:
    """What landmarks say at each frame under a mode."""
    driven_m = np.concatenate([[0.0], np.hypot(*np.diff(drive.truth[:, :2], axis=0).T).cumsum()])
    is_wrong = rng.random(len(drive)) < WRONG_SHARE
    is_told = {
        "alone": np.zeros(len(drive), bool), "poses": np.ones(len(drive), bool), "wrong": np.ones(len(drive), bool),
        "lone": is_wrong, "scene": (driven_m >= SCENE_M[0]) & (driven_m < SCENE_M[1]),
        "blind": driven_m % DEPOT_EVERY_M < DEPOT_M,
    }[mode]  # fmt: skip
    covariance = np.diag([SIGMA_M**2, SIGMA_M**2, SIGMA_RAD**2])
    poses: list[PoseFix | None] = []
    for row, stamp_ns in enumerate(drive.stamp_ns.tolist()):
        x_m, y_m, yaw_rad = drive.truth[row] + rng.normal(0.0, 1.0, 3) * [SIGMA_M, SIGMA_M, SIGMA_RAD]
        if is_wrong[row] and mode in ("wrong", "lone"):
            direction_rad, yaw_rad = rng.uniform(-np.pi, np.pi, 2)
            x_m, y_m = x_m + WRONG_M * np.cos(direction_rad), y_m + WRONG_M * np.sin(direction_rad)
        pose = Pose2(float(x_m), float(y_m), float(wrap_angle(yaw_rad)))
        odometry = Pose2(*drive.odometry[row].tolist())
        poses.append(PoseFix(stamp_ns, pose, covariance, odometry) if is_told[row] else None)
    return poses


def _drive(
    localizer: Localizer, drive: ScanDrive, query: Float32, poses: list[PoseFix | None], is_blind: bool
) -> Told:
    localizer.reset()
    said: list[PoseEstimate] = []
    for row, stamp_ns in enumerate(drive.stamp_ns.tolist()):
        late = poses[row - 1] if row else None
        if late is not None:
            localizer.add_pose(late)
        scan = SemanticScan(drive.scan.range_m[row], drive.scan.instance[row], drive.scan.observed[row])
        seen = query[row]
        if is_blind:
            scan = SemanticScan(np.full_like(scan.range_m, np.nan), scan.instance, np.zeros_like(scan.observed))
            seen = np.zeros_like(seen)
        said.append(localizer.update(Observation(stamp_ns, scan, seen, Pose2(*drive.odometry[row].tolist()))))
    return Told(said, drive.truth)


def _differ(one: Told, other: Told) -> int:
    return sum(
        first.pose != second.pose or first.status != second.status
        or not np.array_equal(first.covariance, second.covariance)
        for first, second in zip(one.said, other.said, strict=True)
    )  # fmt: skip


def _figures(mode: str, told: list[Told]) -> list[Figure]:
    is_fix = np.concatenate([one.is_fix for one in told])
    error_m = np.hypot(*np.concatenate([one.offset_m for one in told]).T)[is_fix]
    squared = np.concatenate([one.squared for one in told])[is_fix]
    if not len(error_m):
        return [Figure(f"{mode}_fixes", 0.0, "", n=len(is_fix))]
    count = len(error_m)
    return [
        Figure(f"{mode}_median_m", float(np.median(error_m)), "m", n=count),
        Figure(f"{mode}_p95_m", float(np.percentile(error_m, 95.0)), "m", n=count),
        Figure(f"{mode}_fixes", float(is_fix.mean()), "", n=len(is_fix)),
        Figure(f"{mode}_false", float(np.mean(error_m > FALSE_M)), "", n=count),
        Figure(f"{mode}_within_95", float(np.mean(squared < QUANTILE_95)), "", n=count),
        Figure(f"{mode}_first_fix_m", float(np.median([_first_fix_m(one) for one in told])), "m", n=len(told)),
    ]


def _first_fix_m(told: Told) -> float:
    driven_m = np.concatenate([[0.0], np.hypot(*np.diff(told.truth[:, :2], axis=0).T).cumsum()])
    rows = np.flatnonzero(told.is_fix)
    return float(driven_m[rows[0]]) if len(rows) else float(driven_m[-1])


def _rows(mode: str, told: list[Told]) -> list[dict[str, Any]]:
    return [
        {"mode": mode, "drive": number, **{figure.name.removeprefix(f"{mode}_"): figure.value for figure in figures}}
        for number, figures in ((number, _figures(mode, [one])) for number, one in enumerate(told))
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    parser.add_argument("--quick", action="store_true", help="two drives")
    parser.add_argument("--drives", type=int, help="of 1 km; 20 if not said")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, help="folder that keeps the index")
    arguments = parser.parse_args()
    arguments.drives = arguments.drives or (2 if arguments.quick else 20)
    return arguments


if __name__ == "__main__":
    main()
