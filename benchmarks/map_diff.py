"""What drives tell of the map: buildings that are gone, and new ones, after more and more drives over the same area.

    python benchmarks/map_diff.py --json map_diff.json [--quick] [--index FOLDER] [--map FILE --crop W,S,E,N]

Kyoto unless a map is given: two areas of 0.64 km2 each in two worlds that `sim/edits.py` makes, 20 drives of 1 km in
each area at noise `paper`. With --index (of the same map and crop) the poses are the localizer's, from an unknown
start; without it they are the true ones. Of the buildings that are gone count those that a drive looked at.

removed_precision_N   % of the buildings said to be gone (p >= 0.5) after N drives that are gone
removed_recall_N      % of the buildings that are gone and were looked at, that are said to be gone
removed_sure_precision_N, removed_sure_recall_N   the same for p >= 0.9
new_precision_N       % of the new buildings said (p >= 0.5) whose middle is within 4 m of one
new_recall_N          % of the new buildings of the areas, looked at or not, that are within 2 m of one said
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from _common import Figure, Result, city

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import GeolocError
from geoloc_ros.core.types import Bool, Float64, SemanticScan
from geoloc_ros.evaluation.map_diff import MapDiff
from geoloc_ros.evaluation.map_evidence import SeenDrive
from geoloc_ros.evaluation.scan_runs import run_scan_drive
from geoloc_ros.localization.localizer import Localizer
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.osm import load_map, parse_crop
from geoloc_ros.scan.encoders import make_encoder
from geoloc_ros.sim.edits import Edits, edit_buildings, outlines
from geoloc_ros.sim.noise import PAPER
from geoloc_ros.sim.scan_drives import ScanDrive, ScanDriveSimulator

WORLDS = (11, 12)
"""Seeds; the probabilities were counted in those of 5 and 6."""
AREAS_M = ((-900.0, -500.0, -100.0, 300.0), (100.0, -500.0, 900.0, 300.0))
"""West, south, east, north in Kyoto."""
AFTER = (1, 5, 20)
LIKELY, SURE = 0.5, 0.9
_TRUE_VARIANCES = (0.01, 0.01, 1e-5)


@dataclass(frozen=True)
class Outcome:
    """Of one area in one world after N drives."""

    after: int
    gone: Bool
    """(N,) buildings of the map that were looked at: are they gone?"""
    probability: Float64
    """(N,), said of them."""
    is_new: Bool
    """(K,), of the new buildings said: is there one?"""
    num_found: int
    num_new: int


class Poses:
    """True poses, or a localizer's."""

    def __init__(self, index_path: Path | None) -> None:
        self._localizer: Localizer | None = None
        if index_path is not None:
            index, config = PlaceIndex.load(index_path), Config()
            self._encoder = make_encoder(config.descriptor, config.scan, config.inference)
            index.check_encoder(self._encoder)
            self._localizer = Localizer(index, config)

    def seen(self, drive: ScanDrive) -> SeenDrive | None:
        """Frames with a fix; nothing if there is none."""
        scan = drive.scan
        if self._localizer is None:
            return SeenDrive(drive.truth, np.tile(np.diag(_TRUE_VARIANCES), (len(drive), 1, 1)), scan)
        run = run_scan_drive(self._localizer, self._encoder, drive)
        fixed = run.is_fix
        if not fixed.any():
            return None
        kept = SemanticScan(scan.range_m[fixed], scan.instance[fixed], scan.observed[fixed])
        return SeenDrive(run.pose[fixed], run.covariance[fixed], kept)


def main() -> None:
    arguments = _arguments()
    try:
        path, crop = city("kyoto") if arguments.map is None else (arguments.map, arguments.crop)
        geomap = load_map(path, crop, Config().map)
        areas = AREAS_M if arguments.map is None else (geomap.bounds_m,)
        poses = Poses(arguments.index)
    except GeolocError as error:
        sys.exit(f"error: {error}")
    worlds, after = (WORLDS[:1], AFTER[:1]) if arguments.quick else (WORLDS, AFTER)
    outcomes = [
        outcome for world in worlds for area in areas[: 1 if arguments.quick else None]
        for outcome in _diff(replace(geomap, bounds_m=area), world, after, poses)
    ]  # fmt: skip
    result = Result(WORLDS[0], "paper", list(_figures(outcomes, after)), list(_rows(outcomes)))
    result.print()
    result.write(arguments.json)


def _diff(geomap: GeoMap, world: int, after: tuple[int, ...], poses: Poses) -> Iterator[Outcome]:
    """Drives keep to the bounds of the map; buildings are those of all of it."""
    edits = edit_buildings(geomap, PAPER.world, np.random.default_rng([world, 0]))  # as the simulator does
    simulator, diff = ScanDriveSimulator(geomap, PAPER, world), MapDiff(geomap)
    for number in range(max(after)):
        seen = poses.seen(simulator.drive(number))
        if seen is not None:
            diff.add(seen)
        print(f"world {world}, drive {number + 1}", file=sys.stderr, flush=True)
        if number + 1 in after:
            yield _judged(diff, geomap, edits, number + 1)


def _judged(diff: MapDiff, geomap: GeoMap, edits: Edits, after: int) -> Outcome:
    gone = np.ones(len(geomap.buildings), bool)
    gone[edits.source[edits.source >= 0]] = False
    looked_at = diff.was_looked_at
    west, south, east, north = geomap.bounds_m
    new = outlines(edits.buildings)[edits.source < 0]
    tree, said = shapely.STRtree(new), diff.new(LIKELY).outline
    is_new = np.isin(np.arange(len(said)), tree.query(shapely.centroid(said), "dwithin", distance=4.0)[0])
    inside = shapely.within(shapely.centroid(new), shapely.box(west, south, east, north))
    found = np.unique(tree.query(said, "dwithin", distance=2.0)[1])
    return Outcome(
        after, gone[looked_at], diff.probability()[looked_at], is_new, int(inside[found].sum()), int(inside.sum())
    )


def _figures(outcomes: list[Outcome], after: tuple[int, ...]) -> Iterator[Figure]:
    for number in after:
        chosen = [outcome for outcome in outcomes if outcome.after == number]
        gone = np.concatenate([outcome.gone for outcome in chosen])
        probability = np.concatenate([outcome.probability for outcome in chosen])
        for name, threshold in (("removed", LIKELY), ("removed_sure", SURE)):
            said = probability >= threshold
            yield from _share(f"{name}_precision_{number}", int(gone[said].sum()), int(said.sum()))
            yield from _share(f"{name}_recall_{number}", int(gone[said].sum()), int(gone.sum()))
        is_new = np.concatenate([outcome.is_new for outcome in chosen])
        yield from _share(f"new_precision_{number}", int(is_new.sum()), len(is_new))
        found = (sum(outcome.num_found for outcome in chosen), sum(outcome.num_new for outcome in chosen))
        yield from _share(f"new_recall_{number}", *found)


def _share(name: str, part: int, whole: int) -> Iterator[Figure]:
    """Nothing where there is nothing to share."""
    if whole:
        yield Figure(name, 100.0 * part / whole, "%", n=whole)


def _rows(outcomes: list[Outcome]) -> Iterator[dict[str, Any]]:
    for each in outcomes:
        yield {
            "after": each.after, "looked_at": len(each.gone), "gone": int(each.gone.sum()),
            "said": int((each.probability >= LIKELY).sum()), "said_new": len(each.is_new), "found_new": each.num_found,
        }  # fmt: skip


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True, metavar="FILE")
    parser.add_argument("--quick", action="store_true", help="one drive in one area of one world")
    parser.add_argument("--index", type=Path, metavar="FOLDER", help="of the map; the poses are the localizer's then")
    parser.add_argument("--map", type=Path, metavar="FILE", help="instead of Kyoto")
    parser.add_argument("--crop", type=parse_crop, metavar="W,S,E,N", help="of --map, in degrees")
    return parser.parse_args()


if __name__ == "__main__":
    main()
