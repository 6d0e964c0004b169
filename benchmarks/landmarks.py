"""Cameras found in two simulated scenes, a room of 5 m and a street corner of 60 m, by landmarks and by baselines.

VS-Net, dense regression of scene coordinates and cross entropy learn each scene on the same encoder for the same
minutes of one core, and are asked for views from other paths; SIFT, ORB and the most similar training view are peers.
Then with a block of noise in the image, by size of the patches, what the losses cost, how long an image takes, and what
is told of scenes and images that are no good.

`--work FOLDER` keeps scenes, networks and parts that are done: an interrupted run goes on, and parts may run side by
side (`--part room`, `--part corner`) before a run of all puts them together. Pages of the scenes are in FOLDER/pages.

Figures without a scene in their name are of the room (`occlusion_...`) or of the machine. A median is left out where
most views are not found, as it is infinite then; the rows say how many are.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from _common import Result
from _landmark_accuracy import measure_scene
from _landmark_bad import measure_bad_scenes, measure_foreign, measure_wrong_cameras
from _landmark_costs import measure_costs
from _landmark_findings import Findings, kept
from _landmark_methods import Lessons, School
from _landmark_scenes import SceneName, Scenes, SceneSizes
from _landmark_speed import measure_speed
from _landmark_sweep import measure_patches
from _landmark_tables import print_tables
from _rows import fingerprint

from geoloc_ros.core.errors import GeolocError
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.terminal import progress_bar
from geoloc_ros.training.landmarks.network import LandmarkMethod
from geoloc_ros.training.landmarks.spec import LandmarkNetworkSpec

PARTS = ("room", "corner", "patches", "costs", "speed", "bad")
_CODE = ("core", "inference", "landmarks", "evaluation/landmarks", "sim/textured", "datasets/scenes")


@dataclass(frozen=True)
class Extent:
    """How much is measured."""

    sizes: SceneSizes
    minutes: dict[SceneName, float]
    """Of each training."""
    steps: int | None
    patches_m: dict[SceneName, tuple[float, ...]]
    """Of the sweep."""
    sweep_minutes: float
    spec: LandmarkNetworkSpec
    classes: tuple[int, ...]
    """Of which the memory of cross entropy is measured, at 640x480."""
    rounds: int


PATCH_M: dict[SceneName, float] = {"room": 0.4, "corner": 3.0}
STEPS_PER_S: dict[LandmarkMethod, float] = {
    "prototypes": 1.0 / 0.138, "cross-entropy": 1.0 / 0.368, "coordinates": 1.0 / 0.110,
}  # fmt: skip
"""Of four views, on one core of the machine that the published figures are from, alone."""
FULL = Extent(
    SceneSizes(600, 150, "320x240", 40, 30), {"room": 10.0, "corner": 16.0}, None,
    {"room": (0.25, 0.4, 0.8)}, 2.5, LandmarkNetworkSpec(), (50, 100, 200, 400), 40,
)  # fmt: skip
QUICK = Extent(
    SceneSizes(24, 6, "96x64", 2, 1), {"room": 0.0, "corner": 0.0}, 3, {"room": (0.6,)}, 0.0,
    LandmarkNetworkSpec(width_px=96, height_px=64), (5, 10), 3,
)  # fmt: skip


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--work", type=Path, help="folder that keeps scenes, networks, parts and pages")
    parser.add_argument("--quick", action="store_true", help="a minute: shows that it runs, its figures mean nothing")
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS, help="only these")
    parser.add_argument("--seed", type=int, default=0, help="of training and intervals")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    try:
        with tempfile.TemporaryDirectory() as scratch, progress_bar() as progress:
            bench = Bench(arguments, arguments.work or Path(scratch), progress)
            findings = Findings()
            for part in arguments.part:
                findings.take(bench.measured(part))
    except GeolocError as error:
        sys.exit(f"error: {error}")
    result = Result(arguments.seed, "images with noise, exposure and blur", findings.figures, findings.rows)
    result.write(arguments.json)
    print_tables(findings)
    result.print()


class Bench:
    """All parts, each measured or taken from where it was kept."""

    def __init__(self, arguments: argparse.Namespace, work: Path, progress: ProgressCallback) -> None:
        self._extent = QUICK if arguments.quick else FULL
        self._work = work / "quick" if arguments.quick else work
        self._seed, self._progress = arguments.seed, progress
        self._scenes = Scenes(self._work / "scenes", self._extent.sizes, progress)
        extent = self._extent
        lessons = Lessons(PATCH_M, extent.minutes, STEPS_PER_S, extent.steps, extent.spec, arguments.seed)
        self._school = School(self._work / "networks", self._scenes, lessons, progress)

    def measured(self, part: str) -> Findings:
        """Of one of PARTS."""
        settings = str((part, self._seed, asdict(self._school.lessons), asdict(self._extent)))
        stamp = fingerprint((), settings, _CODE)
        measure: dict[str, Callable[[Findings], None]] = {
            "room": lambda findings: self._scene("room", findings),
            "corner": lambda findings: self._scene("corner", findings),
            "patches": self._patches,
            "costs": lambda findings: measure_costs(self._extent.classes, findings),
            "speed": self._speed,
            "bad": self._bad,
        }
        return kept(self._work / "parts" / f"{part}.json", stamp, measure[part])

    def _scene(self, scene: SceneName, findings: Findings) -> None:
        measure_scene(scene, self._scenes, self._school, self._seed, self._work / "pages", self._progress, findings)

    def _patches(self, findings: Findings) -> None:
        minutes = self._extent.sweep_minutes
        for scene, sizes_m in self._extent.patches_m.items():
            measure_patches(scene, sizes_m, minutes, self._scenes, self._school, self._progress, findings)

    def _speed(self, findings: Findings) -> None:
        network = self._school.trained("room", "prototypes")
        self._scenes.scene("room")
        measure_speed(network, self._scenes.folder / "room", self._extent.rounds, findings)

    def _bad(self, findings: Findings) -> None:
        measure_bad_scenes(self._scenes, PATCH_M["room"], self._progress, findings)
        measure_wrong_cameras(self._scenes, self._school, self._progress, findings)
        measure_foreign(self._scenes, self._school, self._progress, findings)


if __name__ == "__main__":
    main()
