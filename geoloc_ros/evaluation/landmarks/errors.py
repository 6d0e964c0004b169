"""How far found cameras lie from where they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.landmarks import CameraAnswer, NotFound
from geoloc_ros.core.types import Bool, Float64, Pose3


@dataclass(frozen=True)
class PoseErrors:
    """Errors of Q views. Those that were not found are infinitely wrong: they count in medians and shares."""

    position_m: Float64
    """(Q,)."""
    angle_deg: Float64
    """(Q,), of the rotation from one to the other, 0 to 180."""
    distance_m: Float64
    """(Q,), from the camera to the surface that it saw (median of the depth); NaN where nobody knows."""

    def __len__(self) -> int:
        """Q."""
        return len(self.position_m)

    @property
    def found(self) -> Bool:
        """(Q,)."""
        return np.isfinite(self.position_m)

    @property
    def ratio(self) -> Float64:
        """(Q,), of the error in position to the distance of the surface."""
        return np.asarray(self.position_m / self.distance_m)

    def within(self, position_m: float, angle_deg: float) -> Bool:
        """(Q,), which are at most so far off, in both."""
        return np.asarray((self.position_m <= position_m) & (self.angle_deg <= angle_deg))


def errors_of(truth: Sequence[Pose3], answers: Sequence[CameraAnswer], distance_m: Float64) -> PoseErrors:
    """Errors of answers (Q,) against the true `scene_from_camera` (Q,) of their views."""
    pairs = np.array([_error(one, answer) for one, answer in zip(truth, answers, strict=True)]).reshape(-1, 2)
    return PoseErrors(pairs[:, 0], pairs[:, 1], np.asarray(distance_m, np.float64))


def _error(truth: Pose3, answer: CameraAnswer) -> tuple[float, float]:
    if isinstance(answer, NotFound):
        return np.inf, np.inf
    found = answer.scene_from_camera
    aside_m = float(np.linalg.norm(found.translation_m - truth.translation_m))
    return aside_m, angle_between_deg(found.rotation, truth.rotation)


def angle_between_deg(one: Float64, other: Float64) -> float:
    """Degrees of the rotation from one rotation (3, 3) to another; exact for small ones, too."""
    # |R1 - R2| = 2 sqrt(2) sin(angle / 2); the usual arc cosine of the trace loses angles below 1e-6 degrees.
    half_sine = np.linalg.norm(one - other) / (2.0 * np.sqrt(2.0))
    return float(np.degrees(2.0 * np.arcsin(min(1.0, half_sine))))
