"""The scans of the last metres, with the odometry that joins them."""

from __future__ import annotations

from collections import deque

import numpy as np

from geoloc_ros.core.config import AlignConfig
from geoloc_ros.core.types import Float64, Observation


class ScanWindow:
    """Key frames every few metres, and always the newest frame; those farther back than the window are forgotten."""

    def __init__(self, config: AlignConfig) -> None:
        self._config = config
        self._kept: deque[tuple[float, Observation]] = deque()
        self._newest: tuple[float, Observation] | None = None

    def add(self, observation: Observation) -> bool:
        """Take in a frame; whether it is a key frame, which stays when the next one comes."""
        driven_m = 0.0
        if self._newest is not None:
            before_m, before = self._newest
            driven_m = before_m + float(np.hypot(*(observation.odometry.as_array() - before.odometry.as_array())[:2]))
        self._newest = driven_m, observation
        while self._kept and driven_m - self._kept[0][0] > self._config.window_m:
            self._kept.popleft()
        is_key = not self._kept or driven_m - self._kept[-1][0] >= self._config.spacing_m
        if is_key:
            self._kept.append(self._newest)
        return is_key

    def reset(self) -> None:
        """Forget everything, as odometry that jumps asks for."""
        self._kept.clear()
        self._newest = None

    @property
    def frames(self) -> tuple[Observation, ...]:
        """Oldest first; the last one is the newest, be it a key frame or not."""
        return tuple(observation for _, observation in self._entries())

    @property
    def driven_m(self) -> Float64:
        """(K,), where each of the frames is on the drive, since the last reset."""
        return np.array([driven_m for driven_m, _ in self._entries()])

    @property
    def travelled_m(self) -> float:
        """Drive from the oldest frame to the newest."""
        entries = self._entries()
        return entries[-1][0] - entries[0][0] if entries else 0.0

    def _entries(self) -> list[tuple[float, Observation]]:
        entries = list(self._kept)
        if self._newest is not None and (not entries or entries[-1] is not self._newest):
            entries.append(self._newest)
        return entries
