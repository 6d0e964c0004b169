"""Which way each pixel's landmark lies in the image (VS-Net, equation 1)."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.landmarks import NO_LANDMARK, Landmarks
from geoloc_ros.core.types import Float32, Float64, Int32, Pose3


def project_landmarks(landmarks: Landmarks, camera: Camera, scene_from_camera: Pose3) -> Float64:
    """Pixels (n, 2) of all landmarks, whatever hides them, also outside of the image; NaN where there is none."""
    return camera.project(scene_from_camera.inverse().apply(landmarks.position_m))


def landmark_directions(landmark: Int32, pixel: Float64, stride: float) -> Float32:
    """Unit vectors (h, w, 2), x right and y down, from each cell's centre to its landmark; zeros where it has none.

    Args:
        landmark: (h, w), 1 to n, NO_LANDMARK where there is none.
        pixel: (n, 2), where the landmarks project to (`project_landmarks`).
        stride: Pixels of the image per cell.
    """
    rows, columns = landmark.shape
    has_direction = landmark != NO_LANDMARK
    target = pixel[np.maximum(landmark, 1) - 1] if len(pixel) else np.zeros((*landmark.shape, 2))
    down, right = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    away = target - stride * (np.stack([right, down], axis=2) + 0.5)
    length = np.linalg.norm(away, axis=2)
    has_direction &= np.isfinite(length) & (length > 0.0)
    direction = np.zeros(away.shape, np.float32)
    direction[has_direction] = away[has_direction] / length[has_direction, None]
    return direction
