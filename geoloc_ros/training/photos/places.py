"""Places of a collection, fixed before training: photos taken near each other, looking the same way (GSV-Cities)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoSet
from geoloc_ros.core.types import Bool, Float64, Int64

_RADIUS_M = 10.0
_VIEW_RAD = np.deg2rad(40.0)
# Two places of a batch are farther apart than this, so that no photo of the one is an answer to the other (25 m).
_APART_M = 25.0 + 2.0 * _RADIUS_M
_TRIES = 20


@dataclass(frozen=True)
class Places:
    """P places with `photos_per_place` photos or more each; no photo is of two of them."""

    rows: tuple[Int64, ...]
    """Photos of each."""
    centre_m: Float64
    """(P, 2)."""

    def __len__(self) -> int:
        """P."""
        return len(self.rows)

    def draw(self, count: int, rng: np.random.Generator) -> Int64:
        """`count` places far from each other; fewer where there are not as many."""
        chosen: list[int] = []
        for candidate in rng.integers(len(self), size=_TRIES * count):
            apart_m = np.linalg.norm(self.centre_m[chosen] - self.centre_m[candidate], axis=1)
            if np.all(apart_m > _APART_M):
                chosen.append(int(candidate))
            if len(chosen) == count:
                break
        return np.array(chosen, np.int64)


def find_places(photos: PhotoSet, photos_per_place: int, rng: np.random.Generator) -> Places:
    """Around photos in a random order: all free ones within 10 m that look within 40 degrees of it.

    A photo that does not tell where it looks is taken to look anywhere. Numbers of places that a collection gives are
    not asked: some hold both directions of a street, others hundreds of metres of it.

    Raises:
        DatasetError: There are not two places far from each other.
    """
    tree = cKDTree(photos.position_m)
    is_free = np.ones(len(photos), bool)
    found: list[Int64] = []
    centres: list[Float64] = []
    for centre in rng.permutation(len(photos)):
        if not is_free[centre]:
            continue
        near = np.array(sorted(tree.query_ball_point(photos.position_m[centre], _RADIUS_M)), np.int64)
        near = near[is_free[near] & looks_alike(photos.yaw_rad[near], float(photos.yaw_rad[centre]))]
        is_free[near] = False
        if len(near) >= photos_per_place:
            found.append(near)
            centres.append(photos.position_m[centre])
    spread_m = np.ptp(np.array(centres), axis=0).max() if centres else 0.0
    if spread_m <= _APART_M:
        raise DatasetError(
            f"'{photos.name}' has {len(found)} places with {photos_per_place} photos within {_RADIUS_M:.0f} m that "
            f"look the same way, no two of them {_APART_M:.0f} m apart; give more photos of each place"
        )
    return Places(tuple(found), np.array(centres))


def looks_alike(yaw_rad: Float64, other_rad: float) -> Bool:
    """Whether views differ by less than 40 degrees; unknown ones do not."""
    turn = np.abs((yaw_rad - other_rad + np.pi) % (2.0 * np.pi) - np.pi)
    return np.asarray(~(turn >= _VIEW_RAD))


def draw_varied(rows: Int64, count: int, condition: tuple[str, ...], rng: np.random.Generator) -> Int64:
    """`count` of these photos, of as many conditions as possible."""
    seen: dict[str, int] = {}
    turn = np.empty(len(rows), np.int64)
    order = rng.permutation(rows)
    for place, row in enumerate(order):
        turn[place] = seen.get(condition[row], 0)
        seen[condition[row]] = int(turn[place]) + 1
    return order[np.argsort(turn, kind="stable")[:count]]
