"""How many rays a second: ours against embreex and shapely, and how far ours are from float64.

    python benchmarks/raycast.py --json raycast.json [--quick] [--city NAME]

All viewpoints of a city, 360 rays of 100 m each. The methods take turns, round after round in the same minute, so that
whatever else the machine does hits all of them; figures are medians, the ratio is the median of the rounds' ratios.

ours     `RayCaster.cast` in batches of 8192 viewpoints, one thread per core; range and building of every ray.
embreex  walls extruded to two triangles each, one process per core, the rays made beforehand and limited to 100 m, its
         fastest call that gives distances; buildings are not asked for. `embreex_threads` is the same with one thread
         per core in one process, which do not run side by side because the call keeps the GIL.
shapely  STRtree over the walls, `intersects` and the nearest intersection; one process; a few viewpoints, it is slow.

Error: against all walls in float64 (test/maps/brute_force.py), half of the viewers on roads and half anywhere, also
inside of buildings. A ray that just touches a corner may see the wall or what is behind it: where the truth turned by a
micro-radian either way (0.1 mm at 100 m) agrees with ours, that counts; how many rays needed it is printed.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType

import numpy as np
import shapely
from _common import ROOT, Figure, Result, city
from numpy.typing import NDArray

from geoloc_ros.maps.geomap import Walls
from geoloc_ros.maps.osm import load_map
from geoloc_ros.maps.places import build_places
from geoloc_ros.maps.raycast import RayCaster

NUM_RAYS = 360
MAX_RANGE_M = 100.0
BATCH = 8192
CORES = len(os.sched_getaffinity(0))

Poses = NDArray[np.float64]


def main() -> None:
    arguments = _arguments()
    path, crop = city(arguments.city)
    geomap = load_map(path, crop)
    walls, rng = geomap.buildings.walls(), np.random.default_rng(0)
    poses = build_places(geomap.roads, 10.0).poses()
    if arguments.quick:
        poses = poses[: len(poses) // 8]
    caster = RayCaster(walls)
    num_rounds, num_embreex, num_shapely = (5, 1000, 4) if arguments.quick else (9, 4000, 12)
    near = _some(poses, num_shapely, rng)
    rounds: list[dict[str, float]] = []
    embreex_poses = _some(poses, num_embreex, rng)
    cast_share = [_embreex(walls, share) for share in np.array_split(embreex_poses, CORES)]
    with _embreex_workers(walls, embreex_poses) as run_embreex, ThreadPoolExecutor(CORES) as pool:
        for _ in range(num_rounds + 1):
            rounds.append(
                {
                    "ours": len(poses) * NUM_RAYS / _seconds(caster, poses) / 1e6,
                    "embreex": num_embreex * NUM_RAYS / run_embreex() / 1e6,
                    "embreex_threads": num_embreex * NUM_RAYS / _threads_seconds(pool, cast_share) / 1e6,
                    "shapely": num_shapely * NUM_RAYS / _shapely_seconds(walls, near) / 1e6,
                }
            )
    rounds = rounds[1:]  # the first one warms up
    error_m, strict_m = _errors(caster, walls, poses, 40 if arguments.quick else 300, rng)
    result = Result(0, "none", _figures(rounds, error_m, len(poses)), [dict(row) for row in rounds])
    result.print()
    print(
        f"{arguments.city}: {len(walls.building)} walls, {len(poses)} viewpoints, {CORES} threads or processes; "
        f"{int((strict_m > 0.01).sum())} of {strict_m.size} rays needed the micro-radian"
    )
    result.write(arguments.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    parser.add_argument("--quick", action="store_true", help="an eighth of the viewpoints, five rounds")
    parser.add_argument("--city", default="san_francisco", help="as in crops.json")
    return parser.parse_args()


def _figures(rounds: list[dict[str, float]], error_m: NDArray[np.float64], num_poses: int) -> list[Figure]:
    def median(name: str) -> float:
        return float(np.median([row[name] for row in rounds]))

    ratios = [row["ours"] / row["embreex"] for row in rounds]
    low, high = np.percentile(ratios, (2.5, 97.5))
    return [
        Figure("ours_mray_s", median("ours"), "Mray/s", n=num_poses * NUM_RAYS),
        Figure("embreex_mray_s", median("embreex"), "Mray/s", n=len(rounds)),
        Figure("embreex_threads_mray_s", median("embreex_threads"), "Mray/s", n=len(rounds)),
        Figure("shapely_mray_s", median("shapely"), "Mray/s", n=len(rounds)),
        Figure("ratio_embreex", float(np.median(ratios)), "", (float(low), float(high)), n=len(rounds)),
        Figure("max_error_m", float(error_m.max()), "m", n=error_m.size),
    ]


def _some(poses: Poses, count: int, rng: np.random.Generator) -> Poses:
    """A run of viewpoints as they follow each other, which is kind to caches."""
    first = int(rng.integers(0, len(poses) - count))
    return poses[first : first + count]


def _seconds(caster: RayCaster, poses: Poses) -> float:
    before = time.perf_counter()
    for first in range(0, len(poses), BATCH):
        caster.cast(poses[first : first + BATCH], NUM_RAYS, MAX_RANGE_M)
    return time.perf_counter() - before


def _shapely_seconds(walls: Walls, poses: Poses) -> float:
    lines = shapely.linestrings(np.stack([walls.start_m, walls.end_m], axis=1))
    tree = shapely.STRtree(lines)
    tree.query(lines[0])  # it is built with its first query
    turn = poses[:, 2:] + 2.0 * np.pi * np.arange(NUM_RAYS) / NUM_RAYS
    start = np.repeat(poses[:, None, :2], NUM_RAYS, axis=1)
    end = start + MAX_RANGE_M * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    rays = shapely.linestrings(np.stack([start, end], axis=2).reshape(-1, 2, 2))
    origins = shapely.points(start.reshape(-1, 2))
    before = time.perf_counter()
    ray, wall = tree.query(rays, predicate="intersects")
    range_m = np.full(len(rays), np.inf)
    np.minimum.at(range_m, ray, shapely.distance(origins[ray], shapely.intersection(rays[ray], lines[wall])))
    return time.perf_counter() - before


@contextmanager
def _embreex_workers(walls: Walls, poses: Poses) -> Iterator[_Start]:
    """One process per core, each with the scene and its share of the rays; yields what runs them all once."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for share in np.array_split(poses, CORES):
        ours, theirs = context.Pipe()
        process = context.Process(target=_embreex_worker, args=(walls, share, theirs), daemon=True)
        process.start()
        pipes.append(ours)
        processes.append(process)
    for pipe in pipes:
        pipe.recv()  # ready
    try:
        yield _Start(pipes)
    finally:
        for pipe in pipes:
            pipe.send(False)
        for process in processes:
            process.join()


class _Start:
    """Wall time in seconds until all workers have cast their rays."""

    def __init__(self, pipes: list[Connection]) -> None:
        self._pipes = pipes

    def __call__(self) -> float:
        before = time.perf_counter()
        for pipe in self._pipes:
            pipe.send(True)
        for pipe in self._pipes:
            pipe.recv()
        return time.perf_counter() - before


def _threads_seconds(pool: ThreadPoolExecutor, casts: list[Callable[[], None]]) -> float:
    before = time.perf_counter()
    list(pool.map(lambda cast: cast(), casts))
    return time.perf_counter() - before


def _embreex_worker(walls: Walls, poses: Poses, pipe: Connection) -> None:
    cast = _embreex(walls, poses)
    pipe.send(True)
    while pipe.recv():
        cast()
        pipe.send(True)


def _embreex(walls: Walls, poses: Poses) -> Callable[[], None]:
    """Casts all rays of the poses, each time it is called."""
    from embreex.mesh_construction import TriangleMesh
    from embreex.rtcore_scene import EmbreeScene

    centre = walls.start_m.mean(axis=0)

    def corner(points_m: Poses, height_m: float) -> NDArray[np.float32]:
        return np.column_stack([points_m - centre, np.full(len(points_m), height_m)]).astype(np.float32)

    low_a, low_b, high_a, high_b = (corner(p, z) for z in (-1.0, 1.0) for p in (walls.start_m, walls.end_m))
    triangles = np.concatenate([np.stack([low_a, low_b, high_b], 1), np.stack([low_a, high_b, high_a], 1)])
    scene = EmbreeScene()
    TriangleMesh(scene, triangles)
    turn = poses[:, 2:] + 2.0 * np.pi * np.arange(NUM_RAYS) / NUM_RAYS
    direction = np.stack([np.cos(turn), np.sin(turn), np.zeros_like(turn)], -1).reshape(-1, 3).astype(np.float32)
    origin = np.repeat(corner(poses[:, :2], 0.0), NUM_RAYS, axis=0)
    limit_m = np.full(len(origin), MAX_RANGE_M, np.float32)

    def cast() -> None:
        scene.run(origin, direction, query="DISTANCE", dists=limit_m)

    return cast


def _errors(
    caster: RayCaster, walls: Walls, poses: Poses, count: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Error of each ray in metres, forgiving grazes and strictly."""
    brute_force = _brute_force()
    low, high = walls.start_m.min(axis=0), walls.start_m.max(axis=0)
    anywhere = np.column_stack([rng.uniform(low, high, (count // 2, 2)), rng.uniform(-np.pi, np.pi, count // 2)])
    viewers = np.concatenate([rng.choice(poses, count // 2, replace=False), anywhere])
    scan = caster.cast(viewers, NUM_RAYS, MAX_RANGE_M)
    middle_m = (walls.start_m + walls.end_m) / 2.0
    reach_m = MAX_RANGE_M + 1.0 + np.linalg.norm(walls.end_m - walls.start_m, axis=1) / 2.0
    forgiving, strict = [], []
    for pose, range_m in zip(viewers, scan.range_m, strict=True):
        near = np.linalg.norm(middle_m - pose[:2], axis=1) < reach_m
        if not near.any():
            assert np.isnan(range_m).all()
            continue
        nearby = Walls(walls.start_m[near], walls.end_m[near], walls.building[near])
        strict_m, error_m = brute_force.error(nearby, pose, range_m, MAX_RANGE_M)
        forgiving.append(error_m)
        strict.append(strict_m)
    return np.concatenate(forgiving), np.concatenate(strict)


def _brute_force() -> ModuleType:
    spec = importlib.util.spec_from_file_location("brute_force", ROOT / "test" / "maps" / "brute_force.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
