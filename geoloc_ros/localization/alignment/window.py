"""The scans of the last metres, with the odometry that joins them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import numpy as np

from geoloc_ros.core.geometry import compose, relative_motion
from geoloc_ros.core.localization_config import AlignConfig
from geoloc_ros.core.types import Float64, Observation, Pose2

# So slow is standing: what odometry turns then is the drift of a gyroscope, if it is no more than that. In a longer gap
# between frames anything may have happened.
_STANDING_MPS, _STANDING_RADPS, _LONGEST_GAP_S = 0.05, 0.01, 10.0


@dataclass(frozen=True)
class WindowFrame:
    """A frame on the drive; what odometry turned and the clock went on while the vehicle stood is left out."""

    observation: Observation
    path: Pose2
    """Of the base, in a frame of the window's own."""
    moving_s: float
    """Driving time since the last reset."""
    driven_m: float
    """Distance since the last reset."""


class ScanWindow:
    """Key frames every few metres, and always the newest frame; those farther back than the window are forgotten."""

    def __init__(self, config: AlignConfig) -> None:
        self._config = config
        self._kept: deque[WindowFrame] = deque()
        self._newest: WindowFrame | None = None

    def add(self, observation: Observation) -> bool:
        """Take in a frame; whether it is a key frame, which stays when the next one comes."""
        newest = WindowFrame(observation, Pose2(0.0, 0.0, 0.0), 0.0, 0.0)
        if self._newest is not None:
            newest = _next(self._newest, observation)
        self._newest = newest
        while self._kept and newest.driven_m - self._kept[0].driven_m > self._config.window_m:
            self._kept.popleft()
        is_key = not self._kept or newest.driven_m - self._kept[-1].driven_m >= self._config.spacing_m
        if is_key:
            self._kept.append(newest)
        return is_key

    def reset(self) -> None:
        """Forget everything, as odometry that jumps asks for."""
        self._kept.clear()
        self._newest = None

    @property
    def frames(self) -> tuple[WindowFrame, ...]:
        """Oldest first; the last one is the newest, be it a key frame or not."""
        kept = tuple(self._kept)
        return kept if self._newest is None or kept[-1] is self._newest else (*kept, self._newest)

    @property
    def driven_m(self) -> Float64:
        """(K,), where each of the frames is on the drive, since the last reset."""
        return np.array([frame.driven_m for frame in self.frames])

    @property
    def travelled_m(self) -> float:
        """Drive from the oldest frame to the newest."""
        return self._newest.driven_m - self._kept[0].driven_m if self._newest is not None else 0.0


def _next(before: WindowFrame, observation: Observation) -> WindowFrame:
    motion = relative_motion(before.observation.odometry, observation.odometry)
    step_m = float(np.hypot(motion.x_m, motion.y_m))
    step_s = (observation.stamp_ns - before.observation.stamp_ns) / 1e9
    is_slow = step_m <= _STANDING_MPS * step_s and abs(motion.yaw_rad) <= _STANDING_RADPS * step_s
    if is_slow and step_s <= _LONGEST_GAP_S:
        motion, step_s = replace(motion, yaw_rad=0.0), 0.0
    path = compose(before.path, motion)
    return WindowFrame(observation, path, before.moving_s + step_s, before.driven_m + step_m)
