"""A city, its index, a simulated drive, live ROS 2 nodes that find the vehicle, and a page to look at."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.datasets.parts import PARTS, choose_parts
from geoloc_ros.evaluate import TrajectoryEvaluation, evaluate_trajectory
from geoloc_ros.evaluation.trace import Trace
from geoloc_ros.evaluation.tum import write_tum
from geoloc_ros.index import index_map
from geoloc_ros.maps.osm import Crop
from geoloc_ros.report import write_report
from geoloc_ros.ros.environment import set_ros_defaults
from geoloc_ros.run import StackOptions, run_stack
from geoloc_ros.sim.city import make_city
from geoloc_ros.sim.osm_writer import write_osm
from geoloc_ros.simulate import simulate_drive

logger = logging.getLogger(__name__)

LENGTH_M = 600.0
# Faster than the vehicle drove, as two busy cores allow without dropping frames; networks that read images take longer.
RATE, READING_RATE = 2.0, 1.0
_END_S = 5.0


@dataclass(frozen=True)
class DemoSummary:
    """What came of it."""

    evaluation: TrajectoryEvaluation
    report: Path

    def as_text(self) -> str:
        """For people."""
        return f"{self.evaluation.as_text()}\n\nlook at it: {self.report.resolve().as_uri()}"


def run_demo(
    map_file: Path | None, folder: Path, crop: Crop | None, seed: int, config: Config, progress: ProgressCallback,
    use: str = "",
) -> DemoSummary:
    """Do what a user would do with `geoloc index`, `simulate`, `run`, `evaluate` and `report`; files go to `folder`.

    The nodes use the labels and depth that the simulated sensors give, or what `use` names, as `geoloc run` does.

    Raises:
        GeolocError: As those do.
    """
    index, bag, live = folder / "city.index", folder / "drive.mcap", folder / "live"
    if map_file is None:
        logger.info("1/5  making up a city (seed %d); a real one: geoloc demo --map CITY.osm.pbf", seed)
        map_file = folder / "city.osm"
        write_osm(make_city(seed, config.sim.city_size_m), map_file)
    logger.info("2/5  indexing %s", map_file)
    logger.info("%s", index_map(map_file, index, crop, config, progress).as_text())
    logger.info("3/5  driving %.0f m through a copy of the city that differs from its map", LENGTH_M)
    logger.info("%s", simulate_drive(index, bag, None, seed, LENGTH_M, config, progress).as_text())
    rate = READING_RATE if "image" in choose_parts(use, PARTS) else RATE
    logger.info("4/5  playing the drive to live nodes at %g times its speed; they do not know where it begins", rate)
    trace_file = _localize_live(index, bag, live, config, use, rate)
    logger.info("5/5  judging and drawing")
    trajectory = live / "trajectory.tum"
    trace = Trace.load(trace_file)
    write_tum(trajectory, trace.stamp_ns[trace.is_fix], trace.pose[trace.is_fix])
    evaluation = evaluate_trajectory(trajectory, bag, folder / "results.json")
    report = folder / "report.html"
    write_report(index, bag, trace_file, report, progress, use, config.networks, config.inference)
    return DemoSummary(evaluation, report)


def _localize_live(index: Path, bag: Path, live: Path, config: Config, use: str, rate: float) -> Path:
    """Trace of what live nodes said about a bag."""
    shutil.rmtree(live, ignore_errors=True)
    with _commentary():
        run_stack(
            StackOptions(
                index, use_sim_time=True, log_level="warn", bag=bag, rate=rate, record=live, config=config, use=use
            )
        )
    trace_file = live / "trace.npz"
    if not trace_file.exists():
        raise BackendError(f"the live run ended before its bag did: no '{trace_file}'; run `geoloc demo` again")
    return trace_file


@contextmanager
def _commentary() -> Iterator[None]:
    """Lines about what the localizer says, on our stdout, while the block runs."""
    set_ros_defaults(os.environ)
    process = subprocess.Popen([sys.executable, "-m", "geoloc_ros.ros.watch"])
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
