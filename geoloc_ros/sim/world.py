"""The world that is driven through and seen: an edited copy of the map, never the map itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geoloc_ros.core.types import Float32, Float64, Int32
from geoloc_ros.maps.geomap import Buildings, GeoMap
from geoloc_ros.sim.edits import Edits, edit_buildings
from geoloc_ros.sim.furniture import Trees, Vehicles, park_vehicles, place_people, plant_trees, street_half_widths
from geoloc_ros.sim.noise import WorldNoise
from geoloc_ros.sim.terrain import Terrain, draw_terrain, flat_terrain


@dataclass(frozen=True)
class World:
    """What is there."""

    geomap: GeoMap
    """Buildings as they stand; streets are those of the map."""
    edits: Edits
    """How the buildings came from those of the map."""
    terrain: Terrain
    half_width_m: Float64
    """(E,) of the carriageway of each edge of the road graph."""
    trees: Trees
    vehicles: Vehicles
    people_m: Float64
    """(K, 2)."""
    looks: Looks


@dataclass(frozen=True)
class Looks:
    """How each of N buildings is decorated."""

    wall: Float32
    """(N, 3), colour 0 to 1."""
    roof: Float32
    """(N, 3)."""
    floor_m: Float32
    """(N,), height of a storey."""
    bay_m: Float32
    """(N,), distance between windows."""
    window: Float32
    """(N, 2), share of bay and storey that is glass."""
    has_gable: Int32
    """(N,), 1 where a simple house gets a pitched roof."""
    sun: Float64
    """(3,), unit vector towards it."""


def edit_map(geomap: GeoMap, noise: WorldNoise, rng: np.random.Generator) -> World:
    """A world like the map but for what the noise level says; with no noise, the map's buildings on flat ground."""
    half_width_m = street_half_widths(geomap)
    edits = edit_buildings(geomap, noise, rng)
    geomap = replace(geomap, buildings=edits.buildings)
    trees = plant_trees(geomap, half_width_m, noise, rng)
    vehicles = park_vehicles(geomap, half_width_m, noise.parked_ratio, rng)
    people_m = place_people(geomap, half_width_m, noise.people_per_km, rng)
    terrain = draw_terrain(noise.slope_rms, rng) if noise.slope_rms > 0.0 else flat_terrain()
    looks = _decorate(edits.buildings, rng)
    return World(geomap, edits, terrain, half_width_m, trees, vehicles, people_m, looks)


_PLASTER = np.array(
    [(222, 211, 190), (201, 185, 158), (233, 228, 216), (190, 150, 120), (160, 88, 70), (205, 190, 120),
     (170, 176, 180), (214, 170, 140), (150, 140, 130), (188, 198, 190), (120, 105, 95), (236, 216, 170)], float
) / 255.0
_ROOFS = np.array([(120, 70, 55), (95, 60, 50), (80, 80, 84), (110, 105, 100), (140, 85, 60)], float) / 255.0


def _decorate(buildings: Buildings, rng: np.random.Generator) -> Looks:
    count = len(buildings)
    shade = rng.uniform(0.85, 1.08, (count, 1))
    wall = (_PLASTER[rng.integers(len(_PLASTER), size=count)] * shade + rng.normal(0, 0.02, (count, 3))).clip(0.05, 1)
    roof = (_ROOFS[rng.integers(len(_ROOFS), size=count)] * rng.uniform(0.8, 1.15, (count, 1))).clip(0.05, 1)
    window = rng.uniform([0.3, 0.4], [0.65, 0.62], (count, 2))
    office = rng.random(count) < 0.12 * (buildings.height_m > 12.0)
    window[office] = [0.92, 0.7]
    azimuth, elevation = rng.uniform(0.0, 2.0 * np.pi), rng.uniform(np.radians(30.0), np.radians(60.0))
    sun = np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)])
    gable = (buildings.height_m < 14.0) & (rng.random(count) < 0.7)
    return Looks(
        wall.astype(np.float32), roof.astype(np.float32), rng.uniform(2.9, 3.6, count).astype(np.float32),
        rng.uniform(2.0, 3.8, count).astype(np.float32), window.astype(np.float32), gable.astype(np.int32), sun,
    )
