"""Pairs of a place as the map shows it and as a vehicle near it might have observed it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.config import ScanConfig
from geoloc_ros.core.types import Float64, Int64, SemanticScan
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.scan.augment import ArcsNoise, add_arcs_noise
from geoloc_ros.training.maps import TrainingCity
from geoloc_ros.training.ours_world import MapEditor

OFFSET_M = 5.0
"""Bound of how far a vehicle is from its place, along either axis."""
TURN_DEG = 5.0
"""Bound of the error of the known heading: half an angular bin of the network, so that all headings are learnt."""
_LEAST_HIT_RATIO = 0.02
_FREE_RATIO = 0.8
_STEPS_PER_WORLD = 40


@dataclass(frozen=True)
class Pairs:
    """N places of one city."""

    position_m: Float64
    """(N, 2) of the places."""
    mapped: SemanticScan
    """(N, B), at the place."""
    observed: SemanticScan
    """(N, B), near it."""


class PairSampler:
    """Draws pairs of one city; its edited copy changes every few steps."""

    def __init__(self, city: TrainingCity, scan: ScanConfig) -> None:
        self._city = city
        self._scan = scan
        self._position_m = city.position_m[_sees_buildings(city, scan)]
        self._editor = MapEditor(city.geomap.buildings, city.position_m)
        self._world: tuple[int, RayCaster] = (-1, city.caster)

    def __len__(self) -> int:
        """Places that see buildings."""
        return len(self._position_m)

    def draw(self, count: int, step: int, seed: int, rng: np.random.Generator) -> Pairs:
        """`count` places, or fewer where some are drawn twice.

        Args:
            step: Of the training; together with `seed` it decides which edited copy of the city is driven through.
        """
        world = self._world_at(step, seed)
        position_m = self._position_m[np.unique(rng.integers(len(self), size=count))]
        yaw_rad = rng.uniform(0.0, 2.0 * np.pi, len(position_m))
        return look_round(self._city.caster, world, position_m, yaw_rad, self._scan, rng)

    def _world_at(self, step: int, seed: int) -> RayCaster:
        epoch = step // _STEPS_PER_WORLD
        if self._world[0] != epoch:
            walls = self._editor.edited_walls(np.random.default_rng((seed, epoch)))
            self._world = (epoch, RayCaster(walls))
        return self._world[1]


def look_round(
    map_caster: RayCaster, world_caster: RayCaster, position_m: Float64, yaw_rad: Float64, scan: ScanConfig,
    rng: np.random.Generator,
) -> Pairs:
    """Scans at places (N, 2) looking along `yaw_rad` (N,), and observations near them in another world."""
    mapped = map_caster.cast(np.column_stack([position_m, yaw_rad]), scan.num_rays, scan.max_range_m, 1)
    turn_rad = np.radians(rng.uniform(-TURN_DEG, TURN_DEG, len(position_m)))
    near = np.column_stack([position_m + draw_offsets_m(mapped, yaw_rad, rng), yaw_rad + turn_rad])
    seen = world_caster.cast(near, scan.num_rays, scan.max_range_m, 1)
    return Pairs(position_m, mapped, add_arcs_noise(seen, ArcsNoise(), rng))


def draw_offsets_m(mapped: SemanticScan, yaw_rad: Float64, rng: np.random.Generator) -> Float64:
    """Up to OFFSET_M along either axis (N, 2), but not through a wall."""
    offset_m = rng.uniform(-OFFSET_M, OFFSET_M, (len(yaw_rad), 2))
    towards_rad = np.arctan2(offset_m[:, 1], offset_m[:, 0]) - yaw_rad
    ray = np.rint(towards_rad / (2.0 * np.pi) * mapped.num_rays).astype(np.int64) % mapped.num_rays
    room_m = np.nan_to_num(mapped.range_m[np.arange(len(ray)), ray], nan=np.inf)
    shortened: Float64 = offset_m * np.minimum(1.0, _FREE_RATIO * room_m / np.hypot(*offset_m.T).clip(1e-6))[:, None]
    return shortened


def _sees_buildings(city: TrainingCity, scan: ScanConfig) -> Int64:
    """Places (K,) that see something and are not inside of it; nothing can be learnt at others."""
    poses = np.column_stack([city.position_m, np.zeros(len(city.position_m))])
    range_m = city.caster.cast(poses, 90, scan.max_range_m).range_m
    nearest_m = np.nan_to_num(range_m, nan=np.inf).min(axis=1)
    is_usable = (np.mean(~np.isnan(range_m), axis=1) >= _LEAST_HIT_RATIO) & (nearest_m > 1.0)
    rows: Int64 = np.flatnonzero(is_usable)
    return rows
