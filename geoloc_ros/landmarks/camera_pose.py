"""From points that were found in an image to the pose of the camera, or to why there is none (VS-Net, §3.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.landmark_config import CameraPoseConfig
from geoloc_ros.core.landmarks import CameraAnswer, CameraPose, Landmarks, NotFound, VotedLandmarks
from geoloc_ros.core.types import Float32, Float64, Int32, Pose3
from geoloc_ros.landmarks.chance import log10_chance
from geoloc_ros.landmarks.pose_refinement import RefinedPose, refine_pose
from geoloc_ros.landmarks.pose_search import projection_errors, search_pose, seen_from_front

# Poses are refined by those that agree, who are then asked again.
_ROUNDS = 3
# Residuals that the calibrated covariance of landmarks is worth when a pose says how well it is known.
_KNOWN = 20.0
_LEAST_POINTS = 4


def landmark_pose(
    voted: VotedLandmarks, landmarks: Landmarks, camera: Camera, config: CameraPoseConfig, rng: np.random.Generator,
    variance_factor: float = 1.0,
) -> CameraAnswer:
    """The pose of a camera by the landmarks that were voted for in its image.

    Args:
        voted: In pixels of `camera`.
        landmarks: Of the scene.
        camera: An ideal pinhole, the network's input.
        config: How, and what is a pose.
        rng: For RANSAC.
        variance_factor: What the covariances of the votes are to be multiplied with (`LandmarkMap.variance_factor`).
    """
    rows = voted.landmark - 1
    answer = solve_pose(
        landmarks.position_m[rows], voted.pixel, camera, config, rng, variance_factor * voted.covariance_px2,
        landmarks.normal[rows],
    )  # fmt: skip
    return replace(answer, inliers=voted.landmark[answer.inliers]) if isinstance(answer, CameraPose) else answer


@dataclass(frozen=True)
class Agreement:
    """How landmarks agree with a pose."""

    inliers: Int32
    """(I,), their numbers."""
    error_px: float
    """Median of them; NaN of none."""


def agreement(
    pose: Pose3, voted: VotedLandmarks, landmarks: Landmarks, camera: Camera, config: CameraPoseConfig
) -> Agreement:
    """Which of the landmarks that were voted for agree with `scene_from_camera`."""
    rows = voted.landmark - 1
    points = _Points(
        landmarks.position_m[rows], voted.pixel, camera, config.inlier_px, voted.covariance_px2, landmarks.normal[rows]
    )
    agree = points.inliers(pose)
    errors_px = points.errors(pose)[agree]
    return Agreement(voted.landmark[agree], float(np.median(errors_px)) if len(agree) else float("nan"))


def solve_pose(
    points_m: Float64, pixel: Float64, camera: Camera, config: CameraPoseConfig, rng: np.random.Generator,
    covariance_px2: Float64 | None = None, normal: Float32 | None = None,
) -> CameraAnswer:
    """The pose of a camera by points of the scene and where they are in its image, many of them wrong.

    RANSAC with local optimisation, then the most probable pose by all that agree, then the question whether chance
    would do as well (`chance.log10_chance`).

    Args:
        points_m: (K, 3), frame of the scene.
        pixel: (K, 2), from the corner of the first pixel.
        camera: An ideal pinhole.
        config: How, and what is a pose.
        rng: For RANSAC.
        covariance_px2: (K, 2, 2), of `pixel`; without it all are equally good and their spread says how good.
        normal: (K, 3), of the surface there, to where it can be seen from; others do not agree.

    Returns:
        A CameraPose whose `inliers` are rows of `points_m`; or NotFound.
    """
    count, least = len(points_m), max(config.least_landmarks, _LEAST_POINTS)
    if count < least:
        return NotFound(f"{count} landmarks were found in the image, a pose needs {least}", count)
    points_m, pixel = np.asarray(points_m, np.float64), np.asarray(pixel, np.float64)
    found = search_pose(points_m, pixel, camera, config.inlier_px, config.iterations, rng)
    if found is None:
        return NotFound(f"no pose explains any of the {count} landmarks that were found", count)
    points = _Points(points_m, pixel, camera, config.inlier_px, covariance_px2, normal)
    return _judged(points, found, least, config)


class _Points:
    """Points of the scene, where they were seen, and with which poses they agree."""

    def __init__(
        self, points_m: Float64, pixel: Float64, camera: Camera, inlier_px: float, covariance_px2: Float64 | None,
        normal: Float32 | None,
    ) -> None:
        self.points_m, self.pixel, self.camera, self.inlier_px = points_m, pixel, camera, inlier_px
        self.known = _KNOWN if covariance_px2 is not None else 0.0
        equally = np.eye(2) * (inlier_px / 2.0) ** 2
        self.covariance_px2 = np.broadcast_to(equally, (len(pixel), 2, 2)) if covariance_px2 is None else covariance_px2
        self._normal = None if normal is None else np.asarray(normal, np.float64)

    def errors(self, pose: Pose3) -> Float64:
        """Distances (K,) from the projections, pixels."""
        return projection_errors(pose, self.points_m, self.pixel, self.camera)

    def inliers(self, pose: Pose3) -> Int32:
        """Rows (I,) that agree with a pose."""
        agree = self.errors(pose) <= self.inlier_px
        if self._normal is not None:
            agree &= seen_from_front(pose, self.points_m, self._normal)
        return np.flatnonzero(agree).astype(np.int32)

    def refine(self, pose: Pose3, rows: Int32) -> RefinedPose | None:
        """By these rows."""
        return refine_pose(
            pose, self.points_m[rows], self.pixel[rows], self.camera, self.covariance_px2[rows], self.known
        )


def _judged(points: _Points, pose: Pose3, least: int, config: CameraPoseConfig) -> CameraAnswer:
    count, rows = len(points.pixel), points.inliers(pose)
    covariance: Float64 | None = None
    for _ in range(_ROUNDS):
        if len(rows) < least:
            break
        refined = points.refine(pose, rows)
        if refined is None:
            return NotFound(f"the {len(rows)} of {count} landmarks that agree do not fix a pose", count)
        pose, covariance, before = refined.scene_from_camera, refined.covariance, rows
        rows = points.inliers(pose)
        if np.array_equal(rows, before):
            break
    if covariance is None or len(rows) < least:
        return NotFound(f"{len(rows)} of {count} landmarks agree on a pose, {least} are needed", count)
    error_px = points.errors(pose)[rows]
    chance = log10_chance(error_px, count, float(points.camera.width * points.camera.height))
    if chance > config.max_log10_chance:
        return NotFound(
            f"{len(rows)} of {count} landmarks agree on a pose, so many would by chance in 10^{chance:.1f} of all "
            f"images; a pose is at most 10^{config.max_log10_chance:g}", count,
        )  # fmt: skip
    return CameraPose(pose, covariance, count, rows, float(np.median(error_px)), chance)
