"""`geoloc train scene`: a drive whose poses are known, as a scene to learn landmarks of."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoloc_ros.core.artifacts import peek_artifact
from geoloc_ros.core.errors import ArtifactError, DatasetError, ObservationError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.scene_place import ScenePlace, write_place
from geoloc_ros.core.types import Float64, Pose3
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.datasets.bag_frames import BagImage
from geoloc_ros.datasets.parts import Part
from geoloc_ros.datasets.scenes.driven import DrivenSceneWriter, write_driven
from geoloc_ros.datasets.scenes.trajectory import Trajectory
from geoloc_ros.evaluation.tum import read_tum_poses
from geoloc_ros.localization import place_index

logger = logging.getLogger(__name__)

_POSE_WITHIN_NS = 500_000_000
# Images that show the same from the same place teach nothing.
_LEAST_M, _LEAST_RAD = 0.1, np.radians(3.0)


@dataclass(frozen=True)
class DriveSceneSummary:
    """What became of a drive."""

    output: Path
    images: int
    with_depth: bool
    left_out: int
    """That were too near to the last one, broken, or without a pose."""
    first_complaint: str
    """Of those that were broken or without a pose; empty without one."""

    def as_text(self) -> str:
        """A few lines for a terminal."""
        depth = "with depth" if self.with_depth else "without depth: put a mesh or dense cloud beside them"
        left_out = f", {self.left_out} left out" if self.left_out else ""
        lines = [f"{self.images} images {depth}{left_out}", f"scene {self.output}"]
        return "\n".join([*lines, *([f"the first complaint: {self.first_complaint}"] if self.first_complaint else [])])


def make_scene(
    bag: Path, output: Path, trajectory: Path | None, index: Path | None, progress: ProgressCallback = no_progress
) -> DriveSceneSummary:
    """Write images, depth and poses of a drive as a scene, and `place.json` with where it lies on the map.

    Args:
        bag: With images, and depth if there is to be no other surface.
        output: Folder, replaced if it is a scene of a drive.
        trajectory: Poses of base_link on the map (TUM), planar or in six degrees of freedom; without it the
            /ground_truth of the bag. The landmarks will be as wrong as they are.
        index: Whose map that is; without it the scene does not know where on the earth it is.
        progress: Told about images.

    Raises:
        DatasetError: If the bag or the trajectory lacks something, or not a single image has a pose.
        ArtifactError: If the index cannot be read.
    """
    origin = None if index is None else _origin(index)
    reader = BagReader(bag)
    poses = _trajectory(reader, trajectory)
    parts: tuple[Part, ...] = ("image", "depth") if "depth" in reader.parts else ("image",)
    with write_driven(output) as writer:
        drive = _Drive(poses, writer)
        for image in reader.images(parts):
            progress("taking images", min(1.0, drive.seen / max(1, len(reader))))
            drive.take(image)
        if drive.shift_m is None:
            raise DatasetError(f"no image of '{bag}' has a pose; the first: {drive.complaint or 'there is none'}")
        writer.finish(bag.stem)
        write_place(writer.folder, ScenePlace(Pose3(np.eye(3), drive.shift_m), origin))
    return DriveSceneSummary(output, len(writer), len(parts) > 1, drive.seen - len(writer), drive.complaint)


class _Drive:
    """Gives images of a drive to a writer, those that show something new."""

    def __init__(self, poses: Trajectory, writer: DrivenSceneWriter) -> None:
        self._poses, self._writer = poses, writer
        self._last: Pose3 | None = None
        self.shift_m: Float64 | None = None
        """(3,), `map_from_scene`: far from the map's origin, single precision would lose digits."""
        self.seen = 0
        self.complaint = ""

    def take(self, image: BagImage) -> None:
        self.seen += 1
        try:
            map_from_camera = self._poses.pose_at(image.stamp_ns, _POSE_WITHIN_NS) @ image.base_from_camera
            if self._last is not None and _is_near(self._last, map_from_camera):
                return
            shift_m = np.round(map_from_camera.translation_m) if self.shift_m is None else self.shift_m
            _write(self._writer, image, map_from_camera, shift_m)
            self._last, self.shift_m = map_from_camera, shift_m
        except (ObservationError, ValueError) as error:
            logger.warning("image at %d ns left out: %s", image.stamp_ns, error)
            self.complaint = self.complaint or str(error)


def _write(writer: DrivenSceneWriter, image: BagImage, map_from_camera: Pose3, shift_m: Float64) -> None:
    frame = image.camera_frame()
    assert frame.image is not None  # images with this part were asked for
    depth_m = frame.depths[0].depth_m if frame.depths else None
    scene_from_camera = Pose3(map_from_camera.rotation, map_from_camera.translation_m - shift_m)
    writer.add(frame.image, depth_m, frame.camera, scene_from_camera, image.stamp_ns)


def _is_near(one: Pose3, other: Pose3) -> bool:
    away_m = float(np.linalg.norm(one.translation_m - other.translation_m))
    turn = (np.trace(one.rotation.T @ other.rotation) - 1.0) / 2.0
    return away_m < _LEAST_M and bool(np.arccos(np.clip(turn, -1.0, 1.0)) < _LEAST_RAD)


def _trajectory(reader: BagReader, file: Path | None) -> Trajectory:
    if file is not None:
        stamp_ns, poses = read_tum_poses(file)
    else:
        stamp_ns, planar = reader.ground_truth()
        poses = tuple(Pose3(rotation_from_rpy(0.0, 0.0, yaw), np.array([x_m, y_m, 0.0])) for x_m, y_m, yaw in planar)
    stamp_ns, rows = np.unique(stamp_ns, return_index=True)
    if len(rows) < 2:
        raise DatasetError(f"'{file or reader.path}' has {len(rows)} poses; at least 2 are needed")
    return Trajectory(stamp_ns, [poses[row] for row in rows])


def _origin(index: Path) -> GeoOrigin:
    try:
        return GeoOrigin(**peek_artifact(index, place_index.KIND, place_index.VERSION).metadata["origin"])
    except (KeyError, TypeError) as error:
        raise ArtifactError(f"'{index}' does not say where its map is ({error!r}); build it again") from error
