"""Scans as cameras in an edited world would observe them, thousands a second: geometry and mistakes without images."""

from __future__ import annotations

import zlib
from copy import copy
from typing import Literal

import numpy as np

from geoloc_ros.core.config import ScanConfig
from geoloc_ros.core.types import Float64, Int64, SemanticScan
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.chance import normal, uniform
from geoloc_ros.sim.noise import NoiseLevel
from geoloc_ros.sim.occlusion import Occlusion
from geoloc_ros.sim.plane_mistakes import observe_planes
from geoloc_ros.sim.street_mistakes import observe_streets
from geoloc_ros.sim.world import edit_map

Family = Literal["streets", "planes"]

_BATCH = 512
_LOWEST_CAMERA_M, _HIGHEST_CAMERA_M = 1.6, 2.5


class ScanSimulator:
    """A world like the map but for the noise level, and what perception makes of it.

    The same arguments give the same scans, however they are batched but for mistakes of single rays.
    """

    def __init__(self, geomap: GeoMap, level: NoiseLevel, seed: int, family: Family = "streets") -> None:
        """Edit the map: ten seconds for a large city."""
        self._level, self._seed, self._family = level, seed, family
        self.world = edit_map(geomap, level.world, np.random.default_rng([seed, 0]))
        self._occlusion = Occlusion(self.world, np.random.default_rng([seed, 1]))
        self.scan_config = ScanConfig()

    def with_level(self, level: NoiseLevel, family: Family = "streets") -> ScanSimulator:
        """The same world, seen with other mistakes.

        Raises:
            ValueError: If the levels differ in how the world is made.
        """
        if level.world != self._level.world:
            raise ValueError("the noise levels make different worlds; make a simulator of its own for each")
        other = copy(self)
        other._level, other._family = level, family
        return other

    def observe(self, poses: Float64, drive: Int64) -> SemanticScan:
        """Scans (N, B) from poses (N, 3), ray 0 along the heading.

        Args:
            drive: (N,). Mistakes about a building are the same within one drive, and independent between drives; those
                of the family `planes` belong to no building and are drawn anew for every scan.
        """
        poses, drive = np.asarray(poses, np.float64), np.asarray(drive, np.int64)
        parts = [
            self._observe(poses[start : start + _BATCH], drive[start : start + _BATCH])
            for start in range(0, len(poses), _BATCH)
        ]
        return SemanticScan(
            np.concatenate([part.range_m for part in parts]), np.concatenate([part.instance for part in parts]),
            np.concatenate([part.observed for part in parts]),
        )

    def _observe(self, poses: Float64, drive: Int64) -> SemanticScan:
        rng = np.random.default_rng([self._seed, 2, zlib.crc32(poses.tobytes())])
        turned = poses + np.radians(self._level.camera.yaw_deg) * normal(self._seed, 0, drive)[:, None] * [0, 0, 1]
        camera_m = _LOWEST_CAMERA_M + (_HIGHEST_CAMERA_M - _LOWEST_CAMERA_M) * uniform(self._seed, 1, drive)
        view = self._occlusion.view(turned, camera_m, self.scan_config.num_rays)
        if self._family == "planes":
            return observe_planes(view, self._level, self.scan_config.max_range_m, rng)
        return observe_streets(view, self._level, drive, self._seed, self.scan_config.max_range_m, rng)
