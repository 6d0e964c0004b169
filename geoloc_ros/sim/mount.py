"""How the camera sits on the vehicle: as the vehicle believes, and as it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.types import Float64, Pose3
from geoloc_ros.sim.noise import CameraNoise

LARGEST_TILT_DEG = 3.0
SHAKE_S = 0.5
# Optical z looks ahead, x to the right, y down.
_BASE_FROM_OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


@dataclass(frozen=True)
class Mount:
    """Camera on the vehicle over F frames."""

    nominal: Pose3
    """base_from_camera that the vehicle knows."""
    height_m: float
    """As it is."""
    roll_pitch_yaw_rad: Float64
    """(F, 3), errors against the nominal mount."""

    def base_from_camera(self, frame: int) -> Pose3:
        """As it is."""
        tilt = rotation_from_rpy(*(float(angle) for angle in self.roll_pitch_yaw_rad[frame]))
        return Pose3(tilt @ self.nominal.rotation, np.array([0.0, 0.0, self.height_m]))


def draw_mount(num_frames: int, rate_hz: float, noise: CameraNoise, rng: np.random.Generator) -> Mount:
    """A camera over the base, somewhere from 1.6 to 2.5 m above ground, looking ahead but for the noise."""
    height_m = rng.uniform(1.6, 2.5)
    known_m = height_m + rng.normal(0.0, noise.height_m)
    constant = rng.uniform(-noise.tilt_deg, noise.tilt_deg, 2)
    shake = rng.normal(size=(num_frames, 2))
    shake = gaussian_filter1d(shake, SHAKE_S * rate_hz, axis=0, mode="wrap")
    shake *= noise.shake_deg / shake.std(axis=0).clip(1e-9)
    tilt_deg = (constant + shake).clip(-LARGEST_TILT_DEG, LARGEST_TILT_DEG)
    yaw_deg = np.full(num_frames, rng.normal(0.0, noise.yaw_deg))
    nominal = Pose3(_BASE_FROM_OPTICAL, np.array([0.0, 0.0, known_m]))
    return Mount(nominal, height_m, np.radians(np.column_stack([tilt_deg, yaw_deg])))
