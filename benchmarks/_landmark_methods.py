"""Networks of the comparison: the same encoder, the same minutes, another thing to learn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _landmark_scenes import SceneName, Scenes

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.landmark_config import CameraPoseConfig, VotingConfig
from geoloc_ros.core.landmarks import CameraAnswer
from geoloc_ros.core.posed_images import PosedImages
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import UInt8
from geoloc_ros.evaluation.landmarks.judged import FindCamera, judge_views
from geoloc_ros.inference.load import load_network
from geoloc_ros.landmarks.camera_pose import solve_pose
from geoloc_ros.landmarks.coordinate_map import CoordinateMap
from geoloc_ros.landmarks.finder import LandmarkFinder, load_finder
from geoloc_ros.landmarks.landmark_input import LandmarkInput
from geoloc_ros.landmarks.landmark_map import INPUT_NAME, LandmarkMap
from geoloc_ros.training.landmarks.network import LandmarkMethod
from geoloc_ros.training.landmarks.spec import LandmarkNetworkSpec
from geoloc_ros.training.landmarks.training import LandmarkTraining, train_landmarks
from geoloc_ros.training.loop import Budget

METHODS: dict[str, LandmarkMethod] = {
    "vsnet": "prototypes", "regression": "coordinates", "cross_entropy": "cross-entropy",
}  # fmt: skip
"""As figures call them, and as training does."""
HELD_OUT = slice(5, None, 10)
"""Training views that no network learns from (`geoloc_ros.training.landmarks`)."""
DENSE_INLIER_PX = (2.0, 4.0, 8.0)
MEANINGS = {
    "vsnet": "landmarks: prototypes by triplets with mined negatives, votes, pose",
    "regression": "scene coordinates of every cell outright, same encoder and minutes, same solver",
    "cross_entropy": "landmarks by cross entropy over all of them, same encoder and minutes, same votes and solver",
    "sift": "SIFT of the ten training views that look most alike, on the same surface, same solver",
    "orb": "ORB in place of SIFT",
    "most_alike": "pose of the training view that looks most alike (shipped network for photos)",
}


@dataclass(frozen=True)
class Lessons:
    """How networks are trained."""

    patch_m: dict[SceneName, float]
    minutes: dict[SceneName, float]
    """Of one core, for every method."""
    steps_per_s: dict[LandmarkMethod, float]
    """Measured one after another on an idle core. Trainings are as many steps as these minutes have, so that what else
    the machine does gives no method more of them than another.
    """
    steps: int | None
    """In place of all that, where it only has to run."""
    spec: LandmarkNetworkSpec
    seed: int


class School:
    """Trains, or takes what was trained before; an interrupted training goes on."""

    def __init__(self, folder: Path, scenes: Scenes, lessons: Lessons, progress: ProgressCallback) -> None:
        self.lessons = lessons
        self._folder, self._scenes, self._progress = folder, scenes, progress

    def trained(
        self, scene: SceneName, method: LandmarkMethod, patch_m: float | None = None, minutes: float | None = None
    ) -> Path:
        """Artifact of a scene, by default with patches and minutes of the lessons."""
        lessons = self.lessons
        patch_m = patch_m or lessons.patch_m[scene]
        minutes = minutes or lessons.minutes[scene]
        steps = lessons.steps or round(60.0 * minutes * lessons.steps_per_s[method])
        folder = self._folder / f"{scene}-{method}-{patch_m:g}m-{steps}-{lessons.seed}"
        if not (folder / "manifest.json").exists():
            posed = self._scenes.scene(scene)
            job = LandmarkTraining(
                patch_m, method, lessons.spec, Budget(steps=steps), seed=lessons.seed
            )
            train_landmarks(
                posed.train, self._scenes.surface(scene), None, job, folder, "benchmarks/landmarks.py", self._progress
            )
        return folder

    def said(self, folder: Path) -> dict[str, Any]:
        """What a training came to."""
        config = (CoordinateMap if "-coordinates-" in folder.name else LandmarkMap).load(folder).config
        return {name: config[name] for name in ("steps", "minutes", "best_step", "figures", "views")}


def finder_of(folder: Path) -> LandmarkFinder:
    """Of landmarks, on the CPU with one thread."""
    return load_finder(LandmarkMap.load(folder), VotingConfig(), CameraPoseConfig())


class DenseFinder:
    """Scene coordinates of every cell, then the pose."""

    def __init__(self, folder: Path, inlier_px: float) -> None:
        self._map = CoordinateMap.load(folder)
        self._network = load_network(self._map.network_file, INPUT_NAME, ("coordinate",), InferenceConfig())
        self._input = LandmarkInput(self._map.camera)
        self._config = CameraPoseConfig(inlier_px=inlier_px)

    def find(self, image: UInt8, camera: Camera, rng: np.random.Generator) -> CameraAnswer:
        """The pose that most cells agree on."""
        prepared = self._input.prepare(image, camera)
        (coordinate,) = self._network.run(prepared.planes[None])
        _, rows, columns = coordinate[0].shape
        stride = self._map.camera.height // rows
        centre = (np.arange(max(rows, columns)) + 0.5) * stride
        pixel = np.stack(np.meshgrid(centre[:columns], centre[:rows]), axis=-1).reshape(-1, 2)
        half = stride // 2
        seen = prepared.covered[half::stride, half::stride].ravel()
        points_m = coordinate[0].reshape(3, -1).T.astype(np.float64)
        return solve_pose(points_m[seen], pixel[seen], self._map.camera, self._config, rng)


def find_of(method: str, folder: Path, train: PosedImages, seed: int) -> FindCamera:
    """What finds cameras with a trained artifact.

    For coordinates, how far a point may be off is what suits the held-out training views best; for landmarks it is the
    default.
    """
    if method != "regression":
        return finder_of(folder).find
    held_out = train.take(np.arange(len(train))[HELD_OUT])
    finders = [DenseFinder(folder, inlier_px) for inlier_px in DENSE_INLIER_PX]
    unknown = np.full(len(held_out), np.nan)
    medians = [np.median(judge_views(each.find, held_out, unknown, seed).errors.position_m) for each in finders]
    return finders[int(np.argmin(medians))].find
