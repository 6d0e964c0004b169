"""Hours of driving through live nodes: does memory stay flat, is a fix lost that nobody took away, how late are poses?

    python benchmarks/soak.py --json soak.json [--minutes 120] [--speed 5] [--city kyoto] [--domain ID]

Localizer and map server run as processes of their own under simulated time, `--speed` times as fast as real time.
Scans, odometry (50 a second of simulated time) and satellite positions are published to them; perception is left out,
as images at five times real time take more than two cores. On the way a camera pauses, nodes are killed and started
again, parameters change, the bag is paused and played again, and the vehicle is carried away. It ends by itself.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
from pathlib import Path

import numpy as np
from _common import Figure, Result, city
from _soak_drive import Driver
from _soak_log import Log
from _soak_nodes import NodeProcess
from _soak_road import FORGETTING, MISHAPS, legs

from geoloc_ros.core.config import Config
from geoloc_ros.index import index_map
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.ros.environment import set_ros_defaults
from geoloc_ros.scan.encoders import make_encoder
from geoloc_ros.sim.noise import PAPER
from geoloc_ros.sim.scan_drives import ScanDriveSimulator

SEED = 0
FALSE_M = 25.0
# Each with two mishaps; the shortest soak has one of each kind.
_LEG_S = 600.0
_MIN_LEGS = len(MISHAPS)


def main() -> None:
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    os.environ["ROS_DOMAIN_ID"] = str(arguments.domain or 150 + os.getpid() % 60)
    with tempfile.TemporaryDirectory() as scratch:
        index_path = arguments.index or Path(scratch) / f"{arguments.city}.index"
        if arguments.index is None:
            map_file, crop = city(arguments.city)
            print(index_map(map_file, index_path, crop, Config()).as_text())
        index, config = PlaceIndex.load(index_path), Config()
        simulator = ScanDriveSimulator(index.geomap, PAPER, SEED)
        encoder = make_encoder(config.descriptor, config.scan)
        total_s = 60.0 * arguments.minutes
        num_legs = max(_MIN_LEGS, round(total_s / _LEG_S))
        road = legs(simulator, encoder, total_s / num_legs, num_legs)
        parameters = ["-p", f"index_path:={index_path.resolve()}", "-p", "autostart:=true", "-p", "use_sim_time:=true"]
        set_ros_defaults(os.environ)
        nodes = {name: NodeProcess(name, parameters) for name in ("map_server", "localizer")}
        driver = Driver(nodes, encoder.encoder_id, index.geomap.origin, arguments.speed)
        try:
            for leg in road:
                driver.drive(leg)
                print(f"{driver.log.summary()} ({total_s / 60.0:.0f} min in all)", flush=True)
        finally:
            driver.close()
            for node in nodes.values():
                node.close()
    rows = [*driver.log.rows(), *(memory.row(node.name) for node in nodes.values() for memory in node.memories)]
    result = Result(SEED, "paper", figures(driver.log, nodes, arguments.minutes), rows)
    result.print()
    if arguments.json:
        result.write(arguments.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--minutes", type=float, default=120.0, help="of simulated time")
    parser.add_argument("--speed", type=float, default=5.0, help="times real time")
    parser.add_argument("--city", default="kyoto")
    parser.add_argument("--index", type=Path, help="index of that city, if there is one")
    parser.add_argument("--domain", type=int, help="ROS_DOMAIN_ID; without it one of this run")
    return parser.parse_args()


def figures(log: Log, nodes: dict[str, NodeProcess], minutes: float) -> list[Figure]:
    """What the issue asks for."""
    fixes = [frame for frame in log.frames if frame.error_m is not None and not frame.is_excused]
    errors_m = np.array([frame.error_m for frame in fixes])
    latency_ms = np.array([frame.latency_s for frame in log.frames if frame.latency_s is not None]) * 1e3
    answered = [frame for frame in log.frames if frame.latency_s is not None]
    steady = [frame for frame in answered if not frame.is_excused]
    out = [
        Figure("simulated_h", minutes / 60.0, "h"),
        Figure("speed_reached", log.speed_reached(), "x"),
        Figure("frames_sent", len(log.frames)),
        Figure("frames_answered", len(answered)),
        Figure("losses_unasked", log.losses_unasked, n=len(steady)),
        Figure("mishaps", len(log.mishaps)),
        Figure("mishaps_overcome", sum(mishap.recovered_s is not None for mishap in log.mishaps), n=len(log.mishaps)),
        Figure("crashes", log.crashes),
        Figure("odometry_hz", log.carried_hz(), "Hz"),
    ]
    if len(fixes):
        out += [
            Figure("fix_share", len(fixes) / max(len(steady), 1), n=len(steady)),
            Figure("median_error_m", float(np.median(errors_m)), "m", n=len(fixes)),
            Figure("false_fix_rate", float(np.mean(errors_m > FALSE_M)), n=len(fixes)),
        ]
    if len(latency_ms):
        out += [
            Figure("latency_median_ms", float(np.median(latency_ms)), "ms", n=len(latency_ms)),
            Figure("latency_p99_ms", float(np.percentile(latency_ms, 99)), "ms", n=len(latency_ms)),
        ]
    for kind in sorted(FORGETTING):
        recovered = [one.recovered_s for one in log.mishaps if one.kind == kind and one.recovered_s is not None]
        if recovered:
            name = f"recovered_{kind.replace(' ', '_')}_s"
            out.append(Figure(name, float(np.median(recovered)), "s", n=len(recovered)))
    return out + [figure for node in nodes.values() for figure in _memory(node)]


def _memory(node: NodeProcess) -> list[Figure]:
    """Of the process of a node that ran longest."""
    longest = max(node.memories, key=lambda memory: len(memory.at_s))
    if not longest.at_s:
        return []
    slope = longest.slope_mib_per_h()
    return [
        Figure(f"{node.name}_memory_mib", longest.held_mib[-1], "MiB", n=len(longest.at_s)),
        Figure(f"{node.name}_memory_max_mib", max(longest.held_mib), "MiB", n=len(longest.at_s)),
        *([] if slope is None else [Figure(f"{node.name}_memory_mib_per_h", slope, "MiB/h", n=len(longest.at_s))]),
    ]


if __name__ == "__main__":
    main()
