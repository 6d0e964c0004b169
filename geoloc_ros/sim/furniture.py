"""What stands in streets beside buildings: trees, parked vehicles, people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from geoloc_ros.core.types import Bool, Float32, Float64
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.edits import centre_lines, outlines
from geoloc_ros.sim.noise import WorldNoise

WIDEST_M, NARROWEST_M = 4.6, 1.9
"""Half a carriageway."""
PAVEMENT_M = 2.2


@dataclass(frozen=True)
class Trees:
    """T trees."""

    position_m: Float64
    """(T, 2)."""
    height_m: Float32
    """(T,)."""
    crown_m: Float32
    """(T,), radius of the crown."""


@dataclass(frozen=True)
class Vehicles:
    """K vehicles standing on the ground."""

    pose: Float64
    """(K, 3): x_m, y_m, yaw_rad of the middle."""
    size_m: Float32
    """(K, 3): length, width, height."""
    colour: Float32
    """(K, 3), 0 to 1."""


def street_half_widths(geomap: GeoMap) -> Float64:
    """Half the carriageway (E,) of each edge: what buildings leave beside a pavement, within reason."""
    roads = geomap.roads
    walls = shapely.STRtree(outlines(geomap.buildings))
    points = shapely.points(roads.point_m)
    near = walls.query_nearest(points, max_distance=12.0, return_distance=True, all_matches=False)
    room_m = np.full(len(points), 12.0)
    room_m[near[0][0]] = near[1]
    ends = zip(roads.point_start[:-1], roads.point_start[1:], strict=True)
    half_m = np.array([np.quantile(room_m[start:end], 0.3) for start, end in ends])
    return np.asarray((half_m - PAVEMENT_M * 0.8).clip(NARROWEST_M, WIDEST_M))


def plant_trees(geomap: GeoMap, half_width_m: Float64, noise: WorldNoise, rng: np.random.Generator) -> Trees:
    """Most of the map's trees, and rows of others along some streets."""
    known_m = geomap.tree_m[rng.random(len(geomap.tree_m)) >= noise.removed_tree_ratio]
    rows = [
        _beside(line_m, side * (half_width_m[edge] + 0.7), rng.uniform(8.0, 18.0), 1.0, rng)[:, :2]
        for edge, line_m in _streets(geomap) for side in (-1.0, 1.0) if rng.random() < noise.avenue_ratio
    ]
    position_m = np.concatenate([known_m.reshape(-1, 2), *rows])
    position_m = position_m[_is_free(geomap, position_m, from_buildings_m=1.0, from_streets_m=2.5)]
    height_m = rng.uniform(5.0, 13.0, len(position_m))
    crown_m = (0.28 * height_m * rng.uniform(0.7, 1.2, len(position_m))).clip(0.9, 4.0)
    return Trees(position_m, height_m.astype(np.float32), crown_m.astype(np.float32))


def park_vehicles(
    geomap: GeoMap, half_width_m: Float64, ratio: float, rng: np.random.Generator
) -> Vehicles:
    """Vehicles along the kerbs of streets that have room for them."""
    rows = [
        _beside(line_m, side * (half_width_m[edge] - 0.95), 5.9, ratio, rng)
        for edge, line_m in _streets(geomap) for side in (-1.0, 1.0) if half_width_m[edge] > 4.2 and ratio > 0.0
    ]
    pose = np.concatenate([np.empty((0, 3)), *rows])
    pose = pose[_is_free(geomap, pose[:, :2], from_buildings_m=1.0, from_streets_m=3.2)]
    return vehicles_at(pose, rng)


def vehicles_at(pose: Float64, rng: np.random.Generator) -> Vehicles:
    """Cars, one in eight a van, facing either way."""
    count = len(pose)
    is_van = rng.random(count) < 0.12
    size_m = np.where(is_van[:, None], [5.2, 1.95, 2.3], [4.3, 1.76, 1.47]) * rng.uniform(0.93, 1.05, (count, 1))
    grey = rng.uniform(0.06, 0.9, (count, 1))
    tint = np.where(rng.random((count, 1)) < 0.45, grey + 0.6 * (rng.uniform(0.05, 0.8, (count, 3)) - grey), grey)
    return Vehicles(pose, size_m.astype(np.float32), tint.astype(np.float32))


def place_people(geomap: GeoMap, half_width_m: Float64, per_km: float, rng: np.random.Generator) -> Float64:
    """Positions (K, 2) on pavements."""
    if per_km == 0.0:
        return np.empty((0, 2))
    rows = [
        _beside(line_m, side * (half_width_m[edge] + rng.uniform(0.8, 1.6)), 4.0, per_km / 500.0, rng)[:, :2]
        for edge, line_m in _streets(geomap) for side in (-1.0, 1.0)
    ]
    people_m = np.concatenate([np.empty((0, 2)), *rows])
    return people_m[_is_free(geomap, people_m, from_buildings_m=0.3, from_streets_m=2.4)]


def _streets(geomap: GeoMap) -> Iterator[tuple[int, Float64]]:
    """One edge, with its line, of each pair that runs both ways."""
    roads = geomap.roads
    for edge in range(len(roads)):
        if not 0 <= roads.edge_reverse[edge] < edge:
            yield edge, roads.polyline(edge)


def _beside(line_m: Float64, left_m: float, spacing_m: float, ratio: float, rng: np.random.Generator) -> Float64:
    """Poses (K, 3) along a street but not at its junctions, `ratio` of the slots taken; facing as traffic does."""
    step_m = np.diff(line_m, axis=0)
    along_m = np.concatenate([[0.0], np.hypot(*step_m.T).cumsum()])
    slots_m = np.arange(9.0, along_m[-1] - 9.0, spacing_m)
    slots_m = slots_m[rng.random(len(slots_m)) < ratio]
    slots_m = slots_m + rng.uniform(-0.3, 0.3, len(slots_m))
    segment = (np.searchsorted(along_m, slots_m, "right") - 1).clip(0, len(step_m) - 1)
    yaw = np.arctan2(step_m[segment, 1], step_m[segment, 0])
    x, y = (np.interp(slots_m, along_m, line_m[:, axis]) for axis in (0, 1))
    turned = yaw if left_m < 0.0 else yaw + np.pi
    return np.stack([x - np.sin(yaw) * left_m, y + np.cos(yaw) * left_m, turned], axis=1)


def _is_free(geomap: GeoMap, points_m: Float64, from_buildings_m: float, from_streets_m: float) -> Bool:
    """Which points (K, 2) are clear of buildings and of centre lines."""
    points = shapely.points(points_m)
    free = np.ones(len(points), dtype=bool)
    obstacles = ((outlines(geomap.buildings), from_buildings_m), (centre_lines(geomap.roads), from_streets_m))
    for shapes, distance_m in obstacles:
        free[shapely.STRtree(shapes).query(points, predicate="dwithin", distance=distance_m)[0]] = False
    return free
