"""Where a camera is believed to be before its image is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import Bool, Float32, Float64, Pose3


@dataclass(frozen=True)
class CameraPrior:
    """A pose that somebody else believes in, as the tracker does; it may be wrong."""

    scene_from_camera: Pose3
    sigma_m: float
    """Standard deviation of the camera's place along any axis."""
    sigma_rad: float
    """And of its direction about any axis."""

    def __post_init__(self) -> None:
        """Raises ObservationError if it is no pose or no spread."""
        numbers = (*self.scene_from_camera.rotation.ravel(), *self.scene_from_camera.translation_m, self.sigma_m,
                   self.sigma_rad)  # fmt: skip
        if not np.isfinite(numbers).all() or min(self.sigma_m, self.sigma_rad) <= 0.0:
            raise ObservationError(
                f"the prior of a camera has a place, a direction or a spread that is none ({self.sigma_m} m, "
                f"{self.sigma_rad} rad); leave it out"
            )

    def may_show(self, points_m: Float64, normal: Float32, half_fov_rad: float, sigmas: float) -> Bool:
        """Which points (K, 3) on surfaces of that normal (K, 3) the camera may see from within so many sigmas.

        Args:
            points_m: Frame of the scene.
            normal: Unit length, to where the surface is seen from.
            half_fov_rad: From the optical axis to the corner of the image.
            sigmas: As far off as the prior may be.
        """
        away_m = sigmas * self.sigma_m
        to_point = points_m - self.scene_from_camera.translation_m
        distance_m = np.linalg.norm(to_point, axis=1)
        aside_rad = np.arccos(np.clip(
            (to_point @ self.scene_from_camera.rotation[:, 2]) / np.maximum(distance_m, 1e-9), -1.0, 1.0
        ))  # fmt: skip
        # A camera elsewhere sees a near point in another direction.
        slack_rad = sigmas * self.sigma_rad + np.arcsin(np.minimum(1.0, away_m / np.maximum(distance_m, 1e-9)))
        slack_rad[distance_m <= away_m] = np.pi
        faces = np.einsum("ki,ki->k", to_point, normal) < away_m
        return np.asarray(faces & (aside_rad <= half_fov_rad + slack_rad))

    def agrees(self, scene_from_camera: Pose3, sigmas: float) -> bool:
        """Is a pose within so many sigmas, in place and in direction?"""
        away_m = np.linalg.norm(scene_from_camera.translation_m - self.scene_from_camera.translation_m)
        turn = self.scene_from_camera.rotation.T @ scene_from_camera.rotation
        turn_rad = np.arccos(np.clip((np.trace(turn) - 1.0) / 2.0, -1.0, 1.0))
        return bool(away_m <= sigmas * self.sigma_m and turn_rad <= sigmas * self.sigma_rad)
