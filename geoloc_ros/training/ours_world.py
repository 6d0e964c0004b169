"""Walls of a map as they might have been built: what a network must forgive the map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geoloc_ros.maps.geomap import Buildings, Walls

MOVED_M = 3.0
RESIZED_RATIO = 0.06
MOST_REMOVED_RATIO = 0.25
MOST_ADDED_RATIO = 0.1
ADDED_AWAY_M = 40.0


def edited_walls(buildings: Buildings, rng: np.random.Generator) -> Walls:
    """Walls with buildings gone, copied elsewhere, shifted and resized; how many differs from call to call."""
    count = len(buildings)
    vertex_building = np.repeat(buildings.ring_building, np.diff(buildings.ring_start))
    per_building = np.bincount(vertex_building, minlength=count).clip(1)
    centre_m = np.stack(
        [np.bincount(vertex_building, buildings.vertices_m[:, axis], count) for axis in (0, 1)], axis=1
    ) / per_building[:, None]
    scale = np.exp(rng.normal(0.0, RESIZED_RATIO, (count, 2)))[vertex_building]
    shift_m = rng.uniform(-1.0, 1.0, (count, 2)) * MOVED_M * rng.random()
    moved_m = (buildings.vertices_m - centre_m[vertex_building]) * scale + (centre_m + shift_m)[vertex_building]
    walls = replace(buildings, vertices_m=moved_m).walls()
    kept = rng.random(count) >= MOST_REMOVED_RATIO * rng.random()
    added = rng.random(count) < MOST_ADDED_RATIO * rng.random()
    away_m = rng.uniform(-ADDED_AWAY_M, ADDED_AWAY_M, (count, 2))[walls.building]
    is_kept, is_added = kept[walls.building], added[walls.building]
    return Walls(
        np.concatenate([walls.start_m[is_kept], (walls.start_m + away_m)[is_added]]),
        np.concatenate([walls.end_m[is_kept], (walls.end_m + away_m)[is_added]]),
        np.concatenate([walls.building[is_kept], walls.building[is_added] + np.int32(count)]),
    )
