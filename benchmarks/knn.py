"""Search among descriptors of photos: what every index finds, costs and saves, against exact search and faiss alone.

    python benchmarks/knn.py --json knn.json [--work FOLDER] [--sets 1m_512 ...] [--indexes fastscan ...] [--quick]

Descriptors and queries are made up as `_descriptors.py` argues. Every index is tuned by `build_search` for a recall of
0.98 (`ASKED` where that cannot be) on the collection alone, and then asked queries that it has never seen. Figures per
index and set:

    recall10     share of the 10 nearest, by exact search, that are found; bootstrap interval over queries
    r1           share of queries whose first photo is within 25 m of the right one
    ms, ms32     of the processor per query, asked one at a time and 32 at once, for the 10 nearest; one thread, medians
    bytes        of the index. What it finds is compared again by the descriptors, halves in memory or in a mapped file
    build_s      of the processor, to train, fill and tune
    ratio        our time over that of faiss called directly for the same: the same index and parameters in
                 `IndexRefine`, which holds all descriptors again in single precision; for exact search `IndexFlatIP`
                 with BLAS for batches. The largest of all is `ratio_to_faiss`.

Rows hold the published trade-offs besides: the index `alone`, without comparing again, its bytes and time as shares of
`IndexFlatIP` in single precision. Chance is 10 of V. Indexes are kept in --work and used again.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, cast, get_args

import faiss
import numpy as np
from _common import ROOT, Figure, Result
from _descriptors import STEP_M, make_descriptors
from _rows import fingerprint
from _timing import take_turns
from numpy.typing import NDArray

from geoloc_ros.core.artifacts import Artifact, read_artifact, write_artifact
from geoloc_ros.core.errors import ArtifactError
from geoloc_ros.core.interfaces import DescriptorSearch
from geoloc_ros.core.photo_config import SearchConfig, SearchKind
from geoloc_ros.core.types import Float16, Float32, Int64
from geoloc_ros.evaluation.intervals import bootstrap_interval
from geoloc_ros.vpr.search.approximate import ApproximateSearch
from geoloc_ros.vpr.search.build import build_search
from geoloc_ros.vpr.search.files import add_search, read_search, search_metadata
from geoloc_ros.vpr.search.kinds import INDEX_KINDS

SETS = {"100k_2048": (100_000, 2048), "1m_512": (1_000_000, 512)}
QUICK = {"20k_128": (20_000, 128)}
INDEXES: tuple[SearchKind, ...] = ("exact", "fastscan", "ivfpq", "imi", "hnsw")
# A byte for 16 numbers is too little among a million: asked for 0.98, IVF-PQ answers that it finds 0.940 at most.
ASKED: dict[tuple[str, SearchKind], float] = {("1m_512", "ivfpq"): 0.9, ("1m_512", "imi"): 0.85}
NUM_QUERIES, NUM_NEAREST, BATCH, ROUNDS = 600, 10, 32, 9
SEED = 0
RIGHT_WITHIN_M = 25.0


@dataclass(frozen=True)
class Trial:
    """A set, its queries and what is right."""

    name: str
    key: str
    """Of everything that made it."""
    descriptors: Float16
    queries: Float32
    place: Int64
    nearest: Int64
    """(Q, 10), by `IndexFlatIP`."""
    flat: Any
    """It: all descriptors again, in single precision."""
    flat_ms: dict[int, float]
    """Its time per query, by how many are asked at once; apart from others, to which it would leave an empty cache."""


def main() -> None:
    arguments = _arguments()
    _keep_to_one_thread()
    result = Result(SEED, "none", [])
    for name, (size, dimension) in (QUICK if arguments.quick else SETS).items():
        if arguments.sets is None or name in arguments.sets:
            _measure_set(_trial(name, size, dimension, arguments.work), arguments, result)
    ratios = [figure.value for figure in result.figures if figure.name.startswith("ratio_")]
    result.figures.append(Figure("ratio_to_faiss", max(ratios), n=len(ratios)))
    result.print()
    result.write(arguments.json)


def _measure_set(trial: Trial, arguments: argparse.Namespace, result: Result) -> None:
    for kind in INDEXES:
        if arguments.indexes is None or kind in arguments.indexes:
            search, build_s = _search(trial, kind, arguments.work)
            row = _row(trial, search, kind) | {"build_s": build_s}
            result.rows.append(row)
            result.figures.extend(_figures(trial, kind, row))
            print({key: value for key, value in row.items() if key != "found"}, file=sys.stderr, flush=True)
            row.pop("found")


def _row(trial: Trial, search: DescriptorSearch, kind: str) -> dict[str, Any]:
    """What is told of one search."""
    rows = search.search(trial.queries, NUM_NEAREST)[1]
    found = _found(rows, trial.nearest)
    methods: dict[str, Callable[[Float32], object]] = {"ours": partial(search.search, count=NUM_NEAREST)}
    if isinstance(search, ApproximateSearch):
        methods |= _directly(search, trial.flat)
    one, many = (_milliseconds(methods, trial.queries, size) | {"flat": trial.flat_ms[size]} for size in (1, BATCH))
    peer = "refined" if "refined" in methods else "flat"
    row: dict[str, Any] = {
        "set": trial.name, "index": kind, "search": search.name, "found": found, "recall10": float(found.mean()),
        "r1": _right(trial, rows), "r1_exact": _right(trial, trial.nearest), "chance": NUM_NEAREST / len(search),
        "ms": one["ours"], "ms32": many["ours"], "bytes": search.num_bytes, "ms_of": {1: one, BATCH: many},
        "ratio": {1: one["ours"] / one[peer], BATCH: many["ours"] / many[peer]},
    }  # fmt: skip
    if isinstance(search, ApproximateSearch):
        row["published"] = _published(trial, search, one)
    return row


def _flat(flat: Any, queries: Float32) -> tuple[Float32, Int64]:
    """Exact search of faiss as fast as it can: by itself, 1.15 is 3 times slower for batches, without BLAS."""
    threshold = faiss.cvar.distance_compute_blas_threshold
    faiss.cvar.distance_compute_blas_threshold = 20 if len(queries) > 1 else threshold
    found: tuple[Float32, Int64] = flat.search(queries, NUM_NEAREST)
    faiss.cvar.distance_compute_blas_threshold = threshold
    return found


def _published(trial: Trial, search: ApproximateSearch, one: dict[str, float]) -> dict[str, float]:
    """The index alone, as the sources mean it, against exact search of faiss in single precision."""
    parameters = search.kind.parameters(search.depth.effort)
    flat_bytes = 4 * trial.descriptors.size
    rows = search.index.search(trial.queries, NUM_NEAREST, params=parameters)[1]
    return {
        "bytes_saved": 1.0 - search.num_bytes / flat_bytes, "ms_saved": 1.0 - one["alone"] / one["flat"],
        "recall10_alone": float(_found(rows, trial.nearest).mean()), "r1_alone": _right(trial, rows),
    }  # fmt: skip


def _directly(search: ApproximateSearch, flat: Any) -> dict[str, Callable[[Float32], object]]:
    """The same index by faiss: alone, and with its own comparison of as many candidates."""
    parameters = search.kind.parameters(search.depth.effort)
    flat.metric_type = search.index.metric_type
    refine = faiss.IndexRefine(search.index, flat)
    settings = faiss.IndexRefineSearchParameters(k_factor=search.depth.candidates / NUM_NEAREST)
    if parameters is not None:
        settings.base_index_params = parameters

    def refined(queries: Float32) -> object:
        flat.metric_type = search.index.metric_type
        found = refine.search(queries, NUM_NEAREST, params=settings)
        flat.metric_type = faiss.METRIC_INNER_PRODUCT
        return found

    def alone(queries: Float32) -> object:
        return search.index.search(queries, NUM_NEAREST, params=parameters)

    flat.metric_type = faiss.METRIC_INNER_PRODUCT
    return {"refined": refined, "alone": alone}


def _milliseconds(methods: dict[str, Callable[[Float32], object]], queries: Float32, size: int) -> dict[str, float]:
    """Medians per query, `size` of them at once; every call gets other ones."""

    def calling(method: Callable[[Float32], object]) -> Callable[[], object]:
        starts = count(0, size)
        return lambda: method(queries[next(starts) % (len(queries) - size) :][:size])

    # Of the processor, so that what else runs on the machine counts less.
    seconds = take_turns({name: calling(method) for name, method in methods.items()}, ROUNDS, time.process_time)
    return {name: 1e3 * float(np.median(values)) / size for name, values in seconds.items()}


def _found(rows: Int64, nearest: Int64) -> NDArray[np.float64]:
    """Of every query, the share of its nearest (Q, 10) that is among rows (Q, 10)."""
    return cast(NDArray[np.float64], (rows[:, :, None] == nearest[:, None, :]).any(axis=1).mean(axis=1))


def _right(trial: Trial, rows: Int64) -> float:
    return float(np.mean(np.abs(rows[:, 0] - trial.place) * STEP_M <= RIGHT_WITHIN_M))


def _figures(trial: Trial, kind: str, row: dict[str, Any]) -> list[Figure]:
    name, number = f"{kind}_{trial.name}", len(trial.queries)
    interval = bootstrap_interval(row["found"], np.random.default_rng(SEED))
    return [
        Figure(f"recall10_{name}", row["recall10"], interval=interval, n=number),
        Figure(f"r1_{name}", row["r1"], n=number),
        Figure(f"ms_{name}", row["ms"], "ms", n=ROUNDS),
        Figure(f"ms32_{name}", row["ms32"], "ms", n=ROUNDS),
        Figure(f"bytes_{name}", row["bytes"], "B"),
        Figure(f"build_s_{name}", row["build_s"], "s"),
        Figure(f"ratio_{name}", row["ratio"][1], n=ROUNDS),
        Figure(f"ratio_{name}_{BATCH}", row["ratio"][BATCH], n=ROUNDS),
    ]


def _trial(name: str, size: int, dimension: int, work: Path) -> Trial:
    """The set, kept in a file; what is right is found anew."""
    key = fingerprint((ROOT / "benchmarks" / "_descriptors.py",), f"{size} {dimension} {SEED}", (), "products.cpp")
    path = work / f"{name}.descriptors"
    artifact = _kept(path, key)
    if artifact is None:
        made = make_descriptors(size, dimension, NUM_QUERIES, np.random.default_rng(SEED))
        with write_artifact(path, "descriptors", 1, {"key": key}) as writer:
            for array in ("descriptors", "queries", "place"):
                writer.add_array(array, getattr(made, array))
        artifact = read_artifact(path, "descriptors", 1)
    descriptors, queries = np.array(artifact.array("descriptors")), np.array(artifact.array("queries"))
    flat = faiss.IndexFlatIP(dimension)
    for first in range(0, size, 1 << 16):
        flat.add(descriptors[first : first + (1 << 16)].astype(np.float32))
    nearest = _flat(flat, queries)[1]
    flat_ms = {size: _milliseconds({"flat": partial(_flat, flat)}, queries, size)["flat"] for size in (1, BATCH)}
    return Trial(name, key, descriptors, queries, np.array(artifact.array("place")), nearest, flat, flat_ms)


def _search(trial: Trial, kind: SearchKind, work: Path) -> tuple[DescriptorSearch, float]:
    """The search and the seconds it took to build, perhaps in another run."""
    folder = ROOT / "geoloc_ros" / "vpr" / "search"
    code = [folder / f"{name}.py" for name in ("build", "tuning", "index_kind", "lists", *INDEX_KINDS)]
    recall = ASKED.get((trial.name, kind), "")
    key, path = fingerprint(code, f"{trial.key}{kind}{recall}", (), "products.cpp"), work / f"{trial.name}.{kind}"
    artifact = _kept(path, key)
    if artifact is None:
        print(f"{trial.name}: builds {kind}", file=sys.stderr, flush=True)
        before = time.process_time()
        asked = SearchConfig(kind=kind, recall=recall or SearchConfig().recall)
        search = build_search(trial.descriptors, asked, np.random.default_rng(SEED))
        build_s = time.process_time() - before
        metadata = {"key": key, "search": search_metadata(search), "build_s": build_s}
        with write_artifact(path, "search", 1, metadata) as writer:
            add_search(writer, search)
        return search, build_s
    search = read_search(artifact, trial.descriptors, artifact.metadata["search"])
    return search, float(artifact.metadata["build_s"])


def _kept(path: Path, key: str) -> Artifact | None:
    """What an earlier run left, if it is still the same."""
    try:
        artifact = read_artifact(path, "descriptors" if path.suffix == ".descriptors" else "search", 1)
    except ArtifactError:
        return None
    return artifact if artifact.metadata["key"] == key else None


def _keep_to_one_thread() -> None:
    """Start again with one thread: libraries look when they are loaded, and time of the processor adds threads up."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    if any(os.environ.get(name) != value for name, value in one.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | one)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    parser.add_argument("--work", type=Path, default=Path("knn_work"), help="where descriptors and indexes are kept")
    parser.add_argument("--sets", nargs="+", choices=[*SETS, *QUICK], help="only these")
    parser.add_argument("--indexes", nargs="+", choices=[*get_args(SearchKind)][1:], help="only these")
    parser.add_argument("--quick", action="store_true", help="a small set, in a minute")
    return parser.parse_args()


if __name__ == "__main__":
    main()
