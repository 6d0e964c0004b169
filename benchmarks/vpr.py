"""Descriptors of photos compared on rendered streets of real cities: every head, and S4 with each part switched off.

All methods begin with one backbone pretrained for all (places, and classes of pixels: it takes the place of ImageNet),
and learn for the same number of steps from the same photos of three cities, at noon and overcast. They are asked in two
other cities, also in rain at sunset, at night and in snow, of which they have no labels. Rows dusk_* are the same with
labels of rain at sunset, too. Small on purpose: one core of a CPU does it in about an hour, most of it once: `--work
FOLDER` keeps photos and networks, and an interrupted run goes on. The row `shipped` has learned all conditions.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import _vpr_photos as photos
from _common import ROOT, Figure, Result
from _vpr_chart import write_chart
from _vpr_recall import BASELINES, Judge, make_scene
from _vpr_training import HEADS, HEIGHT_PX, S4, WIDTH_PX, WIDTH_RATIO, Method, School, Schooling

from geoloc_ros.core.errors import GeolocError
from geoloc_ros.core.photos import PhotoCollection
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.terminal import progress_bar
from geoloc_ros.training.onnx_file import read_metadata
from geoloc_ros.vpr.encoder import SHIPPED_PHOTO_NETWORK

Rows = list[tuple[Figure, dict[str, Any]]]


@dataclass(frozen=True)
class Lengths:
    """Steps of training."""

    pretraining: int
    each: int
    places_per_batch: int


DUSK = ("s4", "s4_target_real", "s4_no_adaptation", "s4_no_attention", "s4_gem")
PARTS = (
    ("", photos.SEEN, (*HEADS, *S4)),
    ("dusk_", photos.SEEN_WITH_DUSK, tuple(method for method in S4 if method.name in DUSK)),
)
"""What rows are called, the conditions that are learned, and methods."""
FULL, QUICK = Lengths(700, 200, 16), Lengths(4, 2, 6)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--work", type=Path, help="folder that keeps photos and networks")
    parser.add_argument("--quick", action="store_true", help="a minute: shows that it runs, its figures mean nothing")
    parser.add_argument("--methods", nargs="+", metavar="NAME", help="only these trained ones")
    parser.add_argument("--chart", type=Path, help="SVG of the table")
    parser.add_argument("--seed", type=int, default=0, help="of training and intervals")
    parser.add_argument("--photo-seed", type=int, default=1, help="of worlds and views")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    try:
        with tempfile.TemporaryDirectory() as scratch, progress_bar() as progress:
            rows = _measure(arguments, arguments.work or Path(scratch), progress)
    except GeolocError as error:
        sys.exit(f"error: {error}")
    table = [row for figure, row in rows if figure.name.startswith("r1_")]
    result = Result(arguments.seed, "paper (world)", [figure for figure, _ in rows], table)
    result.write(arguments.json)
    _print(table)
    if arguments.chart:
        title = "R@1 (%) within 25 m and 40 degrees, san_francisco and chiang_mai"
        write_chart(table, photos.CONDITIONS, title, arguments.chart)


def _measure(arguments: argparse.Namespace, work: Path, progress: ProgressCallback) -> Rows:
    extents = photos.QUICK if arguments.quick else photos.FULL
    lengths = QUICK if arguments.quick else FULL
    cities: dict[photos.Part, list[PhotoCollection]] = {
        part: [
            photos.photos_of(name, part, work, arguments.photo_seed, progress, extents)
            for name in (names[-1:] if arguments.quick else names)
        ]
        for part, names in photos.CITIES.items()
    }
    folder = work / ("quick" if arguments.quick else "networks")
    judge = Judge(make_scene(*photos.together(cities["test"])), folder, arguments.seed)
    rows: Rows = [row for name in BASELINES for row in judge.baseline(name)]
    for prefix, seen, methods in PARTS:
        own = folder / prefix
        own.mkdir(parents=True, exist_ok=True)
        school = School(
            Schooling(
                tuple(photos.under(city, seen) for city in cities["training"]),
                photos.under(cities["validation"][0], seen),
                {"real": photos.real_streets(), "shifted": photos.shifted_streets(cities["training"], seen)},
                lengths.pretraining, lengths.each, lengths.places_per_batch, arguments.seed, own,
            ), progress,
        )  # fmt: skip
        if not prefix:
            rows += _costed(judge, "untrained", school.untrained(), {})
        wanted = [each for each in methods if arguments.methods is None or each.name in arguments.methods]
        rows += _trained(school, judge, wanted, prefix)
    shipped = ROOT / SHIPPED_PHOTO_NETWORK
    if shipped.exists():
        rows += _costed(judge, "shipped", shipped, {})
    rows.append((Figure("chance", judge.scene.chance(), "", None, len(judge.scene.queries)), {}))
    return rows


def _trained(school: School, judge: Judge, methods: Sequence[Method], prefix: str) -> Rows:
    start = school.pretrained()
    rows = _costed(judge, f"{prefix}pretrained", start.file, {"minutes": start.minutes, "validation": start.validation})
    for method in methods:
        network = school.trained(method, start)
        said = {"minutes": network.minutes, "validation": network.validation}
        rows += _costed(judge, prefix + method.name, network.file, said)
    return rows


def _costed(judge: Judge, name: str, file: Path, said: dict[str, Any]) -> Rows:
    """With what the network costs, as its file says."""
    metadata = read_metadata(file)
    cost = {"network": metadata["method"], "flops": int(metadata["flops"]), "parameters": int(metadata["parameters"])}
    return [(figure, {**row, **cost, **said}) for figure, row in judge.network(name, file)]


def _print(table: list[dict[str, Any]]) -> None:
    print(
        f"R@1 / R@5 within 25 m and 40 degrees, %; photos {WIDTH_PX}x{HEIGHT_PX}, ResNet-18 at {WIDTH_RATIO} of its "
        f"width; trained on {', '.join(photos.TRAINING)} at {' and '.join(photos.SEEN)}; asked in "
        f"{' and '.join(photos.TEST)}: {table[0]['queries']} photos per condition among {table[0]['database']} at noon"
    )
    print(f"{'':30}" + "".join(f"{condition:>14}" for condition in photos.CONDITIONS) + "   size   MFLOP  kparam  ms")
    for name in dict.fromkeys(row["method"] for row in table):
        of_it = {row["condition"]: row for row in table if row["method"] == name}
        first = next(iter(of_it.values()))
        cells = [f"{100 * of_it[each]['r1']:6.1f} /{100 * of_it[each]['r5']:5.1f} " for each in photos.CONDITIONS]
        cost = f"{first.get('flops', 0) / 1e6:8.0f}{first.get('parameters', 0) / 1e3:8.0f}{first['photo_ms']:6.1f}"
        print(f"{name:30}" + "".join(cells) + f"{first['dimension']:7}{cost}")


if __name__ == "__main__":
    main()
