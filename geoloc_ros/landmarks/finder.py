"""From an image to the pose of its camera in a scene that was learnt."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.interfaces import Network
from geoloc_ros.core.landmark_config import CameraPoseConfig, VotingConfig
from geoloc_ros.core.landmarks import NO_LANDMARK, CameraAnswer, CameraPose, VotedLandmarks
from geoloc_ros.core.types import Bool, Float32, Int32, Int64, UInt8
from geoloc_ros.inference.load import load_network
from geoloc_ros.landmarks.camera_pose import agreement, landmark_pose
from geoloc_ros.landmarks.landmark_input import LandmarkInput
from geoloc_ros.landmarks.landmark_map import INPUT_NAME, OUTPUT_NAMES, LandmarkMap
from geoloc_ros.landmarks.pose_refinement import RefinedPose
from geoloc_ros.landmarks.prior import CameraPrior
from geoloc_ros.landmarks.prototypes import PrototypeSearch
from geoloc_ros.landmarks.vote_refinement import refine_by_votes
from geoloc_ros.landmarks.voting import vote

logger = logging.getLogger(__name__)

Stage = Literal["input", "network", "labels", "voting", "pose", "refinement"]
STAGES: tuple[Stage, ...] = ("input", "network", "labels", "voting", "pose", "refinement")
"""Of an image, in their order: resampled, run, cells named, landmarks voted for, the pose solved, and refined."""

_ONE_THREAD = InferenceConfig()
# Landmarks are looked for within so many standard deviations of a prior, and a pose is believed by it.
_SIGMAS = 3.0
# With a prior, fewer landmarks fix a pose: the fourth tells apart what three leave open.
_LEAST_WITH_PRIOR = 4
# How often cells are named again by what the pose can see, and how far off it may still be, beside a patch.
_REFINEMENTS = 2
_STILL_OFF_RAD = 0.05


@dataclass(frozen=True)
class Sighting:
    """An answer with what it was made from."""

    answer: CameraAnswer
    voted: VotedLandmarks
    """Pixels of `camera`."""
    label: Int32
    """(h, w), landmark that each cell of the network's output shows, 0 for none."""
    camera: Camera
    """Of the network's input."""
    seconds: dict[Stage, float]


@dataclass(frozen=True)
class _Maps:
    """What a network said of an image."""

    embedding: Float32
    """(D, h, w)."""
    direction: Float32
    """(h, w, 2)."""
    covered: Bool
    """(h, w), which cells the image shows."""

    def labels(self, search: PrototypeSearch) -> Int32:
        """(h, w)."""
        label, _ = search.nearest(self.embedding)
        label[~self.covered] = NO_LANDMARK
        return label


class LandmarkFinder:
    """Finds cameras by the landmarks of one scene. Calls from one thread at a time."""

    def __init__(
        self, landmark_map: LandmarkMap, network: Network, voting: VotingConfig, camera_pose: CameraPoseConfig
    ) -> None:
        """Make ready.

        Args:
            landmark_map: Of the scene.
            network: Its network, with the outputs OUTPUT_NAMES.
            voting: From its output to landmarks in the image.
            camera_pose: From them to a pose.

        Raises:
            IndexMismatchError: If the network is not that of the map.
        """
        self._stride = landmark_map.stride_of(network)
        self._map, self._network = landmark_map, network
        self._voting, self._camera_pose = voting, camera_pose
        self._input, self._search = LandmarkInput(landmark_map.camera), PrototypeSearch(landmark_map.prototype)
        corner = np.abs(landmark_map.camera.rays()[[0, 0, -1, -1], [0, -1, 0, -1], :2]).max(axis=0)
        self._half_fov_rad = float(np.arctan(np.hypot(*corner)))

    @property
    def camera(self) -> Camera:
        """Of the network's input."""
        return self._map.camera

    @property
    def landmark_map(self) -> LandmarkMap:
        """The scene."""
        return self._map

    def find(
        self, image: UInt8, camera: Camera, rng: np.random.Generator, prior: CameraPrior | None = None
    ) -> CameraAnswer:
        """The answer of `look`."""
        return self.look(image, camera, rng, prior).answer

    def look(
        self, image: UInt8, camera: Camera, rng: np.random.Generator, prior: CameraPrior | None = None
    ) -> Sighting:
        """Where `camera` was when it took an image (H, W, 3), red first.

        With a prior, only landmarks that may be in view are looked for, and four that agree are enough; chance must be
        as improbable as without it. What the prior does not lead to is looked for everywhere, as without it.

        Raises:
            ObservationError: If the image does not fit the camera, or the network makes no numbers of it.
            BackendError: If the network cannot be run.
        """
        watch = _Watch()
        with watch.timed("input"):
            prepared = self._input.prepare(image, camera)
        with watch.timed("network"):
            (embedding,), (direction,) = self._network.run(prepared.planes[None])
        if not np.isfinite(embedding).all() or not np.isfinite(direction).all():
            raise ObservationError(f"network '{self._network.file}' makes no numbers of an image")
        half = self._stride // 2
        covered = prepared.covered[half :: self._stride, half :: self._stride]
        maps = _Maps(embedding, np.moveaxis(direction, 0, -1), covered)
        if prior is not None and len(possible := self._in_view(prior, _SIGMAS)):
            search = PrototypeSearch(self._map.prototype, possible)
            least = min(_LEAST_WITH_PRIOR, self._camera_pose.least_landmarks)
            config = self._camera_pose.model_copy(update={"least_landmarks": least})
            sighting = self._sighted(maps, search, config, rng, watch)
            answer = sighting.answer
            if isinstance(answer, CameraPose) and prior.agrees(answer.scene_from_camera, _SIGMAS):
                return sighting
        return self._sighted(maps, self._search, self._camera_pose, rng, watch)

    def _in_view(self, prior: CameraPrior, sigmas: float) -> Int64:
        """Landmarks that may be seen, 1 to n."""
        landmarks = self._map.landmarks
        seen = prior.may_show(landmarks.position_m, landmarks.normal, self._half_fov_rad, sigmas)
        return np.flatnonzero(seen) + 1

    def _sighted(
        self, maps: _Maps, search: PrototypeSearch, config: CameraPoseConfig, rng: np.random.Generator, watch: _Watch
    ) -> Sighting:
        with watch.timed("labels"):
            label = maps.labels(search)
        with watch.timed("voting"):
            voted = vote(label, maps.direction, self._stride, self._voting, rng)
        with watch.timed("pose"):
            answer = landmark_pose(voted, self._map.landmarks, self.camera, config, rng, self._map.variance_factor)
        if isinstance(answer, CameraPose):
            with watch.timed("refinement"):
                answer = self._refined(answer, voted, maps)
        return Sighting(answer, voted, label, self.camera, watch.seconds)

    def _refined(self, found: CameraPose, voted: VotedLandmarks, maps: _Maps) -> CameraPose:
        """By all votes, of cells that are named among the landmarks that the pose can see.

        Whether it is a pose at all was asked before: among so few, cells agree with it more easily.
        """
        refined: RefinedPose | None = None
        pose = found.scene_from_camera
        for _ in range(_REFINEMENTS):
            near = CameraPrior(pose, self._map.landmarks.patch_m, _STILL_OFF_RAD)
            label = maps.labels(PrototypeSearch(self._map.prototype, self._in_view(near, 1.0)))
            refined = refine_by_votes(pose, label, maps.direction, self._map.landmarks, self.camera, self._stride)
            if refined is None:
                return found
            pose = refined.scene_from_camera
        assert refined is not None
        agreed = agreement(pose, voted, self._map.landmarks, self.camera, self._camera_pose)
        before = len(found.inliers)
        if len(agreed.inliers) < max(before / 2.0, min(before, self._camera_pose.least_landmarks)):
            return found
        return replace(
            found, scene_from_camera=pose, covariance=self._map.variance_factor * refined.covariance,
            inliers=agreed.inliers, error_px=agreed.error_px,
        )  # fmt: skip


def load_finder(
    landmark_map: LandmarkMap, voting: VotingConfig, camera_pose: CameraPoseConfig,
    inference: InferenceConfig = _ONE_THREAD,
) -> LandmarkFinder:
    """A finder with the network of the map.

    Raises:
        BackendError: If the network is broken, or no engine can run it.
        IndexMismatchError: If it is not that of the map.
    """
    network = load_network(landmark_map.network_file, INPUT_NAME, OUTPUT_NAMES, inference)
    finder = LandmarkFinder(landmark_map, network, voting, camera_pose)
    logger.info("%d landmarks of '%s' on %s", len(landmark_map.landmarks), landmark_map.name, network.engine_name)
    return finder


class _Watch:
    """Sums up what stages take."""

    def __init__(self) -> None:
        self.seconds: dict[Stage, float] = dict.fromkeys(STAGES, 0.0)

    @contextmanager
    def timed(self, stage: Stage) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.seconds[stage] += time.perf_counter() - started
