"""Vehicles that move: some ahead and behind in the same lane, some that come the other way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Float64
from geoloc_ros.sim.drive import RATE_HZ, Trajectory
from geoloc_ros.sim.furniture import Vehicles, vehicles_at
from geoloc_ros.sim.noise import WorldNoise

SIGHT_S = 14.0
"""Vehicles that are this far ahead or behind are out of sight."""
HEADWAY_S = (2.0, 4.5)
PASSING_M = 2.6
"""Where the lanes are nearer than this, as in alleys, nobody comes the other way."""
COMPANY_S = 25.0
"""How long the same vehicle drives ahead or behind, on average."""


@dataclass(frozen=True)
class Traffic:
    """Everybody moves along the way of the drive itself, at other times, so that all keep to the streets.

    A vehicle of the same lane is where the drive will be, or was, `headway_s` later. One that comes the other way runs
    through the drive backwards and is met at `meeting_s`.
    """

    trajectory: Trajectory
    headway_s: Float64
    """(K,), negative for vehicles behind."""
    company_s: Float64
    """(K, 2), from when till when each is there."""
    meeting_s: Float64
    """(J,)."""
    looks: Vehicles
    """K + J vehicles; their poses do not count."""

    def at(self, time_s: float) -> Vehicles:
        """Who is there, in sight, `time_s` after the start."""
        present = (self.company_s[:, 0] <= time_s) & (time_s < self.company_s[:, 1])
        place_s = np.concatenate([time_s + self.headway_s, 2.0 * self.meeting_s - time_s])
        tick = np.round(place_s * RATE_HZ).astype(int)
        on_the_way = (tick >= 0) & (tick < len(self.trajectory.time_s))
        tick = tick.clip(0, len(self.trajectory.time_s) - 1)
        pose, beside_m = self.trajectory.pose[tick].copy(), self.trajectory.opposite_m[tick]
        comes = np.arange(len(tick)) >= len(self.headway_s)
        pose[comes, 0] -= np.sin(pose[comes, 2]) * beside_m[comes]
        pose[comes, 1] += np.cos(pose[comes, 2]) * beside_m[comes]
        pose[comes, 2] += np.pi
        near = (beside_m > PASSING_M) & (np.abs(place_s - time_s) < SIGHT_S)
        chosen = on_the_way & np.where(comes, near, np.append(present, np.zeros(len(self.meeting_s), dtype=bool)))
        return Vehicles(pose[chosen], self.looks.size_m[chosen], self.looks.colour[chosen])


def draw_traffic(trajectory: Trajectory, noise: WorldNoise, rng: np.random.Generator) -> Traffic:
    """Traffic as dense as the noise level says."""
    end_s = float(trajectory.time_s[-1])
    lanes = []
    for side in (-1.0, 1.0):
        time_s = 0.0
        while time_s < end_s:
            stay_s = rng.exponential(COMPANY_S)
            if rng.random() < noise.company_ratio:
                lanes.append((side * rng.uniform(*HEADWAY_S), time_s, time_s + stay_s))
            time_s += stay_s
    company = np.array(lanes).reshape(-1, 3)
    meeting_s = np.sort(rng.uniform(0.0, end_s, rng.poisson(noise.oncoming_per_s * end_s)))
    looks = vehicles_at(np.zeros((len(company) + len(meeting_s), 3)), rng)
    return Traffic(trajectory, company[:, 0], company[:, 1:], meeting_s, looks)
