"""What mining costs as a collection grows, and what it gives: recall against seconds and memory.

    python benchmarks/mining.py --json mining.json [--quick] [--work FOLDER]

Triplets by random, partial, full and sub-cached mining, from collections of 500, 2 000 and 8 000 places (1x, 4x, 16x)
with two photos of the database and a query each. Photos are made up, 64x48 (`_facades.py`): rendered ones would take an
hour to make, and the cost does not ask what they show. The network is small (ResNet-18 to conv4 at a quarter of its
width, 512-D), all begin with the same weights, which 100 steps of multi-similarity at 1x made; numbers of S5 are scaled
to the collections: sub-cache of 300 queries, pool of 200, refreshed every 100 steps, with partial mining every 25.

Each configuration has a process of its own; torch has one thread. `ms_per_iteration_<mining>_<size>`:
processor time of all steps with what is mined for them, less validation, over the steps. `peak_mb_...`: most memory the
process had in training. `r1_...`: recall@1 within 25 m in another street with the same houses, at the end of the same
number of steps; the rows hold the curve against seconds. Chance and the recall before are figures of the same run.

Rates and steps were chosen on a third street so that recall can rise. With gentler ones triplets made it fall, and the
order of random and sub-cached mining turned over: cost is what this shows, recall only that nothing breaks.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _common import Figure, Result
from _facades import HEIGHT, WIDTH, facade_collection

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.evaluation.intervals import bootstrap_interval
from geoloc_ros.training.loop import Budget, LoopSettings, train
from geoloc_ros.training.photos.images import PhotoImages
from geoloc_ros.training.photos.mining.choosing import MiningSettings, parse_mining
from geoloc_ros.training.photos.multisimilarity_recipe import MultiSimilarityRecipe
from geoloc_ros.training.photos.networks.photo_file import export_photo, load_photo
from geoloc_ros.training.photos.networks.photo_network import PhotoNetwork, make_photo_network
from geoloc_ros.training.photos.networks.spec import NetworkSpec
from geoloc_ros.training.photos.photo_recipe import PhotoTask
from geoloc_ros.training.photos.training_photos import join_collections
from geoloc_ros.training.photos.triplet_recipe import TripletRecipe
from geoloc_ros.training.photos.validation import prepare_validation
from geoloc_ros.training.processes import Processes

SEED = 0
MININGS = ("random", "partial", "full", "subcache")
SIZES = {"1x": 500, "4x": 2000, "16x": 8000}
VALIDATION_PLACES = 600
SPEC = NetworkSpec("resnet18", "conv4", 0.25, "cosplace", 512, height_px=HEIGHT, width_px=WIDTH)
# Less than the larger collections need, as with real ones.
IMAGE_BYTES = 16 << 20
RATE = 1e-3
WARM_RATE = 2e-3


def main() -> None:
    arguments = _arguments()
    if arguments.one:
        mining, size = arguments.one.split(":")
        _measure(mining, size, arguments.steps, arguments.work)
        return
    with tempfile.TemporaryDirectory() as temporary:
        work = arguments.work or Path(temporary)
        steps, sizes = (100, ("1x", "4x")) if arguments.quick else (400, tuple(SIZES))
        _warm_start(work, 100)
        rows = [_row(mining, size, steps, work) for size in sizes for mining in MININGS]
    result = Result(SEED, "none", _figures(rows, steps), rows)
    result.print()
    result.write(arguments.json)


def _row(mining: str, size: str, steps: int, work: Path) -> dict[str, Any]:
    """Of one configuration; measured in a process of its own, unless a run before this one has done it."""
    path = _row_path(work, mining, size, steps)
    if not path.exists():
        command = [sys.executable, __file__, "--json", "-", "--one", f"{mining}:{size}", "--work", str(work)]
        subprocess.run([*command, "--steps", str(steps)], check=True)
    row: dict[str, Any] = json.loads(path.read_text())
    print(f"{mining:9}{size:>4}: {row['ms_per_iteration']:6.1f} ms, {row['peak_mb']:6.0f} MB, R@1 {row['r1']:.3f}")
    return row


class TimedRecipe(TripletRecipe):
    """Knows what of its time went into mining and into validation."""

    mining_s = 0.0
    validation_s = 0.0

    def refresh(self, step: int, processes: Processes) -> None:
        """Timed."""
        began_s = time.process_time()
        super().refresh(step, processes)
        self.mining_s += time.process_time() - began_s

    def validate(self) -> float:
        """Timed."""
        began_s = time.process_time()
        recall = super().validate()
        self.validation_s += time.process_time() - began_s
        return recall


def _measure(mining: str, size: str, steps: int, work: Path) -> None:
    """Train one configuration, and write what it came to."""
    task = _task(load_photo(_start_path(work)), size, work)
    settings = MiningSettings(
        parse_mining(mining), pool=200, sub_cache=300, refresh_every=100, partial_refresh_every=25
    )
    recipe = TimedRecipe(task, settings)
    recipe.describe(recipe.changed_images(np.arange(28), [False] * 28, np.random.default_rng(0)))  # libraries load
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    began_s = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        settings_of_loop = LoopSettings(validations=6, patience=100, checkpoint_every_s=1e9)
        result = train(recipe, mining, Budget(steps=steps), settings_of_loop, Path(folder))
    learning_s = time.process_time() - began_s - recipe.validation_s
    # The weights of the last step, as all have the same number of them, not those of the best validation.
    found = np.array([point.validation for point in result.curve]) / 100.0
    share = np.array([point.step for point in result.curve]) / steps
    row = {
        "mining": mining, "size": size, "photos": len(task.training.photos), "steps": steps,
        "ms_per_iteration": 1e3 * learning_s / steps, "mining_ms_per_iteration": 1e3 * recipe.mining_s / steps,
        "peak_mb": _peak_mb(), "r1": float(found[-1]), "r1_before": float(found[0]),
        "chance": task.validation.chance_ratio, "queries": len(task.validation.query),
        "curve": [{"seconds": float(learning_s * s), "r1": float(r)} for s, r in zip(share, found, strict=True)],
    }  # fmt: skip
    with write_beside(_row_path(work, mining, size, steps)) as partial:
        partial.write_text(json.dumps(row))


def _task(network: PhotoNetwork, size: str, work: Path) -> PhotoTask:
    training = join_collections([facade_collection(work / size, SIZES[size], SEED)])
    images = PhotoImages(training.photos, HEIGHT, WIDTH, IMAGE_BYTES)
    # Rates and steps were chosen on the street of SEED + 1.
    elsewhere = facade_collection(work / "validation", VALIDATION_PLACES, SEED + 2)
    return PhotoTask(network, training, images, prepare_validation(elsewhere, HEIGHT, WIDTH, SEED), SEED, RATE)


def _warm_start(work: Path, steps: int) -> None:
    """Weights that all mining begins with: a network that knows nothing has nothing to mine with."""
    if _start_path(work).exists():
        return
    task = replace(_task(make_photo_network(SPEC, SEED), "1x", work), learning_rate=WARM_RATE)
    with tempfile.TemporaryDirectory() as folder:
        recipe = MultiSimilarityRecipe(task, photos_per_place=3)
        train(recipe, "", Budget(steps=steps), LoopSettings(validations=1), Path(folder))
    export_photo(task.network, _start_path(work))


def _figures(rows: list[dict[str, Any]], steps: int) -> list[Figure]:
    rng = np.random.default_rng(SEED)
    figures = []
    for row in rows:
        name, count = f"{row['mining']}_{row['size']}", row["queries"]
        figures.append(Figure(f"ms_per_iteration_{name}", row["ms_per_iteration"], "ms", n=steps))
        figures.append(Figure(f"peak_mb_{name}", row["peak_mb"], "MB"))
        found = np.arange(count) < round(row["r1"] * count)
        figures.append(Figure(f"r1_{name}", row["r1"], "", bootstrap_interval(found.astype(float), rng), count))
    first = rows[0]
    figures.append(Figure("r1_before", first["r1_before"], n=first["queries"]))
    figures.append(Figure("r1_chance", first["chance"], n=first["queries"]))
    return figures


def _start_path(work: Path) -> Path:
    return work / "start.onnx"


def _row_path(work: Path, mining: str, size: str, steps: int) -> Path:
    return work / f"{mining}-{size}-{steps}.json"


def _peak_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1024.0 for line in lines if line.startswith("VmHWM"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--quick", action="store_true", help="a quarter of the steps, and 1x and 4x only")
    parser.add_argument("--work", type=Path, help="keeps photos and what was measured; another run goes on from there")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--steps", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
