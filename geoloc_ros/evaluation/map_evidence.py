"""What the rays of drives say about each building of the map: it is there, one looks through it, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np

from geoloc_ros.core.types import Bool, Float64, Int32, Int64, SemanticScan
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.maps.raycast import RayCaster

MAX_RANGE_M = 100.0
_NEAR_M = 50.0
"""Rays to buildings farther away say little: depth gives out."""
DEPTH_FACTOR = 1.6
"""Two standard deviations of how wrong depth is about one building (0.24, constant while it is in view)."""
_WALL_M = 4.0
"""Walls stand up to so far from where the map has them."""
_BEHIND_FACTOR = 1.8
"""What stands behind a building is told from it only if it is so much farther; nearer, the ray says nothing."""
_BEHIND_M = 80.0
_EDGE_M = 2.5
"""Rays this near to the end of a façade may pass beside it."""
_MAX_POSITION_SIGMA_M, _MAX_YAW_SIGMA_RAD = 5.0, np.radians(5.0)
_WINDOW, _LEAST_AGREEMENT = 10, 0.25
"""Where so few of the rays of so many frames before and after agree with the map, the pose is wrong and not the map."""


class Outcome(IntEnum):
    """What a ray met that should meet a building of the map."""

    WALL = 0
    """Something where the building is, as far as depth can tell."""
    THROUGH = 1
    """Something clearly behind it."""
    BEFORE = 2
    """Something clearly nearer."""
    OPEN = 3
    """Nothing, and it was observed."""
    UNKNOWN = 4


@dataclass(frozen=True)
class SeenDrive:
    """Frames of one drive with a fix."""

    pose: Float64
    """(F, 3), x_m, y_m, yaw_rad in the map frame, in driving order."""
    covariance: Float64
    """(F, 3, 3)."""
    scan: SemanticScan
    """(F, B), in the frame of the base."""

    @cached_property
    def position_sigma_m(self) -> Float64:
        """(F,), along the longer axis of the ellipse."""
        return np.asarray(np.sqrt(np.linalg.eigvalsh(self.covariance[:, :2, :2])[:, 1].clip(0.0)))

    @cached_property
    def yaw_sigma_rad(self) -> Float64:
        """(F,)."""
        return np.asarray(np.sqrt(self.covariance[:, 2, 2].clip(0.0)))

    @property
    def is_sure(self) -> Bool:
        """(F,), good enough to blame the map."""
        return np.asarray(
            (self.position_sigma_m <= _MAX_POSITION_SIGMA_M) & (self.yaw_sigma_rad <= _MAX_YAW_SIGMA_RAD)
        )


class BuildingWitness:
    """Counts rays by building and outcome."""

    def __init__(self, geomap: GeoMap) -> None:
        self._caster = RayCaster(geomap.buildings.walls())
        self._num_buildings = len(geomap.buildings)

    def count(self, drive: SeenDrive) -> Int64:
        """Rays (N, 2, 5) of a drive by building, whether something stands behind it (0) or not (1), and Outcome."""
        predicted = self._caster.cast(drive.pose, drive.scan.num_rays, MAX_RANGE_M)
        inside = (predicted.range_m < _NEAR_M) & drive.is_sure[:, None]
        inside &= _is_inside(predicted, drive.position_sigma_m, drive.yaw_sigma_rad)
        outcome = _outcomes(drive.scan, predicted)
        inside &= _agrees(outcome, inside)[:, None]
        behind = self._behind(drive.pose, predicted, inside)
        has_behind = behind[inside] < _BEHIND_M
        is_told = ~has_behind | (behind[inside] > _BEHIND_FACTOR * predicted.range_m[inside])
        key = (predicted.instance[inside].astype(np.int64) * 2 + ~has_behind) * len(Outcome) + outcome[inside]
        counts = np.bincount(key[is_told], minlength=2 * len(Outcome) * self._num_buildings)
        return counts.reshape(self._num_buildings, 2, len(Outcome)).astype(np.int64)

    def _behind(self, poses: Float64, predicted: SemanticScan, wanted: Bool) -> Float64:
        """Range (F, B) of the next other building behind the one that a ray meets; NaN where none, or not wanted."""
        frame, ray = np.nonzero(wanted)
        turn = poses[frame, 2] + 2.0 * np.pi * ray / predicted.num_rays
        direction = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
        reached_m = predicted.range_m[frame, ray].astype(np.float64)
        building, found_m = predicted.instance[frame, ray], np.full(len(frame), np.nan)
        going = np.arange(len(frame))
        while len(going):
            reached_m[going] += 0.05
            start_m = poses[frame[going], :2] + reached_m[going, None] * direction[going]
            met = self._caster.cast(np.column_stack([start_m, turn[going]]), 1, MAX_RANGE_M)
            range_m, is_own = met.range_m[:, 0], met.instance[:, 0] == building[going]
            reached_m[going] += np.nan_to_num(range_m)
            other = ~is_own & np.isfinite(range_m)
            found_m[going[other]] = reached_m[going[other]]
            going = going[is_own & (reached_m[going] < MAX_RANGE_M)]
        behind_m = np.full(wanted.shape, np.nan)
        behind_m[frame, ray] = found_m
        return behind_m


def _outcomes(scan: SemanticScan, predicted: SemanticScan) -> Int64:
    """Outcome (F, B) of rays that the map lets hit something; of the others it means nothing."""
    hit = np.isfinite(scan.range_m)
    seen_m, mapped_m = np.where(hit, scan.range_m, 1.0), np.nan_to_num(predicted.range_m, nan=1.0)
    ratio = seen_m / np.maximum(mapped_m, 1e-3)
    is_wall = (np.abs(np.log(ratio)) < np.log(DEPTH_FACTOR)) | (np.abs(seen_m - mapped_m) < _WALL_M)
    of_hit = np.where(is_wall, Outcome.WALL, np.where(ratio > 1.0, Outcome.THROUGH, Outcome.BEFORE))
    return np.where(hit, of_hit, np.where(scan.observed, Outcome.OPEN, Outcome.UNKNOWN)).astype(np.int64)


def _is_inside(predicted: SemanticScan, position_m: Float64, yaw_rad: Float64) -> Bool:
    """Rays (F, B) that meet the building also if it, or the pose, is off by what is usual."""
    step_rad = 2.0 * np.pi / predicted.num_rays
    aside_m = _EDGE_M + 1.5 * position_m[:, None]
    margin_rad = np.arctan2(aside_m, np.nan_to_num(predicted.range_m, nan=MAX_RANGE_M)) + 2.0 * yaw_rad[:, None]
    return np.asarray(_rays_to_edge(predicted.instance) >= np.ceil(margin_rad / step_rad))


def _rays_to_edge(instance: Int32) -> Int64:
    """Rays (F, B) to the nearer end of the run of one number that a ray belongs to, the turn being closed."""
    num_rays = instance.shape[1]
    twice = np.concatenate([instance, instance, instance], axis=1)
    index = np.arange(3 * num_rays)
    starts = twice != np.roll(twice, 1, axis=1)
    first = np.maximum.accumulate(np.where(starts, index, 0), axis=1)
    ends = np.where(np.roll(starts, -1, axis=1), index, 3 * num_rays)
    last = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    middle = slice(num_rays, 2 * num_rays)
    return np.asarray(np.minimum(index - first, last - index)[:, middle])


def _agrees(outcome: Int64, inside: Bool) -> Bool:
    """Frames (F,) around which the map is seen at all."""
    told = inside & (outcome != Outcome.UNKNOWN)
    agreeing, counted = ((mask.sum(axis=1)).astype(np.float64) for mask in (told & (outcome == Outcome.WALL), told))
    window = np.ones(2 * _WINDOW + 1)
    sums = [np.convolve(values, window)[_WINDOW:-_WINDOW] for values in (agreeing, counted)]
    return np.asarray(sums[0] >= _LEAST_AGREEMENT * sums[1])
