"""What a frame costs between its scan and the dissimilarity of every place, on one core.

    python benchmarks/encoder.py --json encoder.json [--quick]

Embedding: one observed scan to its query, features and network together: our network and the published one under ONNX
Runtime, and the hand-crafted descriptor. Index: map scans embedded per second, as `geoloc index` does on each core.

Places: one query against as many viewpoints as San Francisco has, descriptors as large as ours: our pass over halves,
numpy's product with the same in single precision, faiss's exact search for the best 20. All three find the same best.

The process keeps to one core. Methods take turns, round after round; figures are medians of the rounds, ratios the
medians of the rounds' ratios.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
from _common import Figure, Result
from _timing import Rounds, keep_to_one_core, take_turns
from numpy.typing import NDArray

from geoloc_ros.core.config import DescriptorConfig, ScanConfig
from geoloc_ros.core.products import inner_products
from geoloc_ros.core.types import SemanticScan
from geoloc_ros.maps.places import build_places
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.scan.encoders import make_encoder
from geoloc_ros.sim.city import make_city

NUM_VIEWPOINTS = 96_872
NUM_BEST = 20
MAP_SCANS = 512
OBSERVED_RATIO = 0.8


def main() -> None:
    arguments = _arguments()
    keep_to_one_core()
    num_rounds = 7 if arguments.quick else 41
    rng = np.random.default_rng(0)
    encoders = {
        name: make_encoder(DescriptorConfig(method=method), ScanConfig())
        for name, method in (("ours", "learned"), ("paper", "paper"), ("handcrafted", "handcrafted"))
    }
    scans, seen = _scans(rng)
    embedding = take_turns({name: lambda e=each: e.encode_query(seen) for name, each in encoders.items()}, num_rounds)
    indexing = take_turns({name: lambda e=each: e.encode(scans) for name, each in encoders.items()}, 5)
    places = take_turns(_searches(encoders["ours"].dimension, rng), num_rounds)
    figures = [
        *_milliseconds("embedding_{}_ms", embedding),
        *(Figure(f"index_{name}_hz", MAP_SCANS / float(np.median(s)), "1/s", n=len(s)) for name, s in indexing.items()),
        *_milliseconds("places_{}_ms", places),
        *(_ratio(f"places_ratio_{name}", places[name] / places["ours"]) for name in ("numpy", "faiss")),
        Figure("dimension", encoders["ours"].dimension),
        Figure("viewpoints", NUM_VIEWPOINTS),
    ]
    rows = [{"what": what, **{name: list(s) for name, s in rounds.items()}}
            for what, rounds in (("embedding_s", embedding), ("index_s", indexing), ("places_s", places))]
    result = Result(0, "none", figures, rows)
    result.print()
    result.write(arguments.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    parser.add_argument("--quick", action="store_true", help="seven rounds")
    return parser.parse_args()


def _scans(rng: np.random.Generator) -> tuple[SemanticScan, SemanticScan]:
    """Scans of the map of a made-up city, and one of them of which a part was not observed."""
    geomap = make_city(0, 600.0)
    poses = build_places(geomap.roads, 10.0).poses()
    scans = RayCaster(geomap.buildings.walls()).cast(np.resize(poses, (MAP_SCANS, 3)), 360, 100.0, num_threads=1)
    return scans, SemanticScan(scans.range_m[0], scans.instance[0], rng.random(360) < OBSERVED_RATIO)


def _searches(dimension: int, rng: np.random.Generator) -> dict[str, Callable[[], object]]:
    halves = rng.normal(size=(NUM_VIEWPOINTS, dimension)).astype(np.float16)
    query = rng.normal(size=dimension).astype(np.float32)
    floats, flat = halves.astype(np.float32), faiss.IndexFlatIP(dimension)
    flat.add(floats)
    best = int(inner_products(halves, query).argmin())
    assert best == int((floats @ query).argmin()) == int(flat.search(-query[None], NUM_BEST)[1][0, 0])
    return {
        "ours": lambda: inner_products(halves, query),
        "numpy": lambda: floats @ query,
        "faiss": lambda: flat.search(-query[None], NUM_BEST),
    }


def _milliseconds(name: str, rounds: Rounds) -> list[Figure]:
    return [Figure(name.format(each), 1e3 * float(np.median(s)), "ms", n=len(s)) for each, s in rounds.items()]


def _ratio(name: str, ratios: NDArray[np.float64]) -> Figure:
    low, high = np.percentile(ratios, (2.5, 97.5))
    return Figure(name, float(np.median(ratios)), "", (float(low), float(high)), n=len(ratios))


if __name__ == "__main__":
    main()
