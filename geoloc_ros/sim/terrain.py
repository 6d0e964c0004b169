"""Ground that is not flat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Float64

NUM_WAVES = 5


@dataclass(frozen=True)
class Terrain:
    """Height of the ground as a sum of long waves; zero waves are a plane."""

    wave: Float64
    """(2, K), rad/m."""
    phase_rad: Float64
    """(K,)."""
    amplitude_m: Float64
    """(K,)."""

    def height_m(self, points_m: Float64) -> Float64:
        """Heights (...,) at map points (..., 2)."""
        return np.asarray(np.sin(points_m @ self.wave + self.phase_rad) @ self.amplitude_m)

    def slope(self, points_m: Float64) -> Float64:
        """Rise per metre towards east and north (..., 2) at map points (..., 2)."""
        return np.asarray((np.cos(points_m @ self.wave + self.phase_rad) * self.amplitude_m) @ self.wave.T)


def flat_terrain() -> Terrain:
    """A plane at height 0."""
    return Terrain(np.zeros((2, 0)), np.zeros(0), np.zeros(0))


def draw_terrain(slope_rms: float, rng: np.random.Generator) -> Terrain:
    """Rolling ground of waves of 250 to 1200 m; its steepest slope has the root mean square `slope_rms`, a ratio."""
    length_m = rng.uniform(250.0, 1200.0, NUM_WAVES)
    angle_rad = rng.uniform(0.0, 2.0 * np.pi, NUM_WAVES)
    wave = 2.0 * np.pi / length_m * np.stack([np.cos(angle_rad), np.sin(angle_rad)])
    # The slope of one wave is amplitude * |wave| * cos, of mean square 1/2.
    amplitude_m = slope_rms * np.sqrt(2.0 / NUM_WAVES) * length_m / (2.0 * np.pi)
    return Terrain(wave, rng.uniform(0.0, 2.0 * np.pi, NUM_WAVES), amplitude_m)
