"""Cities with buildings missing, so that a scan shows what stands behind the missing ones."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Bool, Float64, Int64, SemanticScan
from geoloc_ros.maps.geomap import Walls
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.training.maps import TrainingCity

# A ray caster of each is kept. A building is missing from every fifth of them, and a place sees a dozen or two.
_VERSIONS = 16


class ThinnedCities:
    """Several versions of every city, each without buildings that were drawn at random, apart from the others.

    To remove buildings for one scan alone takes a ray caster of its own, 0.1 s for a city; to choose among versions
    takes nothing, and every scan shows exactly what a map without those buildings would.
    """

    def __init__(self, cities: tuple[TrainingCity, ...], removed_ratio: float, seed: int) -> None:
        self._casters = []
        for number, city in enumerate(cities):
            walls = city.geomap.buildings.walls()
            rng = np.random.default_rng((seed, number))
            kept = rng.random((_VERSIONS, len(city.geomap.buildings))) >= removed_ratio
            self._casters.append([RayCaster(_select(walls, version[walls.building])) for version in kept])

    def cast(
        self, city: Int64, poses: Float64, num_rays: int, max_range_m: float, rng: np.random.Generator
    ) -> SemanticScan:
        """Scans (N, num_rays) of poses (N, 3) in the cities (N,), each of a version drawn at random."""
        version = rng.integers(_VERSIONS, size=len(city))
        range_m = np.empty((len(city), num_rays), np.float32)
        instance = np.empty((len(city), num_rays), np.int32)
        key = city * _VERSIONS + version
        for each in np.unique(key):
            rows = np.flatnonzero(key == each)
            caster = self._casters[each // _VERSIONS][each % _VERSIONS]
            scan = caster.cast(poses[rows], num_rays, max_range_m, num_threads=1)
            range_m[rows], instance[rows] = scan.range_m, scan.instance
        return SemanticScan(range_m, instance, np.ones(range_m.shape, bool))


def _select(walls: Walls, kept: Bool) -> Walls:
    return Walls(walls.start_m[kept], walls.end_m[kept], walls.building[kept])
