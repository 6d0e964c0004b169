"""What photos are worth on a drive, and what they spoil: by the map alone, by photos alone, by both.

    python benchmarks/photo_drive.py --json photo_drive.json [--quick] [--work FOLDER] [--photo-model FILE]

A part of kyoto (the validation city: what a fix from photos needs was chosen here), its world edited as for any drive
(noise `paper`). Photos of all its streets, both ways, every 12 m, at noon; then drives on other days through the same
world, with other vehicles and people, in several conditions. Every drive is recorded as a panorama of 512 x 160 pixels
at 2 Hz, and localized in process by the classes that `geoloc localize` uses; every 5 m the view ahead is looked up.

Modes: `map` with labels, instances and depth of the bag, with the mistakes of noise `paper`: those do not know the
condition, so by night `map` is too good. `photos`: closed eyes but for the photos; of the map only the roads count.
`both`. `lying`: both, but all photos say that they were taken 100 m away from where they were: nothing that a look at
the photos could find out. Condition `outside` is a drive through porto at noon, localized in kyoto: all fixes are
false.

Figures: `found_<mode>_<condition>` of the drives (fixes to the end, within 10 m), `first_fix_m_...` (median over the
drives, left out where most got none), `median_error_m_...` and `availability_...` of the frames, `false_drives_...`
with a fix more than 25 m wrong. `recall_<condition>`: images whose most probable place is within 25 m.

With --work, indexes, photos and bags are kept there and used again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from _common import Figure, Result, bootstrap_median, city
from numpy.typing import NDArray

from geoloc_ros.core.config import Config, load_config
from geoloc_ros.core.errors import GeolocError, ObservationError
from geoloc_ros.core.progress import no_progress
from geoloc_ros.core.terminal import progress_bar
from geoloc_ros.core.types import Observation, PlaceEvidence, SemanticScan
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.evaluation.metrics import FALSE_M, evaluate_poses, interpolate_poses
from geoloc_ros.index import index_map
from geoloc_ros.index_photos import index_photos
from geoloc_ros.localization.localizer import Localizer
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.localize import FIXES, PhotoWitness, nothing_seen
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.osm import Crop, load_map
from geoloc_ros.scan.encoders import make_encoder
from geoloc_ros.scan.perceive import Perceiver
from geoloc_ros.sim.noise import LEVELS
from geoloc_ros.sim.recorder import record
from geoloc_ros.sim.recording import record_session
from geoloc_ros.sim.session import plan_session_in
from geoloc_ros.sim.world import World, edit_map
from geoloc_ros.simulate_photos import PhotoOptions, simulate_photos

MODES = ("map", "photos", "both", "lying")
CONDITIONS = ("overcast", "rain_sunset", "night")
OUTSIDE = "outside"
WORLD_SEED, FIRST_SEED = 0, 1
RECORDED = ("sim.width=512", "sim.height=160", "sim.rate_hz=2.0")
OFFSET_M = np.array([60.0, 80.0])
CROPS: dict[str, Crop] = {
    "kyoto": (135.7610, 34.9555, 135.7710, 34.9635), "porto": (-8.6160, 41.1480, -8.6060, 41.1560),
}


@dataclass(frozen=True)
class Town:
    """A part of a city in which is driven."""

    geomap: GeoMap
    world: World


@dataclass(frozen=True)
class ModeResult:
    """One drive under one mode."""

    error_m: NDArray[np.float64]
    """Of every fix."""
    metrics: dict[str, Any]


@dataclass(frozen=True)
class DriveResult:
    """One drive under every mode, and what its photos said."""

    modes: dict[str, ModeResult]
    best_error_m: NDArray[np.float64]
    """Of the most probable place of every image that was looked up."""
    best_probability: NDArray[np.float64]


def main() -> None:
    arguments = _arguments()
    model = [f"photo.model={arguments.photo_model}"] if arguments.photo_model else []
    config = load_config(None, (*RECORDED, *model))
    try:
        with tempfile.TemporaryDirectory() as scratch:
            work = arguments.work or Path(scratch)
            results = _measure(work, arguments, config)
    except GeolocError as error:
        sys.exit(f"error: {error}")
    _print(results, arguments)
    result = _result(results, config.sim.noise)
    result.print()
    result.write(arguments.json)


def _measure(work: Path, arguments: argparse.Namespace, config: Config) -> dict[str, list[DriveResult]]:
    index_path, photos_path = _indexes(work, arguments, config)
    index = PlaceIndex.load(index_path)
    towns: dict[str, Town] = {}
    results: dict[str, list[DriveResult]] = {}
    for condition in arguments.conditions:
        for seed in range(FIRST_SEED, FIRST_SEED + arguments.drives):
            bag = _bag(work, condition, seed, towns, arguments, config)
            drive = _Race(index, photos_path, bag, config).run(is_outside=condition == OUTSIDE)
            results.setdefault(condition, []).append(drive)
            said = ", ".join(
                f"{mode} {one.metrics['first_fix_m']:.0f} m, {one.metrics['ate_median_m']:.1f} m"
                f"{'' if one.metrics['found'] else ' (not found)'}"
                for mode, one in drive.modes.items()
            )
            recall = float(np.mean(drive.best_error_m <= FALSE_M)) if len(drive.best_error_m) else 0.0
            print(f"{condition} {seed}: recall {recall:.2f}; first fix, error: {said}", flush=True)
    return results


def _indexes(work: Path, arguments: argparse.Namespace, config: Config) -> tuple[Path, Path]:
    """Of the map and of its photos at noon."""
    index_path, folder = work / "kyoto.index", work / f"photos_{arguments.places}"
    crop = CROPS["kyoto"]
    if not index_path.exists():
        print(index_map(city("kyoto")[0], index_path, crop, config).as_text(), flush=True)
    options = PhotoOptions(arguments.places, 0, "noon", "noon", WORLD_SEED)
    with progress_bar() as progress:
        print(simulate_photos(city("kyoto")[0], folder, crop, options, config, progress).as_text(), flush=True)
    photos_path = work / f"kyoto.{arguments.photo_model.stem if arguments.photo_model else 'shipped'}.photos"
    with progress_bar() as progress:
        print(index_photos(str(folder), photos_path, config, progress).as_text(), flush=True)
    return index_path, photos_path


def _bag(
    work: Path, condition: str, seed: int, towns: dict[str, Town], arguments: argparse.Namespace, config: Config
) -> Path:
    """A drive, recorded now or before."""
    sim = config.sim
    bag = work / f"{condition}_{seed}_{arguments.length:.0f}m_{sim.width}x{sim.height}.mcap"
    if bag.exists():
        return bag
    name = "porto" if condition == OUTSIDE else "kyoto"
    if name not in towns:
        towns[name] = _town(name, config)
    town = towns[name]
    if condition != OUTSIDE:
        sim = load_config(None, (*RECORDED, f"sim.condition={condition}")).sim
    session = plan_session_in(town.world, town.geomap, seed, arguments.length, sim)
    with record(bag) as recorder:
        record_session(session, recorder, no_progress)
    return bag


def _town(name: str, config: Config) -> Town:
    geomap = load_map(city(name)[0], CROPS[name], config.map)
    return Town(geomap, edit_map(geomap, LEVELS[config.sim.noise].world, np.random.default_rng([WORLD_SEED, 0])))


class _Race:
    """All modes side by side on one bag; every image is looked up once."""

    def __init__(self, index: PlaceIndex, photos: Path, bag: Path, config: Config) -> None:
        self._index, self._config, self._reader = index, config, BagReader(bag)
        self._encoder = make_encoder(config.descriptor, config.scan)
        index.check_encoder(self._encoder)
        self._perceiver = Perceiver(config.networks, config.inference, config.scan, config.observe)
        self._witness = PhotoWitness(photos, index, config)
        self._localizers = {mode: Localizer(index, config) for mode in MODES}
        self._stamps_ns: dict[str, list[int]] = {mode: [] for mode in MODES}
        self._poses: dict[str, list[NDArray[np.float64]]] = {mode: [] for mode in MODES}
        self._looked: list[PlaceEvidence] = []

    def run(self, is_outside: bool) -> DriveResult:
        """Drive all the way; outside nothing that is said can be true."""
        for frame in self._reader.frames(("image", "segmentation", "depth", "instances")):
            came = frame.camera_frame()
            places = self._witness.look(frame.stamp_ns, came, frame.odometry)
            if places is not None:
                self._looked.append(places)
            try:
                scan = self._perceiver.perceive([replace(came, image=None)]).scan
                seen = scan, self._encoder.encode_query(scan)
            except ObservationError:
                seen = nothing_seen(self._index, self._config.scan.num_rays)
            for mode, localizer in self._localizers.items():
                if places is not None and mode != "map":
                    lie_m = OFFSET_M if mode == "lying" else 0.0
                    localizer.add_places(replace(places, position_m=places.position_m + lie_m))
                blind = nothing_seen(self._index, self._config.scan.num_rays)
                self._drive(mode, frame.stamp_ns, blind if mode == "photos" else seen, frame.odometry)
        stamps_ns, (truth_ns, truth) = self._reader.frame_stamps_ns(), self._reader.ground_truth()
        if is_outside:
            truth = truth + [1e6, 0.0, 0.0]
        modes = {mode: self._result(mode, stamps_ns, (truth_ns, truth)) for mode in MODES}
        at = interpolate_poses(truth_ns, truth, np.array([one.stamp_ns for one in self._looked], np.int64))
        best_m = np.array([one.position_m[0] for one in self._looked]).reshape(-1, 2)
        probability = np.array([one.log_ratio[0] for one in self._looked])
        return DriveResult(modes, np.hypot(*(best_m - at[:, :2]).T), probability)

    def _drive(
        self, mode: str, stamp_ns: int, seen: tuple[SemanticScan, NDArray[np.float32]], odometry: Any
    ) -> None:
        estimate = self._localizers[mode].update(Observation(stamp_ns, *seen, odometry))
        if estimate.status in FIXES:
            self._stamps_ns[mode].append(stamp_ns)
            self._poses[mode].append(estimate.pose.as_array())

    def _result(
        self, mode: str, stamps_ns: NDArray[np.int64], truth: tuple[NDArray[np.int64], NDArray[np.float64]]
    ) -> ModeResult:
        stamp_ns, pose = np.array(self._stamps_ns[mode], np.int64), np.array(self._poses[mode]).reshape(-1, 3)
        error_m = np.hypot(*(pose - interpolate_poses(*truth, stamp_ns))[:, :2].T)
        return ModeResult(error_m, asdict(evaluate_poses(stamps_ns, stamp_ns, pose, *truth)))


def _print(results: dict[str, list[DriveResult]], arguments: argparse.Namespace) -> None:
    """The table that people want to see."""
    print(f"\na part of kyoto (validation), {arguments.drives} drives of {arguments.length:.0f} m, photos of noon")
    print("condition     mode      found  first fix m  error m   fixes  drives with false fixes")
    for condition, drives in results.items():
        for mode in MODES:
            one = [drive.modes[mode] for drive in drives]
            errors = np.concatenate([each.error_m for each in one])
            found = f"{sum(each.metrics['found'] for each in one)}/{len(one)}"
            first = np.median([each.metrics["first_fix_m"] for each in one])
            fixes = np.mean([each.metrics["availability"] for each in one])
            error = f"{np.median(errors):.2f}" if len(errors) else "none"
            false = sum(bool(np.any(each.error_m > FALSE_M)) for each in one)
            print(f"{condition:14}{mode:8}{found:>7}{first:>13.0f}{error:>9}{fixes:>8.0%}{false:>9}")


def _result(results: dict[str, list[DriveResult]], noise: str) -> Result:
    figures: list[Figure] = []
    rows: list[dict[str, Any]] = []
    for condition, drives in results.items():
        best_m = [drive.best_error_m for drive in drives]
        found = np.concatenate(best_m) <= FALSE_M
        figures.append(Figure(f"recall_{condition}", float(found.mean()), n=len(found)))
        for mode in MODES:
            figures += _figures(f"{mode}_{condition}", [drive.modes[mode] for drive in drives])
        for number, drive in enumerate(drives):
            rows += [
                {"condition": condition, "seed": FIRST_SEED + number, "mode": mode, **_finite(one.metrics)}
                for mode, one in drive.modes.items()
            ]
    return Result(WORLD_SEED, noise, figures, rows)


def _finite(metrics: dict[str, Any]) -> dict[str, Any]:
    """JSON knows no infinity."""
    return {name: value for name, value in metrics.items() if not isinstance(value, float) or np.isfinite(value)}


def _figures(name: str, drives: list[ModeResult]) -> list[Figure]:
    count = len(drives)
    errors = [one.error_m for one in drives if len(one.error_m)]
    first_m = float(np.median([one.metrics["first_fix_m"] for one in drives]))
    figures = [
        Figure(f"found_{name}", sum(one.metrics["found"] for one in drives), n=count),
        *([Figure(f"first_fix_m_{name}", first_m, "m", n=count)] if np.isfinite(first_m) else []),
        Figure(f"availability_{name}", float(np.mean([one.metrics["availability"] for one in drives])), n=count),
        Figure(f"false_drives_{name}", sum(bool(np.any(one.error_m > FALSE_M)) for one in drives), n=count),
    ]
    if errors:
        interval = bootstrap_median(errors, np.random.default_rng(FIRST_SEED))
        median = float(np.median(np.concatenate(errors)))
        figures.append(Figure(f"median_error_m_{name}", median, "m", interval, sum(map(len, errors))))
    return figures


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    parser.add_argument("--quick", action="store_true", help="one drive of 300 m by overcast sky, 200 places")
    parser.add_argument("--drives", type=int, default=3, help="in each condition")
    parser.add_argument("--length", type=float, default=600.0, help="of each drive, m")
    parser.add_argument("--places", type=int, default=1250, help="of which photos are taken, both ways")
    parser.add_argument("--conditions", nargs="+", default=[*CONDITIONS, OUTSIDE], metavar="NAME")
    parser.add_argument("--work", type=Path, help="folder that keeps indexes, photos and bags")
    parser.add_argument("--photo-model", type=Path, help="another network for photos than the shipped one (.onnx)")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.drives, arguments.length, arguments.places, arguments.conditions = 1, 300.0, 200, ["overcast"]
    return arguments


if __name__ == "__main__":
    main()
