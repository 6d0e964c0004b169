"""The pose of a camera in whichever of many learnt scenes it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.landmarks import CameraPose, NotFound
from geoloc_ros.core.types import Float64, Pose2, Pose3, UInt8
from geoloc_ros.landmarks.finder import LandmarkFinder, Sighting
from geoloc_ros.landmarks.landmark_map import SceneOutline
from geoloc_ros.landmarks.prior import CameraPrior
from geoloc_ros.landmarks.scene_shelf import SceneShelf
from geoloc_ros.landmarks.vehicle_pose import camera_prior

# A vehicle whose place on the map is that unsure may be in a scene that begins so many standard deviations off.
_SIGMAS = 3.0


@dataclass(frozen=True)
class VehiclePrior:
    """Where somebody believes the vehicle of a camera to be on the map; it may be wrong."""

    pose: Pose2
    covariance: Float64
    """(3, 3) of x, y, yaw."""
    base_from_camera: Pose3


@dataclass(frozen=True)
class SceneAnswer:
    """What an image shows of the scenes that were looked for in it."""

    scene: SceneOutline | None
    """In which it was found, else the one that was looked for last; None where there was none to look for."""
    sighting: Sighting | None
    """Of that scene."""
    num_tried: int
    """Scenes that were looked for."""

    @property
    def pose(self) -> CameraPose | None:
        """In the frame of the scene; None where none was found."""
        found = None if self.sighting is None else self.sighting.answer
        return found if isinstance(found, CameraPose) else None

    @property
    def reason(self) -> str:
        """Why there is no pose; empty where there is one."""
        if self.sighting is None:
            return "no scene near"
        answer = self.sighting.answer
        return answer.reason if isinstance(answer, NotFound) else ""


class SceneFinder:
    """Looks for scenes in images, the likeliest first, until one is found. Calls from one thread at a time."""

    def __init__(self, shelf: SceneShelf[LandmarkFinder], radius_m: float, tries: int, waits: bool) -> None:
        """Choose from a shelf.

        Args:
            shelf: Of scenes.
            radius_m: Scenes are looked for up to so far from where they were learnt.
            tries: So many scenes are looked for in an image at the most.
            waits: Whether scenes are waited for that are not in memory; else they are left out until they are.
        """
        self._shelf, self._radius_m, self._tries, self._waits = shelf, radius_m, tries, waits
        self._last: SceneOutline | None = None
        self._turn = 0

    def look(
        self, image: UInt8, camera: Camera, rng: np.random.Generator, prior: VehiclePrior | None = None
    ) -> SceneAnswer:
        """Where `camera` was when it took an image (H, W, 3), red first.

        With a prior, the scenes around it are looked for, the nearest first. Without one, or where no scene says where
        it lies, that of the last pose, and then the others in turn.

        Raises:
            ObservationError: If the image does not fit the camera, or the prior is none.
            GeolocError: If a scene that is waited for cannot be loaded.
        """
        last, self._last = self._last, None
        answer = SceneAnswer(None, None, 0)
        for scene, finder in self._finders(self._candidates(prior, last)):
            self._turn += scene is not last
            sighting = finder.look(image, camera, rng, self._prior_in(scene, prior))
            answer = SceneAnswer(scene, sighting, answer.num_tried + 1)
            if answer.pose is not None:
                self._last = scene
                break
        return answer

    def forget(self) -> None:
        """The next image has nothing to do with the last one."""
        self._last, self._turn = None, 0

    def _candidates(self, prior: VehiclePrior | None, last: SceneOutline | None) -> Sequence[SceneOutline]:
        failed = self._shelf.failures
        scenes = [scene for scene in self._shelf.scenes if scene.path not in failed]
        if prior is not None and any(scene.place is not None for scene in scenes):
            position_m = np.array([prior.pose.x_m, prior.pose.y_m])
            sigma_m = float(np.sqrt(max(0.0, np.linalg.eigvalsh(prior.covariance[:2, :2])[-1])))
            near = self._shelf.around(position_m, self._radius_m + _SIGMAS * sigma_m)
            return [scene for scene in near if scene.path not in failed]
        others = [scene for scene in scenes if scene is not last]
        begin = self._turn % max(1, len(others))
        return ([last] if last is not None and last in scenes else []) + others[begin:] + others[:begin]

    def _finders(self, scenes: Sequence[SceneOutline]) -> Iterator[tuple[SceneOutline, LandmarkFinder]]:
        chosen = scenes[: self._tries]
        if not self._waits:
            yield from self._shelf.ready(chosen)
            return
        for scene in chosen:
            yield scene, self._shelf.fetch(scene)

    def _prior_in(self, scene: SceneOutline, prior: VehiclePrior | None) -> CameraPrior | None:
        map_from_scene = self._shelf.map_from_scene(scene)
        if prior is None or map_from_scene is None:
            return None
        return camera_prior(
            prior.pose, prior.covariance, map_from_scene, prior.base_from_camera, scene.camera_position_m
        )
