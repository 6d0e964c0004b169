"""Learns from maps how rays are mistaken: counts what they observe against what the map shows there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.config import ScanConfig
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Float32, Float64, Int64
from geoloc_ros.localization.ray_likelihood import (
    NUM_BINS,
    NUM_DISTANCES,
    NUM_EDGE_KINDS,
    UNKNOWN_EDGE,
    RayTable,
    bins_of,
    edge_kinds_of,
    symbols_of,
)
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.scan.augment import ArcsNoise, add_arcs_noise
from geoloc_ros.training.maps import TrainingCity
from geoloc_ros.training.ours_world import MapEditor

# Half the steps of the poses that re-ranking looks from, which are never quite the right one.
_OFFSET_M, _TURN_DEG = 1.0, 1.0
_LANE_M = 4.0
# Views of part of the scene or without a scale make every ray alike less certain; re-ranking knows of both by itself.
_NOISE = ArcsNoise(unscaled_share=0.0, narrow_share=0.0)
_RANGE_PRIOR, _EDGE_PRIOR = 50.0, 20.0


@dataclass(frozen=True)
class RayBudget:
    """How much is looked at."""

    worlds: int = 12
    """Edited copies of each city."""
    scans: int = 500
    """In each."""


def learn_ray_table(
    cities: tuple[TrainingCity, ...], budget: RayBudget, seed: int, progress: ProgressCallback = no_progress
) -> RayTable:
    """Table of what rays observe in edited copies of cities, with the mistakes that networks are trained on.

    Every city counts alike.
    """
    ranges = np.zeros((NUM_BINS + 1, NUM_BINS + 1))
    edges = np.zeros((NUM_EDGE_KINDS, NUM_DISTANCES))
    for number, city in enumerate(cities):
        for world in range(budget.worlds):
            _count(city, budget.scans, np.random.default_rng([seed, number, world]), ranges, edges)
            progress("counting rays", (number + (world + 1) / budget.worlds) / len(cities))
    return RayTable(_log_ratio(ranges, _RANGE_PRIOR), _log_ratio(edges, _EDGE_PRIOR))


def _count(
    city: TrainingCity, num_scans: int, rng: np.random.Generator, ranges: Float64, edges: Float64
) -> None:
    """Add the rays of one edited copy to the counts."""
    scan = ScanConfig()
    pose = np.column_stack([
        city.position_m[_draw(len(city.position_m), num_scans, rng)] + rng.uniform(-_LANE_M, _LANE_M, (num_scans, 2)),
        rng.uniform(0.0, 2.0 * np.pi, num_scans),
    ])  # fmt: skip
    offset = np.array([_OFFSET_M, _OFFSET_M, np.radians(_TURN_DEG)]) * rng.uniform(-1.0, 1.0, (num_scans, 3))
    world = RayCaster(MapEditor(city.geomap.buildings, city.position_m).edited_walls(rng))
    observed = add_arcs_noise(world.cast(pose, scan.num_rays, scan.max_range_m), _NOISE, rng)
    symbol = symbols_of(city.caster.cast(pose + offset, scan.num_rays, scan.max_range_m))
    seen = observed.observed
    np.add.at(ranges, (bins_of(observed.range_m)[seen], symbol[seen] // NUM_DISTANCES), 1.0)
    kind = edge_kinds_of(observed)
    known = kind != UNKNOWN_EDGE
    np.add.at(edges, (kind[known], symbol[known] % NUM_DISTANCES), 1.0)


def _draw(count: int, wanted: int, rng: np.random.Generator) -> Int64:
    return rng.integers(count, size=wanted)


def _log_ratio(counts: Float64, prior: float) -> Float32:
    """log(p(row | column) / p(row)); where little was counted, near 0: it says nothing."""
    share = (counts.sum(axis=1, keepdims=True) + 1.0) / (counts.sum() + len(counts))
    given = (counts + prior * share) / (counts.sum(axis=0, keepdims=True) + prior)
    log_ratio: Float32 = np.log(given / share).astype(np.float32)
    return log_ratio
