"""What depth and segmentation are worth: the same drives from the camera's image alone, and with both given.

    python benchmarks/rgb_drives.py --json rgb_drives.json [--quick] [--work FOLDER] [--model FILE]

Every drive is simulated through an edited copy of the map (noise `paper`), recorded as a panorama of 1024 x 320 pixels
at 2.5 Hz, and localized in process by the classes that the nodes use. `given`: the labels, instances and depth of the
bag, with the mistakes that noise `paper` makes. `rgb`: nothing but the image, of which our network reads all
three. Between them, one from each: `given_labels` with the network's depth, `given_depth` with the network's labels.

Figures: `found_<mode>` of the drives, `median_error_<mode>_m` of all fixes. Rows: every drive under every mode, with
the share of rays on which a building was seen, and how far those ranges are from the given ones.

With --work, bags are kept there and used again. What a drive gave goes into a folder beside FILE
(`rgb_drives.details`); a drive found there, made by the same code from the same inputs, is not measured again.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _common import ROOT, Figure, Result, bootstrap_median, city
from _rows import fingerprint
from numpy.typing import NDArray

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.config import Config, load_config
from geoloc_ros.core.errors import GeolocError, ObservationError
from geoloc_ros.core.interfaces import Encoder
from geoloc_ros.core.progress import no_progress
from geoloc_ros.core.types import Observation, SemanticScan
from geoloc_ros.core.view import CameraFrame, View
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.datasets.bag_frames import BagFrame
from geoloc_ros.datasets.parts import PARTS
from geoloc_ros.evaluation.metrics import evaluate_poses, interpolate_poses
from geoloc_ros.index import index_map
from geoloc_ros.localization.localizer import Localizer
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.localize import FIXES
from geoloc_ros.reading.readers import SHIPPED_NETWORK
from geoloc_ros.scan.encoders import make_encoder
from geoloc_ros.scan.observe import observe_scan
from geoloc_ros.scan.perceive import Perceiver
from geoloc_ros.simulate import simulate_drive

MODES = ("given", "rgb", "given_labels", "given_depth")
FIRST_SEED = 1
RECORDED = ("sim.width=1024", "sim.height=320", "sim.rate_hz=2.5")


@dataclass(frozen=True)
class ModeResult:
    """One drive under one mode."""

    error_m: list[float]
    """Of every fix."""
    metrics: dict[str, Any]
    hit_ratio: float
    """Share of the rays that saw a building."""
    observed_ratio: float
    range_difference_ratio: float
    """Median over the rays that hit under this mode and with everything given, of |range / given range - 1|."""
    skipped: int
    """Frames that could not be used."""


def main() -> None:
    arguments = _arguments()
    settings = (*RECORDED, *([f"networks.segmentation={arguments.model}"] if arguments.model else []))
    config = load_config(None, settings)
    seeds = range(FIRST_SEED, FIRST_SEED + arguments.drives)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            work = arguments.work or Path(scratch)
            index = _index(work, arguments, config)
            drives = [_drive(index, work, seed, arguments, config) for seed in seeds]
    except GeolocError as error:
        sys.exit(f"error: {error}")
    _print(drives, arguments)
    result = _result(drives, config.sim.noise)
    result.print()
    result.write(arguments.json)


def _index(work: Path, arguments: argparse.Namespace, config: Config) -> Path:
    name = arguments.map.name if arguments.map else arguments.city
    index = work / f"{name}.index"
    if not index.exists():
        map_file, crop = (arguments.map, None) if arguments.map else city(name)
        print(index_map(map_file, index, crop, config).as_text(), flush=True)
    return index


def _drive(
    index: Path, work: Path, seed: int, arguments: argparse.Namespace, config: Config
) -> dict[str, ModeResult]:
    """What every mode made of one drive, measured now or before."""
    sim = config.sim
    bag = work / f"drive_{seed}_{arguments.length:.0f}m_{sim.width}x{sim.height}.mcap"
    if not bag.exists():
        print(simulate_drive(index, bag, None, seed, arguments.length, config, no_progress).as_text(), flush=True)
    file = arguments.json.with_suffix(".details") / f"{bag.stem}.json"
    model = arguments.model or ROOT / SHIPPED_NETWORK
    mark = fingerprint([index / "manifest.json", model], f"{bag.stem} {config.model_dump_json()}")
    if file.is_file() and (kept := json.loads(file.read_text()))["fingerprint"] == mark:
        return {mode: ModeResult(**values) for mode, values in kept["modes"].items()}
    started_s = time.perf_counter()
    measured = _Race(index, bag, config).run()
    with write_beside(file) as partial:
        modes = {mode: asdict(one) for mode, one in measured.items()}
        partial.write_text(json.dumps({"fingerprint": mark, "modes": modes}) + "\n")
    said = ", ".join(
        f"{mode} {one.metrics['ate_median_m']:.2f} m{'' if one.metrics['found'] else ' (not found)'}"
        for mode, one in measured.items()
    )
    print(f"drive {seed}: {said}; {time.perf_counter() - started_s:.0f} s", flush=True)
    return measured


class _Race:
    """All modes side by side on one bag; the network reads every image once."""

    def __init__(self, index_path: Path, bag: Path, config: Config) -> None:
        index = PlaceIndex.load(index_path)
        self._config, self._reader = config, BagReader(bag)
        self._encoder: Encoder = make_encoder(config.descriptor, config.scan)
        index.check_encoder(self._encoder)
        self._perceiver = Perceiver(config.networks, config.inference, config.scan, config.observe)
        self._runners = {mode: _Runner(Localizer(index, config)) for mode in MODES}

    def run(self) -> dict[str, ModeResult]:
        """Drive all the way."""
        for frame in self._reader.frames(PARTS):
            came = frame.camera_frame()
            for mode, view in _views(came, self._read(came)).items():
                self._runners[mode].take(frame, self._observe(view), self._encoder)
        stamps_ns, truth = self._reader.frame_stamps_ns(), self._reader.ground_truth()
        given = self._runners["given"]
        return {mode: runner.result(stamps_ns, truth, given) for mode, runner in self._runners.items()}

    def _read(self, came: CameraFrame) -> View:
        """What the network alone sees."""
        image_only = dataclasses.replace(came, labels=None, instances=None, depths=())
        return self._perceiver.perceive([image_only]).views[0]

    def _observe(self, view: View) -> SemanticScan | None:
        try:
            return observe_scan([view], self._config.scan, self._config.observe)
        except ObservationError:
            return None


def _views(came: CameraFrame, read: View) -> dict[str, View]:
    """What each mode makes its scan of."""
    assert came.labels is not None, "it was asked for"
    given = View(came.camera, came.base_from_camera, came.labels, came.instances, came.depths)
    return {
        "given": given,
        "rgb": read,
        "given_labels": dataclasses.replace(given, depths=read.depths),
        "given_depth": dataclasses.replace(read, depths=given.depths),
    }


class _Runner:
    """A localizer and what it said."""

    def __init__(self, localizer: Localizer) -> None:
        self._localizer = localizer
        self._stamp_ns: list[int] = []
        self._pose: list[NDArray[np.float64]] = []
        self._skipped = 0
        self._scans: dict[int, SemanticScan] = {}

    def take(self, frame: BagFrame, scan: SemanticScan | None, encoder: Encoder) -> None:
        """The next frame; None if it gave no scan."""
        if scan is None:
            self._skipped += 1
            return
        self._scans[frame.stamp_ns] = scan
        estimate = self._localizer.update(
            Observation(frame.stamp_ns, scan, encoder.encode_query(scan), frame.odometry)
        )
        if estimate.status in FIXES:
            self._stamp_ns.append(frame.stamp_ns)
            self._pose.append(estimate.pose.as_array())

    def result(
        self, stamps_ns: NDArray[np.int64], truth: tuple[NDArray[np.int64], NDArray[np.float64]], given: _Runner
    ) -> ModeResult:
        """At the end of the drive."""
        stamp_ns, pose = np.array(self._stamp_ns, np.int64), np.array(self._pose).reshape(-1, 3)
        metrics = evaluate_poses(stamps_ns, stamp_ns, pose, *truth)
        error_m = np.hypot(*(pose - interpolate_poses(*truth, stamp_ns))[:, :2].T)
        scans = list(self._scans.values())
        pairs = [(scan.range_m, given._scans[stamp].range_m) for stamp, scan in self._scans.items()
                 if stamp in given._scans]
        difference = np.concatenate([np.abs(found / expected - 1.0) for found, expected in pairs])
        return ModeResult(
            error_m.tolist(), asdict(metrics), float(np.mean([np.isfinite(scan.range_m).mean() for scan in scans])),
            float(np.mean([scan.observed.mean() for scan in scans])), float(np.nanmedian(difference)), self._skipped,
        )


def _print(drives: list[dict[str, ModeResult]], arguments: argparse.Namespace) -> None:
    """The table that people want to see."""
    where = arguments.map or arguments.city
    print(f"\n{where}, {len(drives)} drives of {arguments.length:.0f} m from seed {FIRST_SEED}, noise paper")
    print("mode            found   error m  first fix m   fixes     hit  observed  off given range")
    for mode in MODES:
        results = [drive[mode] for drive in drives]
        errors = np.concatenate([one.error_m for one in results])
        error = f"{np.median(errors):.2f}" if len(errors) else "none"
        found = f"{sum(one.metrics['found'] for one in results)}/{len(drives)}"
        first_m = np.median([one.metrics["first_fix_m"] for one in results])
        fixes, hit, observed, off = (
            f"{np.mean(values):.1%}" for values in (
                [one.metrics["availability"] for one in results], [one.hit_ratio for one in results],
                [one.observed_ratio for one in results], [one.range_difference_ratio for one in results],
            )
        )  # fmt: skip
        print(f"{mode:16}{found:>5}{error:>10}{first_m:>13.0f}{fixes:>8}{hit:>8}{observed:>10}{off:>17}")


def _result(drives: list[dict[str, ModeResult]], noise: str) -> Result:
    figures = []
    for mode in MODES:
        figures.append(Figure(f"found_{mode}", sum(drive[mode].metrics["found"] for drive in drives), n=len(drives)))
        errors = [np.array(drive[mode].error_m) for drive in drives if drive[mode].error_m]
        if errors:
            value = float(np.median(np.concatenate(errors)))
            interval = bootstrap_median(errors, np.random.default_rng(FIRST_SEED))
            figures.append(Figure(f"median_error_{mode}_m", value, "m", interval, sum(map(len, errors))))
    rows = []
    for number, drive in enumerate(drives):
        for mode, one in drive.items():
            shown = {name: value for name, value in asdict(one).items() if name not in ("error_m", "metrics")}
            rows.append({"seed": FIRST_SEED + number, "mode": mode, **shown, **one.metrics})
    return Result(FIRST_SEED, noise, figures, rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    parser.add_argument("--quick", action="store_true", help="one drive of 300 m")
    parser.add_argument("--city", default="kyoto", help="of crops.json")
    parser.add_argument("--map", type=Path, metavar="FILE", help="a map file instead of a city")
    parser.add_argument("--drives", type=int, default=5)
    parser.add_argument("--length", type=float, default=1000.0, help="of each drive, m")
    parser.add_argument("--work", type=Path, help="folder that keeps index and bags")
    parser.add_argument("--model", type=Path, help="another network than the shipped one (.onnx or .yaml)")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.drives, arguments.length = 1, 300.0
    return arguments


if __name__ == "__main__":
    main()
