"""`geoloc localize`: a recorded drive to a trajectory, without ROS running."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import ConfigError, DatasetError, IndexMismatchError, ObservationError
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import (
    Float32,
    Int32,
    Observation,
    PlaceEvidence,
    Pose2,
    PoseEstimate,
    SemanticScan,
)
from geoloc_ros.core.view import CameraFrame
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.datasets.parts import Part, choose_parts, wants_fixes, wants_photos_only
from geoloc_ros.evaluation.trace import Trace, most_probable
from geoloc_ros.evaluation.tum import write_tum
from geoloc_ros.localization.camera_yaw.turning import layout_of
from geoloc_ros.localization.evidence import place_evidence
from geoloc_ros.localization.localizer import Localizer
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.localization.retrospect import look_back
from geoloc_ros.localize_landmarks import FIXES, LandmarkWitness, refined_path
from geoloc_ros.scan.encoders import make_encoder
from geoloc_ros.scan.perceive import Perceiver
from geoloc_ros.vpr.encoder import make_photo_encoder
from geoloc_ros.vpr.photo_index import PhotoIndex
from geoloc_ros.vpr.recognizer import PhotoRecognizer

logger = logging.getLogger(__name__)

# Photos lie no nearer to each other as a rule, and answers nearer than this err alike.
_LOOK_UP_EVERY_M = 5.0
_BESIDE_MAP_M = 200.0


@dataclass(frozen=True)
class LocalizeSummary:
    """What became of a bag."""

    output: Path
    trace: Path
    frames: int
    """Used."""
    skipped: int
    """Bad frames."""
    first_complaint: str
    """Why the first bad frame was skipped; empty without one."""
    fixes: int
    frames_per_s: float
    parts: tuple[Part, ...]
    """What was taken from the bag for scans."""
    looked_up: int
    """Images that were looked up among photos."""
    bad_images: int
    """Those that could not be."""
    refined: Path | None
    """Poses by landmarks in six degrees of freedom, where they were looked for."""
    num_refined: int

    def as_text(self) -> str:
        """A few lines for a terminal."""
        lines = [
            f"{self.fixes} of {self.frames} frames localized from {', '.join(self.parts) or 'roads'}"
            f"{' and photos' if self.looked_up else ''} ({self.frames_per_s:.0f} frames/s)",
            f"trajectory {self.output}",
            f"trace      {self.trace}",
        ]
        if self.looked_up:
            bad = f", {self.bad_images} bad ones not" if self.bad_images else ""
            lines.insert(1, f"{self.looked_up} images looked up among photos{bad}")
        if self.refined is not None:
            lines.append(f"landmarks  {self.refined}: {self.num_refined} poses of base_link in six degrees of freedom")
        if self.skipped:
            lines.insert(1, f"{self.skipped} bad frames skipped; the first: {self.first_complaint}")
        return "\n".join(lines)


def trace_path(trajectory: Path) -> Path:
    """Where the trace of a trajectory lies."""
    return trajectory.with_name(f"{trajectory.name}.trace.npz")


class PhotoWitness:
    """Looks images of a drive up among photos, every few metres."""

    def __init__(self, photos: Path, index: PlaceIndex, config: Config) -> None:
        """Load a photo index.

        Raises:
            ArtifactError: If it cannot be read.
            IndexMismatchError: If it was made by another network, nobody knows where on the earth the photos are, or
                none of them is on the map.
            BackendError: If the network cannot be used.
        """
        encoder, photo_index = make_photo_encoder(config.photo, config.inference), PhotoIndex.load(photos)
        self._recognizer = PhotoRecognizer(photo_index, encoder, index.geomap.origin, config.photo)
        _see_that_photos_are_on(index, photo_index, photos)
        self._index = index
        self._looked_at: Pose2 | None = None
        self.looked_up = self.bad_images = 0

    def look(self, stamp_ns: int, frame: CameraFrame, odometry: Pose2) -> PlaceEvidence | None:
        """Where the image of a frame may have been taken; None where it is too near to the last one, or a bad one."""
        at = self._looked_at
        if at is not None and np.hypot(odometry.x_m - at.x_m, odometry.y_m - at.y_m) < _LOOK_UP_EVERY_M:
            return None
        self._looked_at = odometry
        try:
            assert frame.image is not None  # frames with this part were asked for
            seen = self._recognizer.recognize(frame.image, frame.camera, frame.base_from_camera)
        except ObservationError as error:
            logger.warning("image at %d ns not looked up: %s", stamp_ns, error)
            self.bad_images += 1
            return None
        self.looked_up += 1
        return place_evidence(stamp_ns, seen.position_m, seen.yaw_rad, seen.probability, seen.sigma_m, self._index)


def _see_that_photos_are_on(index: PlaceIndex, photos: PhotoIndex, path: Path) -> None:
    """Photos of another town say nothing here, and nobody would notice."""
    position_m, road_m = photos.positions_on(index.geomap.origin), index.geomap.roads.point_m
    off_m = np.maximum(np.maximum(road_m.min(axis=0) - position_m, position_m - road_m.max(axis=0)), 0.0)
    nearest_m = float(np.hypot(*off_m.T).min())
    if nearest_m > _BESIDE_MAP_M:
        raise IndexMismatchError(
            f"none of the {len(position_m)} photos of '{path}' is on the map of {index.geomap.source.name} (the "
            f"nearest is {nearest_m / 1000.0:.1f} km beside it); give an index of photos of the same place"
        )


def localize_bag(
    bag: Path, index_path: Path, output: Path, config: Config, progress: ProgressCallback = no_progress, use: str = "",
    smoothed: Path | None = None, photos: Path | None = None, landmarks: Path | None = None,
) -> LocalizeSummary:
    """Localize every frame of a bag in order; write the fixes to `output` (TUM) and all else to its trace.

    The same bag, index and config give the same bytes. Bad frames are skipped and counted.

    Args:
        bag: Of the drive.
        index_path: Where to localize.
        output: Replaced if it exists.
        config: Must describe the encoder that the index was made with.
        progress: Told about the frames.
        use: What to take from the bag, as `datasets.parts.choose_parts`; networks read from the image what is missing.
            With `fix` in it the positions of the satellite receiver are heard, too. With `photos` alone no scan is
            made: of the map only the roads count.
        smoothed: Where to write the most probable place of every frame given the whole drive (TUM), if anywhere; by
            scans alone.
        photos: Photo index in which images are looked up, if any.
        landmarks: Learnt scenes that are looked for in images, if any; what they find is written beside, too.

    Raises:
        ConfigError: If `use` cannot be, or a description of a network is wrong.
        DatasetError: If the bag lacks what is needed, or none of its frames can be used.
        ArtifactError: If the index cannot be read.
        IndexMismatchError: If the index was made by another encoder than the config describes.
        BackendError: If the weights of the encoder or of a network cannot be used.
    """
    started_s = time.monotonic()
    is_blind = wants_photos_only(use)
    if is_blind and (photos is None or smoothed is not None):
        raise ConfigError(f"'{use}' uses photos only: give --photos FOLDER, and no --smoothed, which scans make")
    reader = BagReader(bag)
    parts = choose_parts(use, reader.parts)
    read = parts if (photos is None and landmarks is None) or "image" in parts else (*parts, "image")
    index = PlaceIndex.load(index_path)
    encoder = make_encoder(config.descriptor, config.scan, config.inference)
    index.check_encoder(encoder)
    layout = layout_of(encoder, config.scan.num_rays) if config.localizer.camera_yaw == "unknown" else None
    localizer = Localizer(index, config, layout)
    fixes = deque(reader.fixes(index.geomap.origin) if wants_fixes(use) else [])
    witness = None if photos is None else PhotoWitness(photos, index, config)
    scenes = None if landmarks is None else LandmarkWitness(landmarks, index.geomap.origin, config)
    last: tuple[PoseEstimate, Pose2] | None = None
    perceiver = Perceiver(config.networks, config.inference, config.scan, config.observe)
    said: list[PoseEstimate] = []
    seen: list[Observation] = []
    beliefs: list[tuple[Int32, Float32]] = []
    complaints: list[str] = []
    for number, frame in enumerate(reader.frames(read)):
        progress("localizing", min(1.0, number / max(1, len(reader))))
        try:
            camera_frame = frame.camera_frame()
            recognized = None if witness is None else witness.look(frame.stamp_ns, camera_frame, frame.odometry)
            if recognized is not None:
                localizer.add_places(recognized)
            measured = None if scenes is None else scenes.look(frame, camera_frame, last)
            if measured is not None:
                localizer.add_pose(measured)
            if is_blind:
                scan, query = nothing_seen(index, config.scan.num_rays)
            else:
                for_scan = camera_frame if "image" in parts else replace(camera_frame, image=None)
                scan = perceiver.perceive([for_scan]).scan
                query = encoder.encode_query(scan)
            observation = Observation(frame.stamp_ns, scan, query, frame.odometry)
            while fixes and fixes[0].stamp_ns <= frame.stamp_ns:
                localizer.add_position(fixes.popleft())
            said.append(localizer.update(observation))
        except ObservationError as error:
            complaints.append(str(error))
            continue
        last = said[-1], frame.odometry
        beliefs.append(most_probable(localizer.belief))
        if smoothed is not None:
            seen.append(observation)
    if not said:
        raise DatasetError(f"no frame of '{bag}' can be used; the first: {(complaints or ['there is none'])[0]}")
    progress("localizing", 1.0)
    trace = _trace(said, beliefs)
    is_fix = np.isin(trace.status, FIXES)
    trace.save(trace_path(output))
    if scenes is not None:
        scenes.save(output)
    write_tum(output, trace.stamp_ns[is_fix], trace.pose[is_fix])
    if smoothed is not None:
        places = look_back(index, config, seen)
        write_tum(smoothed, trace.stamp_ns, np.array([place.pose.as_array() for place in places]))
    logger.info("localized %d of %d frames of %s", int(is_fix.sum()), len(said), bag.name)
    return LocalizeSummary(
        output, trace_path(output), len(said), len(complaints), (complaints or [""])[0], int(is_fix.sum()),
        len(said) / (time.monotonic() - started_s), parts, 0 if witness is None else witness.looked_up,
        0 if witness is None else witness.bad_images,
        None if scenes is None else refined_path(output), 0 if scenes is None else scenes.num_found,
    )


def nothing_seen(index: PlaceIndex, num_rays: int) -> tuple[SemanticScan, Float32]:
    """The scan of closed eyes, and a query that is as alike to all places."""
    nothing = np.full(num_rays, np.nan, np.float32)
    scan = SemanticScan(nothing, np.full(num_rays, -1, np.int32), np.zeros(num_rays, bool))
    return scan, np.zeros(index.dimension, np.float32)


def _trace(said: list[PoseEstimate], beliefs: list[tuple[Int32, Float32]]) -> Trace:
    sizes = [len(rows) for rows, _ in beliefs]
    return Trace(
        stamp_ns=np.array([estimate.stamp_ns for estimate in said], np.int64),
        pose=np.array([estimate.pose.as_array() for estimate in said]),
        covariance=np.array([estimate.covariance for estimate in said]),
        status=np.array([estimate.status for estimate in said], np.uint8),
        probability=np.array([estimate.probability for estimate in said], np.float32),
        chance=np.array([estimate.chance for estimate in said], np.float32),
        belief_start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        belief_viewpoint=np.concatenate([rows for rows, _ in beliefs]),
        belief_probability=np.concatenate([probability for _, probability in beliefs]),
    )
