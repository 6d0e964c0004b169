"""Vehicles that move: some ahead and behind in the same lane, some that come the other way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Bool, Float64
from geoloc_ros.sim.drive import RATE_HZ, Trajectory
from geoloc_ros.sim.furniture import Vehicles, vehicles_at
from geoloc_ros.sim.noise import WorldNoise

SIGHT_S = 14.0
"""Vehicles that are this far ahead or behind are out of sight."""
HEADWAY_S, STANDING_M = (1.2, 3.5), (7.5, 10.0)
"""Gap in the same lane while driving, and what it comes to when all stand."""
PASSING_M = 2.6
"""Where the lanes are nearer than this, as in alleys, nobody comes the other way."""
COMPANY_S = 25.0
"""How long the same vehicle drives ahead or behind, on average."""


@dataclass(frozen=True)
class Traffic:
    """Everybody moves along the way of the drive itself, at other times, so that all keep to the streets.

    A vehicle of the same lane keeps a gap that grows with the speed. One that comes the other way runs through the
    drive backwards and is met at `meeting_s`.
    """

    trajectory: Trajectory
    headway_s: Float64
    """(K,), negative for vehicles behind."""
    standing_m: Float64
    """(K,), negative for vehicles behind."""
    company_s: Float64
    """(K, 2), from when till when each is there."""
    meeting_s: Float64
    """(J,)."""
    looks: Vehicles
    """K + J vehicles; their poses do not count."""

    def at(self, time_s: float) -> Vehicles:
        """Who is there, in sight, `time_s` after the start."""
        with_us, with_us_here = self._same_lane(time_s)
        others, others_here = self._other_lane(time_s)
        pose, here = np.concatenate([with_us, others]), np.concatenate([with_us_here, others_here])
        return Vehicles(pose[here], self.looks.size_m[here], self.looks.colour[here])

    def _same_lane(self, time_s: float) -> tuple[Float64, Bool]:
        """Poses (K, 3), and who is there (K,)."""
        drive, now = self.trajectory, round(time_s * RATE_HZ)
        along_m = np.cumsum(drive.speed_mps) / RATE_HZ
        place_m = along_m[now] + self.standing_m + self.headway_s * drive.speed_mps[now]
        here = (self.company_s[:, 0] <= time_s) & (time_s < self.company_s[:, 1])
        here &= (place_m > along_m[0]) & (place_m < along_m[-1])
        return drive.pose[np.searchsorted(along_m, place_m).clip(0, len(along_m) - 1)], here

    def _other_lane(self, time_s: float) -> tuple[Float64, Bool]:
        """Poses (J, 3), and who is there (J,)."""
        drive = self.trajectory
        place_s = 2.0 * self.meeting_s - time_s
        tick = np.round(place_s * RATE_HZ).astype(int)
        here = (tick >= 0) & (tick < len(drive.time_s)) & (np.abs(place_s - time_s) < SIGHT_S)
        tick = tick.clip(0, len(drive.time_s) - 1)
        x_m, y_m, yaw_rad = drive.pose[tick].T
        left_m = drive.opposite_m[tick]
        pose = np.stack([x_m - np.sin(yaw_rad) * left_m, y_m + np.cos(yaw_rad) * left_m, yaw_rad + np.pi], axis=1)
        return pose, here & (left_m > PASSING_M)


def draw_traffic(trajectory: Trajectory, noise: WorldNoise, rng: np.random.Generator) -> Traffic:
    """Traffic as dense as the noise level says."""
    end_s = float(trajectory.time_s[-1])
    lanes = []
    for side in (-1.0, 1.0):
        time_s = 0.0
        while time_s < end_s:
            stay_s = rng.exponential(COMPANY_S)
            if rng.random() < noise.company_ratio:
                gap = side * rng.uniform(*HEADWAY_S), side * rng.uniform(*STANDING_M)
                lanes.append((*gap, time_s, time_s + stay_s))
            time_s += stay_s
    company = np.array(lanes).reshape(-1, 4)
    meeting_s = np.sort(rng.uniform(0.0, end_s, rng.poisson(noise.oncoming_per_s * end_s)))
    looks = vehicles_at(np.zeros((len(company) + len(meeting_s), 3)), rng)
    return Traffic(trajectory, company[:, 0], company[:, 1], company[:, 2:], meeting_s, looks)
