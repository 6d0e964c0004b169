"""Trajectory retrieval as published: which of many random walks over the places looks most like a drive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Bool, Float32, Float64, Int32, Int64
from geoloc_ros.evaluation.database import PlaceDatabase
from geoloc_ros.evaluation.queries import ALONG_M, RIGHT_M, YAW_SIGMA_RAD
from geoloc_ros.maps.geomap import PlaceGraph

LENGTHS = (8, 16, 32)
"""Places in a row; at 10 m, the 80, 160 and 320 m of the paper. All are beginnings of the longest."""
FOUND_M = 10.0
"""The paper calls a trajectory found if its last place is within this of the true last position."""

_MIN_BUILDINGS = 3
_LANE_NOISE_M = 0.2


def random_walks(places: PlaceGraph, count: int, length: int, rng: np.random.Generator) -> Int32:
    """Walks (count, length) over viewpoints, each the successor of the one before, that never visit a place twice.

    They begin anywhere and take any way on with equal probability; one that runs into its own path or out of the map is
    dropped, and another one is drawn. There must be some walk of this length.
    """
    found: list[Int32] = []
    while sum(map(len, found)) < count:
        found.append(_walk(places, max(1024, count), length, rng))
    return np.concatenate(found)[:count]


def _walk(places: PlaceGraph, count: int, length: int, rng: np.random.Generator) -> Int32:
    """Those of `count` random walks that are as long as asked."""
    path = np.empty((count, length), np.int32)
    path[:, 0] = rng.integers(0, len(places.viewpoint_place), count)
    for step in range(1, length):
        begin = places.successor_start[path[:, step - 1]]
        degree = places.successor_start[path[:, step - 1] + 1] - begin
        visited = places.viewpoint_place[path[:, :step]]
        chosen = np.full(len(path), -1, np.int32)
        priority = np.full(len(path), -1.0)
        for way in range(int(degree.max())):
            row = np.flatnonzero(degree > way)
            viewpoint = places.successor[begin[row] + way]
            is_free = (visited[row] != places.viewpoint_place[viewpoint][:, None]).all(axis=1)
            draw = np.where(is_free, rng.random(len(row)), -1.0)
            better = draw > priority[row]
            chosen[row[better]], priority[row[better]] = viewpoint[better], draw[better]
        path[:, step] = chosen
        path = path[chosen >= 0]
    return path


def draw_drives(database: PlaceDatabase, count: int, length: int, rng: np.random.Generator) -> Int32:
    """Walks (count, length) whose median number of visible buildings, on the map, is more than 3, as published."""
    visible = database.num_buildings()
    found: list[Int32] = []
    while sum(map(len, found)) < count:
        walks = random_walks(database.places, count, length, rng)
        found.append(walks[np.median(visible[database.places.viewpoint_place[walks]], axis=1) > _MIN_BUILDINGS])
    return np.concatenate(found)[:count]


def drive_poses(places: PlaceGraph, walks: Int32, rng: np.random.Generator) -> Float64:
    """Poses (W, L, 3) of a vehicle that drives along walks (W, L) of viewpoints.

    As single queries (`evaluation.queries`): up to 5 m along the road from each place, in a lane 0.5 to 3.5 m to the
    right of the centre line, heading along the road within some degrees. The lane is one per drive, give or take 0.2 m.
    """
    shape = walks.shape
    road_yaw_rad = places.viewpoint_yaw_rad[walks]
    along_m = rng.uniform(-ALONG_M, ALONG_M, shape)
    right_m = rng.uniform(*RIGHT_M, (len(walks), 1)) + rng.normal(0.0, _LANE_NOISE_M, shape)
    cos, sin = np.cos(road_yaw_rad), np.sin(road_yaw_rad)
    position_m = places.position_m[places.viewpoint_place[walks]]
    return np.stack([
        position_m[..., 0] + cos * along_m + sin * right_m,
        position_m[..., 1] + sin * along_m - cos * right_m,
        road_yaw_rad + rng.normal(0.0, YAW_SIGMA_RAD, shape),
    ], axis=-1)  # fmt: skip


class Candidates:
    """The walks that a drive is compared with, as places; the true walks are among them."""

    def __init__(self, places: PlaceGraph, drives: Int32, count: int, rng: np.random.Generator) -> None:
        """Draw `count` candidates of the length of the drives (W, L), W of them the drives themselves.

        They lie in random order, so that ties are broken at random.
        """
        walks = np.concatenate([random_walks(places, count - len(drives), drives.shape[1], rng), drives])
        # Step by step in memory, and of the type that numpy indexes with: one gather per step.
        self._place = np.ascontiguousarray(places.viewpoint_place[rng.permutation(walks)].T.astype(np.intp))

    def share_ending_at(self, is_place: Bool, length: int) -> float:
        """Share of the candidates whose first `length` steps end at one of the places where `is_place` (N,)."""
        return float(is_place[self._place[length - 1]].mean())

    def search(self, dissimilarity: Float32, lengths: Sequence[int]) -> list[Int64]:
        """The best candidate's places for the first `length` steps of a drive, for each of ascending lengths.

        Args:
            dissimilarity: (L, N), of each step of the drive to each place; candidates are scored by its sum over the
                aligned pairs, the smallest wins.
            lengths: At most L each.
        """
        score = np.zeros(self._place.shape[1], np.float32)
        term = np.empty_like(score)
        best = []
        for step in range(max(lengths)):
            np.take(dissimilarity[step], self._place[step], out=term, mode="clip")
            score += term
            if step + 1 in lengths:
                best.append(self._place[: step + 1, score.argmin()].astype(np.int64))
        return best


@dataclass(frozen=True)
class PathMatch:
    """How well a path agrees with a drive."""

    found: bool
    """Its last place is within 10 m of the drive's last position: the published success."""
    overlap: float
    """Share of its places that are within 10 m of a place of the drive."""
    end_m: float
    """Distance between the two ends."""


def match_path(path: Int64, drive_pose: Float64, drive_place: Int64, position_m: Float64) -> PathMatch:
    """Compare a path of places (l,) with the poses (l, 3) and places (l,) of the drive; positions (N, 2)."""
    end_m = float(np.hypot(*(position_m[path[-1]] - drive_pose[-1, :2])))
    gap_m = position_m[path][:, None] - position_m[drive_place]
    is_near = np.hypot(gap_m[..., 0], gap_m[..., 1]).min(axis=1) <= FOUND_M
    return PathMatch(end_m <= FOUND_M, float(is_near.mean()), end_m)
