"""Buildings that are not as the map has them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from geoloc_ros.core.types import Bool, Float64, Int32
from geoloc_ros.maps.geomap import Buildings, GeoMap, RoadGraph
from geoloc_ros.sim.noise import WorldNoise

CLEARANCE_M = 3.0
"""No edit brings a building nearer to a centre line than this."""
PASSAGE_M = 4.5
"""Clear height where a street runs through a building."""
_NEIGHBOUR_M = 80.0
"""Of two new buildings that touch, the points on their streets are nearer than this."""

Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class Edits:
    """Buildings of the world and where each came from."""

    buildings: Buildings
    source: Int32
    """(N,), number of the building in the map, -1 for a new one."""
    num_removed: int
    num_lifted: int
    """Buildings that a street runs through; they stand on a passage."""


def edit_buildings(geomap: GeoMap, noise: WorldNoise, rng: np.random.Generator) -> Edits:
    """Shift, resize, remove and add buildings, then clear the streets of them."""
    before = geomap.buildings
    streets = shapely.STRtree(centre_lines(geomap.roads))
    buildings = _moved(before, noise, streets, rng)
    keep = rng.random(len(before)) >= noise.removed_ratio
    kept = subset_of_buildings(buildings, keep)
    added = _new_buildings(kept, geomap.roads, streets, round(noise.added_ratio * len(before)), rng)
    source = np.concatenate([np.flatnonzero(keep), np.full(len(added), -1)]).astype(np.int32)
    buildings, num_lifted = _with_passages(_joined(kept, added), streets)
    return Edits(buildings, source, int((~keep).sum()), num_lifted)


def outlines(buildings: Buildings) -> Shapes:
    """Polygons (N,) with their courtyards; made without a check of validity."""
    ring_of_vertex = np.repeat(np.arange(len(buildings.ring_building)), np.diff(buildings.ring_start))
    rings = shapely.linearrings(buildings.vertices_m, indices=ring_of_vertex)
    shapes = shapely.polygons(rings, indices=buildings.ring_building)
    return np.asarray(shapes, dtype=object)


def centre_lines(roads: RoadGraph) -> Shapes:
    """Line strings (E,)."""
    edge = np.repeat(np.arange(len(roads)), np.diff(roads.point_start))
    return np.asarray(shapely.linestrings(roads.point_m, indices=edge), dtype=object)


def _moved(before: Buildings, noise: WorldNoise, streets: shapely.STRtree, rng: np.random.Generator) -> Buildings:
    count = len(before)
    angle = rng.uniform(0.0, 2.0 * np.pi, count)
    # The root makes it uniform over the disc.
    shift_m = noise.moved_m * np.sqrt(rng.random(count))[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    scale = np.exp(rng.normal(0.0, noise.resized_ratio, (count, 2))).clip(0.8, 1.25)
    if noise.moved_m == 0.0 and noise.resized_ratio == 0.0:
        return before
    building = np.repeat(before.ring_building, np.diff(before.ring_start))
    per_building = np.bincount(building, minlength=count)[:, None].clip(1)
    centre_m = np.stack([np.bincount(building, before.vertices_m[:, k], count) for k in (0, 1)], axis=1) / per_building
    moved_m = (before.vertices_m - centre_m[building]) * scale[building] + centre_m[building] + shift_m[building]
    after = replace(before, vertices_m=moved_m)
    old_m, new_m = _clearance_m(outlines(before), streets), _clearance_m(outlines(after), streets)
    blocked = (new_m < CLEARANCE_M) & (new_m < old_m)
    return replace(before, vertices_m=np.where(blocked[building, None], before.vertices_m, moved_m))


def _clearance_m(shapes: Shapes, streets: shapely.STRtree) -> Float64:
    """Distance (N,) to the nearest centre line, capped at CLEARANCE_M."""
    clearance_m = np.full(len(shapes), CLEARANCE_M)
    pairs = streets.query(shapes, predicate="dwithin", distance=CLEARANCE_M)
    np.minimum.at(clearance_m, pairs[0], shapely.distance(shapes[pairs[0]], streets.geometries[pairs[1]]))
    return clearance_m


def _new_buildings(
    present: Buildings, roads: RoadGraph, streets: shapely.STRtree, count: int, rng: np.random.Generator
) -> Buildings:
    """Boxes beside streets where there is room; fewer than `count` where there is little."""
    taken = shapely.STRtree(outlines(present))
    shapes: list[shapely.Polygon] = []
    middles_m = np.full((count, 2), np.inf)
    for _ in range(12 * count):
        if len(shapes) == count:
            break
        line_m = roads.polyline(int(rng.integers(len(roads))))
        k = int(rng.integers(len(line_m) - 1))
        along = (line_m[k + 1] - line_m[k]) / max(float(np.hypot(*(line_m[k + 1] - line_m[k]))), 1e-6)
        width_m, depth_m = rng.uniform([7.0, 7.0], [22.0, 14.0])
        aside_m = rng.choice([-1.0, 1.0]) * (depth_m / 2 + rng.uniform(6.5, 16.0))
        frame = np.stack([along, [-along[1], along[0]]])
        corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * [width_m / 2, depth_m / 2] + [0.0, aside_m]
        middle_m = line_m[k] + rng.random() * (line_m[k + 1] - line_m[k])
        shape = shapely.Polygon(middle_m + corners @ frame)
        is_free = not len(taken.query(shape, "dwithin", 0.8)) and not len(streets.query(shape, "dwithin", 6.0))
        near = np.flatnonzero(np.abs(middles_m - middle_m).max(axis=1) < _NEIGHBOUR_M) if is_free else ()
        if is_free and not any(shape.distance(shapes[other]) < 0.8 for other in near):
            middles_m[len(shapes)] = middle_m
            shapes.append(shape)
    vertices_m = np.array([np.asarray(shape.exterior.coords)[:-1] for shape in shapes]).reshape(-1, 2)
    number = len(shapes)
    return Buildings(
        vertices_m, np.arange(0, 4 * number + 1, 4), np.arange(number, dtype=np.int32),
        rng.uniform(4.0, 14.0, number).astype(np.float32), np.zeros(number, np.float32), np.zeros(number, np.int64),
    )


def _with_passages(buildings: Buildings, streets: shapely.STRtree) -> tuple[Buildings, int]:
    """Lift what a street runs through, as if it stood on a passage: nobody drives through walls."""
    shapes = outlines(buildings)
    on_ground = np.flatnonzero(buildings.base_m < PASSAGE_M)
    pairs = streets.query(shapes[on_ground], predicate="intersects")
    inside = shapely.length(shapely.intersection(shapes[on_ground][pairs[0]], streets.geometries[pairs[1]]))
    lifted = np.unique(on_ground[pairs[0][inside > 0.5]])
    base_m, height_m = buildings.base_m.copy(), buildings.height_m.copy()
    base_m[lifted] = PASSAGE_M
    height_m[lifted] = np.maximum(height_m[lifted], PASSAGE_M + 2.5)
    return replace(buildings, base_m=base_m, height_m=height_m), len(lifted)


def subset_of_buildings(buildings: Buildings, keep: Bool) -> Buildings:
    """Those of N buildings where `keep` (N,)."""
    ring_kept = keep[buildings.ring_building]
    sizes = np.diff(buildings.ring_start)
    number = np.cumsum(keep) - 1
    return Buildings(
        buildings.vertices_m[np.repeat(ring_kept, sizes)],
        np.concatenate([[0], np.cumsum(sizes[ring_kept])]).astype(np.int64),
        number[buildings.ring_building[ring_kept]].astype(np.int32),
        buildings.height_m[keep], buildings.base_m[keep], buildings.osm_id[keep],
    )


def _joined(first: Buildings, second: Buildings) -> Buildings:
    return Buildings(
        np.concatenate([first.vertices_m, second.vertices_m]),
        np.concatenate([first.ring_start, second.ring_start[1:] + first.ring_start[-1]]),
        np.concatenate([first.ring_building, second.ring_building + np.int32(len(first))]),
        np.concatenate([first.height_m, second.height_m]), np.concatenate([first.base_m, second.base_m]),
        np.concatenate([first.osm_id, second.osm_id]),
    )
