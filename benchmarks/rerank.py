"""What a closer look at the best places brings, and what it costs on one core.

    python benchmarks/rerank.py --json rerank.json [--city NAME] [--conditions NAME …] [--quick]

Queries are those of benchmarks/accuracy.py: simulated vehicles in an edited copy of the city. Of each, the 200 places
that our network finds most alike are looked at again. The city is kyoto, which settings are chosen on, unless said
otherwise. R@1 counts from the place before, from the aligned pose after.

Timings are of one thread, in processor time: a query with 200 candidates, and its largest part by itself, the evidence
of 360 rays at 200 x 15 poses in 9 turns; medians.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _common import Figure, Result, city
from numpy.typing import NDArray

from geoloc_ros.core.config import Config, DescriptorConfig, InferenceConfig, RerankConfig
from geoloc_ros.core.files import shared_file
from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.types import SemanticScan
from geoloc_ros.evaluation.conditions import drives_of_their_own, find_condition
from geoloc_ros.evaluation.database import PlaceDatabase, build_database
from geoloc_ros.evaluation.intervals import bootstrap_interval
from geoloc_ros.evaluation.queries import draw_poses
from geoloc_ros.evaluation.retrieval import EncoderMethod, align_queries, retrieve
from geoloc_ros.evaluation.second_look import SecondLook
from geoloc_ros.localization.ray_likelihood import RayTable, score_poses, symbols_of, weigh_rays
from geoloc_ros.localization.rerank import Reranker
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.scan.encoders import make_encoder

NUM_CANDIDATES = 200
RADII_M = (5, 10, 25)
SEED = 1

Values = NDArray[np.float64]


def main() -> None:
    arguments = _arguments()
    database = build_database(*city(arguments.city), Config())
    table = RayTable.load(shared_file("models/ray_table.npz"))
    figures = _timings(database, table, 5 if arguments.quick else 21)
    for name in arguments.conditions:
        figures += _condition(database, table, name, 100 if arguments.quick else arguments.queries)
    result = Result(SEED, ", ".join(arguments.conditions), figures)
    result.print()
    result.write(arguments.json)


def _condition(database: PlaceDatabase, table: RayTable, name: str, count: int) -> list[Figure]:
    condition = find_condition(name)
    poses = draw_poses(database.geomap, database.places, count, np.random.default_rng([SEED, 20]))
    scan = condition.observe(database.geomap, poses, drives_of_their_own(count), SEED)
    queries = align_queries(
        scan, poses, database.nearest(poses[:, :2]), condition.heading, np.random.default_rng([SEED, 10])
    )
    encoder = make_encoder(DescriptorConfig(method="learned"), database.scan_config, InferenceConfig(num_threads=0))
    method = EncoderMethod(encoder, database.scan)
    found = retrieve(method, queries, len(database), NUM_CANDIDATES, np.random.default_rng([SEED, 11]))
    again = SecondLook(database, table, RerankConfig()).rerank(queries, found)
    candidate_m = np.linalg.norm(database.places.position_m[found.nearest] - poses[:, None, :2], axis=-1)
    after_m = np.hypot(*(again.pose[:, :2] - poses[:, :2]).T)
    figures = [_share(f"candidates_{name}", candidate_m.min(axis=1) <= 10.0)]
    for radius_m in RADII_M:
        figures += [
            _share(f"r{radius_m}m_before_{name}", candidate_m[:, 0] <= radius_m),
            _share(f"r{radius_m}m_after_{name}", after_m <= radius_m),
        ]
    right = after_m <= 10.0
    heading_deg = np.degrees(np.abs(wrap_angle(again.pose[:, 2] - poses[:, 2])))
    return [
        *figures,
        _median(f"position_found_{name}", after_m[right], "m"),
        _median(f"heading_found_{name}", heading_deg[right], "deg"),
    ]


def _share(name: str, hits: NDArray[np.bool_]) -> Figure:
    values = 100.0 * hits
    return Figure(name, float(values.mean()), "%", bootstrap_interval(values, np.random.default_rng(0)), len(values))


def _median(name: str, values: Values, unit: str) -> Figure:
    interval = bootstrap_interval(values, np.random.default_rng(0), "median")
    return Figure(name, float(np.median(values)), unit, interval, len(values))


def _timings(database: PlaceDatabase, table: RayTable, rounds: int) -> list[Figure]:
    rng = np.random.default_rng(SEED)
    rows = rng.integers(len(database), size=NUM_CANDIDATES)
    poses = np.column_stack([database.places.position_m[rows], np.zeros(NUM_CANDIDATES)])
    seen = SemanticScan(*(part[rows[0]] for part in vars(database.scan).values()))
    caster = RayCaster(database.geomap.buildings.walls())
    reranker = Reranker(caster, table, RerankConfig(), database.scan_config)
    roads = np.zeros(NUM_CANDIDATES)
    evidence = weigh_rays(seen, table, RerankConfig().run_exponent)
    symbols = symbols_of(caster.cast(np.repeat(poses, 15, axis=0), 360, 100.0))
    turns = np.arange(-8, 9, 2, dtype=np.int32)
    return [
        _milliseconds("rerank_ms", lambda: reranker.rerank(seen, poses, roads, roads), rounds),
        _milliseconds("scores_ms", lambda: score_poses(evidence, symbols, turns, 0.7), rounds),
    ]


def _milliseconds(name: str, work: Callable[[], Any], rounds: int) -> Figure:
    work()
    taken_ms = []
    for _ in range(rounds):
        begun_s = time.thread_time()
        work()
        taken_ms.append(1e3 * (time.thread_time() - begun_s))
    return Figure(name, float(np.median(taken_ms)), "ms", n=rounds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    parser.add_argument("--city", default="kyoto", metavar="NAME", help="of crops.json")
    parser.add_argument("--conditions", nargs="+", default=["paper", "heading_unknown"], metavar="NAME")
    parser.add_argument("--queries", type=int, default=500, metavar="N")
    parser.add_argument("--quick", action="store_true", help="100 queries")
    return parser.parse_args()


if __name__ == "__main__":
    main()
