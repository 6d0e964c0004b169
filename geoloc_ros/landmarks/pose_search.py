"""A first pose from points in the scene and in an image, many of them wrong."""

from __future__ import annotations

import cv2
import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.types import Bool, Float64, Pose3

# Enough samples are drawn that a better pose is missed so seldom.
_CONFIDENCE = 0.9999


def search_pose(
    points_m: Float64, pixel: Float64, camera: Camera, inlier_px: float, iterations: int, rng: np.random.Generator
) -> Pose3 | None:
    """`scene_from_camera` that most points agree with, by RANSAC with local optimisation (OpenCV's USAC); or None.

    Args:
        points_m: (K, 3), frame of the scene.
        pixel: (K, 2), from the corner of the first pixel.
        camera: An ideal pinhole.
        inlier_px: How far from its projection a point may lie.
        iterations: Samples that are drawn at the most.
        rng: One number of it decides all.
    """
    params = cv2.UsacParams()
    params.threshold, params.confidence, params.maxIterations = inlier_px, _CONFIDENCE, iterations
    params.sampler, params.score = cv2.SAMPLING_UNIFORM, cv2.SCORE_METHOD_MSAC
    params.loMethod, params.loIterations = cv2.LOCAL_OPTIM_INNER_LO, 10
    params.loSampleSize = 14
    params.final_polisher = cv2.LSQ_POLISHER
    params.final_polisher_iterations = 3
    params.randomGeneratorState = int(rng.integers(1 << 31))
    params.isParallel = False
    # About their middle: scenes may lie far from their origin.
    middle_m = points_m.mean(axis=0)
    try:
        found, _, rotation, translation, _ = cv2.solvePnPRansac(
            points_m - middle_m, pixel, pinhole_matrix(camera), None, params=params
        )
    except cv2.error:
        # Of degenerate points; OpenCV asserts rather than finding nothing.
        return None
    if not found or not np.isfinite(rotation).all() or not np.isfinite(translation).all():
        return None
    turn, shift_m = np.asarray(cv2.Rodrigues(rotation)[0], np.float64), np.asarray(translation, np.float64)
    camera_from_scene = Pose3(turn, shift_m.reshape(3))
    from_middle = camera_from_scene.inverse()
    return Pose3(from_middle.rotation, from_middle.translation_m + middle_m)


def pinhole_matrix(camera: Camera) -> Float64:
    """(3, 3) that makes pixels, from the corner of the first one, of what an ideal pinhole sees."""
    assert camera.model == "pinhole" and not camera.distortion
    return np.array([[camera.fx, 0.0, camera.cx], [0.0, camera.fy, camera.cy], [0.0, 0.0, 1.0]])


def projection_errors(
    scene_from_camera: Pose3, points_m: Float64, pixel: Float64, camera: Camera
) -> Float64:
    """Distances (K,), pixels; infinite behind the camera."""
    away = np.linalg.norm(camera.project(scene_from_camera.inverse().apply(points_m)) - pixel, axis=1)
    return np.where(np.isfinite(away), away, np.inf)


def seen_from_front(scene_from_camera: Pose3, points_m: Float64, normal: Float64) -> Bool:
    """(K,), of points on a surface with that normal (K, 3)."""
    return np.asarray(np.einsum("ki,ki->k", scene_from_camera.translation_m - points_m, normal) > 0.0)
