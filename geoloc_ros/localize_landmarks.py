"""`geoloc localize --landmarks`: where cameras were in scenes that were learnt, in six degrees of freedom."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import ArtifactError, DatasetError, ObservationError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.geometry import compose, relative_motion
from geoloc_ros.core.landmarks import NotFound
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import LocalizationStatus, Pose2, PoseEstimate, PoseFix
from geoloc_ros.core.view import CameraFrame
from geoloc_ros.datasets.bag_frames import BagFrame
from geoloc_ros.datasets.shots import Recording, Shot, open_recording
from geoloc_ros.evaluation.landmarks.image_answers import ImageAnswer, common_reasons, write_answers
from geoloc_ros.evaluation.landmarks.judgement import write_judgement
from geoloc_ros.evaluation.landmarks.landmark_files import PAGE_FILE
from geoloc_ros.evaluation.tum import write_tum_poses
from geoloc_ros.landmarks.finder import LandmarkFinder, load_finder
from geoloc_ros.landmarks.landmark_map import LandmarkMap, SceneOutline
from geoloc_ros.landmarks.scene_finder import SceneAnswer, SceneFinder, VehiclePrior
from geoloc_ros.landmarks.scene_shelf import SceneShelf, list_scenes
from geoloc_ros.landmarks.vehicle_pose import vehicle_pose

logger = logging.getLogger(__name__)

_SEED = 0
_REASONS = 3
FIXES = (LocalizationStatus.INITIALIZED, LocalizationStatus.DEGRADED)


@dataclass(frozen=True)
class LandmarksSummary:
    """What became of images."""

    output: Path
    table: Path
    page: Path | None
    """Where the truth is known."""
    images: int
    found: int
    bad_images: int
    """That could not be read."""
    scenes: tuple[tuple[str, int], ...]
    """Those that were found, and how often."""
    reasons: tuple[tuple[int, str], ...]
    """The commonest why images were not found, and how often."""
    frame: str
    """What the poses are, for people."""
    seconds: float
    """Of an image, median."""
    accuracy: str
    """For people; empty where the truth is not known."""

    def as_text(self) -> str:
        """A few lines for a terminal."""
        where = ", ".join(f"{name} {count}" for name, count in self.scenes)
        lines = [f"{self.found} of {self.images} images found{f' ({where})' if where else ''}, "
                 f"{1000.0 * self.seconds:.0f} ms each (median)"]  # fmt: skip
        lines += [self.accuracy] if self.accuracy else []
        lines += [f"{count} not found: {reason}" for count, reason in self.reasons]
        lines += [f"{self.bad_images} bad images left out"] if self.bad_images else []
        lines += [f"trajectory {self.output}: {self.frame}", f"table      {self.table}"]
        return "\n".join([*lines, *([f"page       {self.page}"] if self.page else [])])


def table_path(trajectory: Path) -> Path:
    """Where the table of all images lies that belongs to a trajectory."""
    return trajectory.with_name(f"{trajectory.stem}.landmarks.csv")


def page_folder(trajectory: Path) -> Path:
    """Where page and figures lie that belong to a trajectory of views whose truth is known.

    Scenes are learnt into folders such as room.landmarks, and room.tum is found in them: these are other names.
    """
    return trajectory.with_name(f"{trajectory.stem}.errors")


def refined_path(trajectory: Path) -> Path:
    """Where poses by landmarks lie that belong to the trajectory of a localizer."""
    return trajectory.with_name(f"{trajectory.stem}.landmarks.tum")


def open_shelf(landmarks: Path, config: Config, origin: GeoOrigin | None) -> SceneShelf[LandmarkFinder]:
    """The scenes of a folder of `geoloc train landmarks`, or of one that holds several of them.

    Raises:
        ArtifactError: If there is none.
    """
    def load(path: Path) -> LandmarkFinder:
        return load_finder(LandmarkMap.load(path), config.voting, config.camera_pose, config.inference)

    return SceneShelf(list_scenes(landmarks), load, config.scenes.memory_mb, origin)


def localize_landmarks(
    source: Path, landmarks: Path, output: Path, config: Config, progress: ProgressCallback = no_progress
) -> LandmarksSummary:
    """Find the camera of every image by itself; write poses to `output` (TUM) and all else to the table beside it.

    Poses are those of the vehicle where a bag says how its cameras are mounted, else of the camera's optical frame; on
    the map where the scenes say where they lie, else in the frame of the scene. Where the source is a scene, so that
    the truth is known, a page is written, too. The same input gives the same bytes.

    Args:
        source: A bag, a scene or a folder of images (`datasets.shots`).
        landmarks: Folder of `geoloc train landmarks`, or one that holds several of them.
        output: Replaced if it exists.
        config: Sections `voting`, `camera_pose`, `scenes` and `inference` count.
        progress: Told about images.

    Raises:
        DatasetError: If there is no image that can be read.
        ArtifactError: If there is no scene, or of several some do not say where they lie.
        BackendError: If a network cannot be used.
    """
    scenes = list_scenes(landmarks)
    origin = _shared_origin(scenes)
    shelf = open_shelf(landmarks, config, origin)
    recording = open_recording(source, progress)
    finder = SceneFinder(shelf, config.scenes.radius_m, len(scenes), waits=True)
    answers, seconds, rows = _look(recording, finder, shelf, progress)
    if not answers:
        raise DatasetError(f"no image of '{source}' can be read; see the log for why")
    found = [(each.stamp_ns, each.pose) for each in answers if each.pose is not None]
    write_tum_poses(output, [stamp for stamp, _ in found], [pose for _, pose in found])
    write_answers(table_path(output), answers)
    page, accuracy = None, ""
    if recording.truth is not None and len(scenes) == 1:
        page = page_folder(output) / PAGE_FILE
        images = recording.truth.take(np.array(rows, np.int64))
        said = tuple(each.answer for each in answers)
        accuracy = write_judgement(images, said, shelf.fetch(scenes[0]), page.parent, _SEED)
    shelf.close()
    names = Counter(each.scene for each in answers if each.pose is not None)
    return LandmarksSummary(
        output, table_path(output), page, len(answers), len(found), recording.count - len(answers),
        tuple(names.most_common()), tuple(common_reasons(answers, _REASONS)),
        _frame(scenes, recording.is_of_vehicle, origin), float(np.median(seconds)), accuracy,
    )


def _look(
    recording: Recording, finder: SceneFinder, shelf: SceneShelf[LandmarkFinder], progress: ProgressCallback
) -> tuple[list[ImageAnswer], list[float], list[int]]:
    """Answers, what they took, and which images they are of: those that can be read."""
    answers, seconds, rows = [], [], []
    for number, shot in enumerate(recording.shots):
        progress("looking for landmarks", min(1.0, number / max(1, recording.count)))
        try:
            image, camera = shot.read()
            started_s = time.perf_counter()
            seen = finder.look(image, camera, np.random.default_rng((_SEED, number)))
        except (ObservationError, DatasetError) as error:
            logger.warning("image %s left out: %s", shot.name, error)
            continue
        seconds.append(time.perf_counter() - started_s)
        answers.append(_answer(shot, seen, shelf))
        rows.append(number)
    progress("looking for landmarks", 1.0)
    return answers, seconds, rows


def _answer(shot: Shot, seen: SceneAnswer, shelf: SceneShelf[LandmarkFinder]) -> ImageAnswer:
    if seen.scene is None or seen.sighting is None:
        return ImageAnswer(shot.name, shot.stamp_ns, "", NotFound(seen.reason, 0), None)
    pose = None
    if seen.pose is not None:
        pose = seen.pose.scene_from_camera @ shot.base_from_camera.inverse()
        map_from_scene = shelf.map_from_scene(seen.scene)
        pose = pose if map_from_scene is None else map_from_scene @ pose
    return ImageAnswer(shot.name, shot.stamp_ns, seen.scene.name, seen.sighting.answer, pose)


def _shared_origin(scenes: Sequence[SceneOutline]) -> GeoOrigin | None:
    """Of the map on which the scenes lie together; None where none knows one, or one scene is all there is."""
    origins = [scene.place.origin for scene in scenes if scene.place is not None and scene.place.origin is not None]
    lost = [scene.path.name for scene in scenes if scene.place is None]
    if origins and len(origins) < len(scenes):
        lost = [scene.path.name for scene in scenes if scene.place is None or scene.place.origin is None]
    if lost and len(scenes) > 1:
        raise ArtifactError(
            f"of {len(scenes)} scenes {', '.join(lost[:5])} do not say where they lie"
            f"{' on the earth' if origins else ''}, so that poses would be in several frames; localize in one scene, "
            "or put place.json beside the images of each and train it again"
        )
    return origins[0] if origins else None


def _frame(scenes: Sequence[SceneOutline], is_of_vehicle: bool, origin: GeoOrigin | None) -> str:
    what = "base_link" if is_of_vehicle else "camera (optical frame)"
    if scenes[0].place is None:
        return f"{what} in the frame of scene {scenes[0].name}"
    return f"{what} on the map" + (f" of origin {origin.latitude_deg}, {origin.longitude_deg}" if origin else "")


class LandmarkWitness:
    """Looks for landmarks in the images of a drive, to tell its localizer where the vehicle is."""

    def __init__(self, landmarks: Path, origin: GeoOrigin, config: Config) -> None:
        """Find the scenes of a folder.

        Raises:
            ArtifactError: If there is none, or one does not say where it lies.
        """
        self._shelf = open_shelf(landmarks, config, origin)
        if lost := [scene.path.name for scene in self._shelf.scenes if scene.place is None]:
            raise ArtifactError(
                f"scenes {', '.join(lost[:5])} of '{landmarks}' do not say where they lie on the map; put place.json "
                "beside their images and train them again (docs/landmarks.md)"
            )
        self._finder = SceneFinder(self._shelf, config.scenes.radius_m, config.scenes.tries, waits=True)
        self.answers: list[ImageAnswer] = []
        """Of the images that were looked at, in their order."""

    def look(self, frame: BagFrame, seen: CameraFrame, last: tuple[PoseEstimate, Pose2] | None) -> PoseFix | None:
        """Where the vehicle was; None where its image shows no scene.

        Args:
            frame: Of the drive.
            seen: The same, decoded, with an image.
            last: What the localizer said before, and odometry then; None where nothing.
        """
        assert seen.image is not None  # frames with this part were asked for
        rng = np.random.default_rng((_SEED, len(self.answers)))
        said = ImageAnswer(str(frame.stamp_ns), frame.stamp_ns, "", NotFound("", 0), None)
        try:
            answer = self._finder.look(seen.image, seen.camera, rng, _prior(frame, last))
        except ObservationError as error:
            # What else the frame shows may be fine.
            self.answers.append(replace(said, answer=NotFound(str(error), 0)))
            return None
        said = replace(said, answer=NotFound(answer.reason, 0))
        if answer.scene is not None and answer.sighting is not None:
            said = replace(said, scene=answer.scene.name, answer=answer.sighting.answer)
        map_from_scene = None if answer.scene is None else self._shelf.map_from_scene(answer.scene)
        if answer.pose is None or map_from_scene is None:
            self.answers.append(said)
            return None
        vehicle = vehicle_pose(answer.pose, map_from_scene, frame.base_from_camera)
        self.answers.append(replace(said, pose=vehicle.map_from_base))
        return PoseFix(frame.stamp_ns, *vehicle.planar(), frame.odometry)

    @property
    def num_found(self) -> int:
        """Images that showed a scene."""
        return sum(each.pose is not None for each in self.answers)

    def save(self, trajectory: Path) -> None:
        """Write poses and table beside the trajectory of the localizer."""
        found = [(each.stamp_ns, each.pose) for each in self.answers if each.pose is not None]
        write_tum_poses(refined_path(trajectory), [stamp for stamp, _ in found], [pose for _, pose in found])
        write_answers(table_path(trajectory), self.answers)
        self._shelf.close()


def _prior(frame: BagFrame, last: tuple[PoseEstimate, Pose2] | None) -> VehiclePrior | None:
    """What the last estimate and odometry since say."""
    if last is None or last[0].status not in FIXES:
        return None
    estimate, odometry = last
    moved = compose(estimate.pose, relative_motion(odometry, frame.odometry))
    return VehiclePrior(moved, estimate.covariance, frame.base_from_camera)
