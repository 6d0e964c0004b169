"""Houses of 12 x 10 m in a row north of a street, with a long wall behind them; nothing stands in the south."""

from __future__ import annotations

from functools import cache

import numpy as np

from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.types import Bool, Float64, SemanticScan
from geoloc_ros.evaluation.map_evidence import SeenDrive
from geoloc_ros.maps.geomap import Buildings, GeoMap, MapSource, RoadGraph
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.sim.edits import subset_of_buildings

NUM_HOUSES = 8
WALL = NUM_HOUSES - 1
"""Counted as a house: 44 m from the street's middle."""
_WIDTH_M, _GAP_M = 12.0, 3.0


@cache
def street() -> GeoMap:
    """The map; house k stands 8 to 18 m north, from 15 k m east on."""
    corners = np.array([(0.0, 8.0), (_WIDTH_M, 8.0), (_WIDTH_M, 18.0), (0.0, 18.0)])
    houses = [corners + [(_WIDTH_M + _GAP_M) * number, 0.0] for number in range(NUM_HOUSES - 1)]
    houses.append(np.array([(-200.0, 44.0), (300.0, 44.0), (300.0, 48.0), (-200.0, 48.0)]))
    return _geomap(np.concatenate(houses))


def _geomap(vertices_m: Float64) -> GeoMap:
    count = len(vertices_m) // 4
    buildings = Buildings(
        vertices_m, np.arange(0, 4 * count + 1, 4), np.arange(count, dtype=np.int32), np.full(count, 8.0, np.float32),
        np.zeros(count, np.float32), 100 + np.arange(count),
    )
    ends = np.array([(-20.0, 0.0), (120.0, 0.0)])
    roads = RoadGraph(
        ends, np.array([0, 1], np.int32), np.array([1, 0], np.int32), np.array([1, 0], np.int32),
        np.concatenate([ends, ends[::-1]]), np.array([0, 2, 4]),
    )
    bounds_m = (-200.0, -100.0, 300.0, 100.0)
    return GeoMap(GeoOrigin(35.0, 135.7), bounds_m, buildings, roads, np.empty((0, 2)), MapSource("", "", "", "us"))


def with_house_in_the_south() -> GeoMap:
    """The same with a house that the map does not know, 10 to 20 m south, 40 to 54 m east."""
    new = np.array([(40.0, -20.0), (54.0, -20.0), (54.0, -10.0), (40.0, -10.0)])
    return _geomap(np.concatenate([street().buildings.vertices_m, new]))


def along_the_street() -> Float64:
    """Poses (F, 3), 3 m apart."""
    return np.column_stack([np.arange(0.0, 105.0, 3.0), np.zeros(35), np.zeros(35)])


def seen(pose: Float64, keep: Bool | None = None, depth_factor: float = 1.0, world: GeoMap | None = None) -> SeenDrive:
    """What a camera without other mistakes sees from there of the houses that were kept; its pose is known well."""
    buildings = (world or street()).buildings
    kept = buildings if keep is None else subset_of_buildings(buildings, keep)
    scan = RayCaster(kept.walls()).cast(pose, 360, 100.0)
    observed = SemanticScan(scan.range_m * np.float32(depth_factor), scan.instance, np.array(scan.observed))
    return SeenDrive(pose, np.tile(np.diag([0.01, 0.01, 1e-5]), (len(pose), 1, 1)), observed)
