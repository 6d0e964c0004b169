"""Drives through a real city, localized by live nodes over DDS: are they found, how exactly, how fast, is a frame lost?

    python benchmarks/live.py --json live.json [--quick] [--work FOLDER]

Every drive is simulated through an edited copy of the map (noise `paper`), played in real time at 5 Hz to perception,
localizer and map server in processes of their own, and judged against the ground truth in its bag. Latency is wall time
from the moment an image is published to the moment its pose arrives at the player. With --work, bags are kept there
and used again, so a run can be resumed.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from _common import Figure, Result, bootstrap_median, city
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoloc_ros.core.config import Config
from geoloc_ros.core.progress import no_progress
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.evaluate import evaluate_trajectory
from geoloc_ros.evaluation.metrics import FOUND_M, Metrics, interpolate_poses
from geoloc_ros.evaluation.trace import Trace
from geoloc_ros.evaluation.tum import write_tum
from geoloc_ros.index import index_map
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.run import StackOptions, run_stack
from geoloc_ros.simulate import simulate_drive

FIRST_SEED = 1


@dataclass(frozen=True)
class Drive:
    """What live nodes made of one bag."""

    seed: int
    metrics: Metrics
    error_m: NDArray[np.float64]
    latency_ms: NDArray[np.float64]
    frames_sent: int
    frames_processed: int


def main() -> None:
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    # Whoever else runs nodes on this machine, our tests included, is neither heard nor disturbed.
    os.environ.setdefault("ROS_DOMAIN_ID", str(215 + os.getpid() % 18))
    config = Config()
    with tempfile.TemporaryDirectory() as scratch:
        work = arguments.work or Path(scratch)
        index = work / f"{arguments.city}.index"
        map_file, crop = city(arguments.city)
        print(index_map(map_file, index, crop, config).as_text())
        seeds = range(FIRST_SEED, FIRST_SEED + arguments.drives)
        drives = [_drive(index, work, seed, arguments.length, arguments.rate, config) for seed in seeds]
        chance = _chance(index)
    result = _result(drives, config.sim.noise)
    print(f"\n{arguments.city}, {len(drives)} drives of {arguments.length:.0f} m at {arguments.rate:g} x real time; "
          f"a random place is within {FOUND_M:.0f} m of the vehicle in {chance:.3%} of cases")
    result.print()
    if arguments.json:
        result.write(arguments.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--quick", action="store_true", help="one drive of 300 m")
    parser.add_argument("--city", default="kyoto")
    parser.add_argument("--drives", type=int, default=5)
    parser.add_argument("--length", type=float, default=1000.0, help="of each drive, m")
    parser.add_argument("--rate", type=float, default=1.0, help="times real time")
    parser.add_argument("--work", type=Path, help="folder that keeps the bags")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.drives, arguments.length = 1, 300.0
    return arguments


def _drive(index: Path, work: Path, seed: int, length_m: float, rate: float, config: Config) -> Drive:
    bag, live = work / f"drive_{seed}_{length_m:.0f}m.mcap", work / f"live_{seed}"
    if not bag.exists():
        print(simulate_drive(index, bag, None, seed, length_m, config, no_progress).as_text())
    run_stack(StackOptions(index, bag=bag, rate=rate, record=live, log_level="warn"))
    trace = Trace.load(live / "trace.npz")
    is_fix = trace.is_fix
    write_tum(live / "trajectory.tum", trace.stamp_ns[is_fix], trace.pose[is_fix])
    metrics = evaluate_trajectory(live / "trajectory.tum", bag, live / "results.json").metrics
    said = json.loads((live / "live.json").read_text())
    errors_m = _errors(trace.stamp_ns[is_fix], trace.pose[is_fix], bag)
    drive = Drive(
        seed, metrics, errors_m, np.array(said["latency_ms"]), said["frames_sent"], said["frames_processed"]
    )
    print(
        f"drive {seed}: {'found' if metrics.found else 'NOT found'}, median error {metrics.ate_median_m:.2f} m, "
        f"{drive.frames_processed} of {drive.frames_sent} frames, first fix after {metrics.first_fix_m:.0f} m",
        flush=True,
    )
    return drive


def _errors(stamp_ns: NDArray[np.int64], pose: NDArray[np.float64], bag: Path) -> NDArray[np.float64]:
    """Position error of every fix, m."""
    truth = interpolate_poses(*BagReader(bag).ground_truth(), stamp_ns)
    return np.hypot(*(pose[:, :2] - truth[:, :2]).T)


def _chance(index: Path) -> float:
    """Probability that a place drawn at random is within the found limit of another."""
    positions_m = PlaceIndex.load(index).places.position_m
    tree = cKDTree(positions_m)
    return float(tree.count_neighbors(tree, FOUND_M)) / len(positions_m) ** 2


def _result(drives: list[Drive], noise: str) -> Result:
    latency_ms = np.concatenate([drive.latency_ms for drive in drives])
    errors_m = [drive.error_m for drive in drives if len(drive.error_m)]
    num_fixes = sum(map(len, errors_m))
    figures = [
        Figure("found", sum(drive.metrics.found for drive in drives), n=len(drives)),
        Figure("drives", len(drives), n=len(drives)),
        Figure("frames_sent", sum(drive.frames_sent for drive in drives)),
        Figure("frames_processed", sum(drive.frames_processed for drive in drives)),
    ]
    if num_fixes:
        figures += [
            Figure(
                "median_error_m", float(np.median(np.concatenate(errors_m))), "m",
                bootstrap_median(errors_m, np.random.default_rng(FIRST_SEED)), num_fixes,
            ),
            Figure("p99_latency_ms", float(np.percentile(latency_ms, 99)), "ms", n=len(latency_ms)),
            Figure("median_latency_ms", float(np.median(latency_ms)), "ms", n=len(latency_ms)),
        ]
    rows = [{"seed": drive.seed, **asdict(drive.metrics)} for drive in drives]
    return Result(FIRST_SEED, noise, figures, rows)


if __name__ == "__main__":
    main()
