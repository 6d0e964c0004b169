"""Buildings that drives saw where the map has none."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geoloc_ros.core.types import Float64, Int64, SemanticScan
from geoloc_ros.evaluation.map_evidence import DEPTH_FACTOR, MAX_RANGE_M, SeenDrive
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.raycast import RayCaster

_CELL_M = 2.0
_NEAR_M = 25.0
"""Farther hits are as far off as a building is wide."""
_CLEAR_M = 5.0
"""A hit stands alone only so far before what the map has on its ray and the rays beside it."""
_RAYS_BESIDE = 4
_LEAST_FRAMES, _LEAST_SHARE = 2, 0.3
"""A drive sees something in a cell with so many frames, and so large a share of those that looked at it."""
_LEAST_CELLS = 3
_LEAST_AREA_M2 = 40.0
"""Smaller is a van, a tree or a mistake."""
_LEAST_DISTANCE_M = 5.0
"""What is nearer to a building of the map may be that one, moved or wrongly measured."""
# Odds that something found is a building, and how many of the drives that look at it see it if it is one, if it is not.
# Counted over 80 drives of 1 km in Kyoto at noise `paper` (seeds 5 and 6).
_ODDS, _SEEN_IF_NEW, _SEEN_IF_NOT = 0.57, 0.72, 0.07
_ALWAYS_THERE = 0.025
"""Odds of what every drive sees and what is no building, as trees and parked lorries are."""
_STRIDE = 1 << 24
_NEIGHBOURS = (1, _STRIDE - 1, _STRIDE, _STRIDE + 1)


@dataclass(frozen=True)
class NewBuildings:
    """K places where something stands, the most probable first."""

    outline: NDArray[np.object_]
    """(K,) polygons in the map frame: hulls of the walls that were seen, which may be one side only."""
    probability: Float64
    """(K,)."""
    num_frames: Int64
    """(K,), with hits there, of all drives."""
    num_drives: Int64
    """(K,), that see it."""


@dataclass(frozen=True)
class _Looks:
    """What one drive saw of C cells."""

    cell: Int64
    """(C,), ascending."""
    hits: Int64
    """(C,), frames that hit something there that is not on the map."""
    looks: Int64
    """(C,), these and the frames that looked through."""


class NewBuildingSearch:
    """Gathers drives."""

    def __init__(self, geomap: GeoMap) -> None:
        walls = geomap.buildings.walls()
        self._caster = RayCaster(walls)
        self._walls = shapely.STRtree(shapely.linestrings(np.stack([walls.start_m, walls.end_m], axis=1)))
        self._corner_m = np.array(geomap.bounds_m[:2]) - 1000.0
        self._drives: list[_Looks] = []

    def add(self, drive: SeenDrive) -> None:
        """Take in a drive."""
        trusted = np.flatnonzero(drive.is_sure)
        pose = drive.pose[trusted]
        scan = SemanticScan(*(np.asarray(getattr(drive.scan, name))[trusted] for name in _COLUMNS))
        predicted = self._caster.cast(pose, scan.num_rays, MAX_RANGE_M)
        hits = self._cells(pose, scan, np.where(_is_alone(scan, predicted), scan.range_m, np.nan)[..., None])
        reach_m = np.where(np.isfinite(scan.range_m), scan.range_m - 2.0 * _CELL_M, _NEAR_M * scan.observed)
        steps_m = np.arange(_CELL_M, _NEAR_M, _CELL_M)
        passed = self._cells(pose, scan, np.where(steps_m < reach_m[..., None], steps_m, np.nan))
        cell, belongs = np.unique(np.concatenate([hits, passed]), return_inverse=True)
        num_hits = np.bincount(belongs[: len(hits)], minlength=len(cell))
        self._drives.append(_Looks(cell, num_hits, num_hits + np.bincount(belongs[len(hits) :], minlength=len(cell))))

    def copied(self) -> NewBuildingSearch:
        """One that goes its own way from here."""
        other = copy(self)
        other._drives = list(self._drives)
        return other

    def found(self, least_probability: float = 0.2) -> NewBuildings:
        """What is there with at least that probability."""
        strong = [each.cell[_is_strong(each)] for each in self._drives]
        cell = np.unique(np.concatenate([*strong, np.zeros(0, np.int64)]))
        group = _groups(cell)
        large = np.flatnonzero(np.bincount(group, minlength=1) >= _LEAST_CELLS)
        seen, looked, frames = (np.zeros(group.max(initial=0) + 1, np.int64) for _ in range(3))
        size = np.bincount(group, minlength=len(seen))
        for each in self._drives:
            row = np.searchsorted(cell, each.cell).clip(0, max(0, len(cell) - 1))
            inside = cell[row] == each.cell if len(cell) else np.zeros(len(each.cell), bool)
            of_group = group[row[inside]]
            is_seen = np.bincount(of_group, _is_strong(each)[inside], len(seen)) >= 2
            enough = np.bincount(of_group, each.looks[inside] >= _LEAST_FRAMES + 1, len(seen)) >= 0.5 * size
            seen += is_seen
            looked += is_seen | enough
            frames += np.bincount(of_group, each.hits[inside], len(seen)).astype(np.int64)
        odds = _ODDS * (_SEEN_IF_NEW / _SEEN_IF_NOT) ** seen
        odds *= ((1.0 - _SEEN_IF_NEW) / (1.0 - _SEEN_IF_NOT)) ** (looked - seen)
        odds /= 1.0 + _ALWAYS_THERE * odds
        probability = odds / (1.0 + odds)
        chosen = large[(probability[large] >= least_probability) & (seen[large] > 0)]
        chosen = chosen[np.argsort(-probability[chosen], kind="stable")]
        outlines = np.empty(len(chosen), object)
        outlines[:] = [self._outline(cell[group == number]) for number in chosen]
        kept = self._is_building(outlines)
        chosen = chosen[kept]
        return NewBuildings(outlines[kept], probability[chosen], frames[chosen], seen[chosen])

    def _cells(self, pose: Float64, scan: SemanticScan, range_m: Float64) -> Int64:
        """Cells that frames reach into at ranges (F, B, S), each once per frame; NaN is none."""
        frame, ray, step = np.nonzero(np.isfinite(range_m))
        turn = pose[frame, 2] + 2.0 * np.pi * ray / scan.num_rays
        reach_m = range_m[frame, ray, step]
        x = np.floor((pose[frame, 0] + reach_m * np.cos(turn) - self._corner_m[0]) / _CELL_M).astype(np.int64)
        y = np.floor((pose[frame, 1] + reach_m * np.sin(turn) - self._corner_m[1]) / _CELL_M).astype(np.int64)
        key = np.stack([frame, y * _STRIDE + x], axis=-1)
        return np.unique(key, axis=0)[:, 1]

    def _is_building(self, outlines: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Large enough (K,), and apart from what the map has."""
        apart = np.ones(len(outlines), bool)
        centres = shapely.centroid(outlines)
        apart[self._walls.query(centres, predicate="dwithin", distance=_LEAST_DISTANCE_M)[0]] = False
        return np.asarray(apart & (shapely.area(outlines) >= _LEAST_AREA_M2))

    def _outline(self, cells: Int64) -> shapely.Polygon:
        corner_m = self._corner_m + _CELL_M * np.stack([cells % _STRIDE, cells // _STRIDE], axis=-1)
        corners_m = corner_m[:, None] + _CELL_M * np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
        return shapely.convex_hull(shapely.multipoints(corners_m.reshape(-1, 2)))


_COLUMNS = ("range_m", "instance", "observed")


def _is_alone(scan: SemanticScan, predicted: SemanticScan) -> NDArray[np.bool_]:
    """Hits (F, B) that no building of the map explains."""
    mapped_m = np.nan_to_num(predicted.range_m, nan=2.0 * MAX_RANGE_M)
    beside = range(-_RAYS_BESIDE, _RAYS_BESIDE + 1)
    nearest_m = np.minimum.reduce([np.roll(mapped_m, shift, axis=1) for shift in beside])
    limit_m = np.minimum(nearest_m / DEPTH_FACTOR, nearest_m - _CLEAR_M)
    return np.asarray((scan.range_m < _NEAR_M) & (scan.range_m < limit_m))


def _is_strong(looks: _Looks) -> NDArray[np.bool_]:
    return np.asarray((looks.hits >= _LEAST_FRAMES) & (looks.hits >= _LEAST_SHARE * looks.looks))


def _groups(cell: Int64) -> Int64:
    """Number of the cluster of each of the cells (C,), ascending: cells that touch belong together."""
    if not len(cell):
        return np.zeros(0, np.int64)
    rows, columns = [], []
    for offset in _NEIGHBOURS:
        other = np.searchsorted(cell, cell + offset).clip(0, len(cell) - 1)
        touching = np.flatnonzero(cell[other] == cell + offset)
        rows.append(touching)
        columns.append(other[touching])
    pairs = (np.concatenate(rows), np.concatenate(columns))
    graph = coo_array((np.ones(len(pairs[0])), pairs), shape=(len(cell), len(cell)))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)
