"""Where photos of streets are taken: places along drivable roads, and views drawn round them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from geoloc_ros.core.errors import MapError
from geoloc_ros.core.types import Float64, Int32, Int64
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.drive import LANE_RATIO
from geoloc_ros.sim.world import World

SPACING_M = 12.0
"""Between places of one street."""
_OTHER_LANE = 0.15
"""Share of the photos taken from the lane of those who come the other way."""
_ALONG_M, _ASIDE_M = 5.0, 0.8
_YAW_DEG, _TILT_DEG = 5.0, 1.5
_HEIGHT_M = (1.4, 2.3)


@dataclass(frozen=True)
class Places:
    """P places in the middle of streets; each can be looked at in two directions."""

    position_m: Float64
    """(P, 2)."""
    yaw_rad: Float64
    """(P,), along the street."""
    half_width_m: Float64
    """(P,), of the carriageway."""

    def __len__(self) -> int:
        return len(self.position_m)


@dataclass(frozen=True)
class Views:
    """V cameras over the ground."""

    place: Int32
    """(V,)."""
    position_m: Float64
    """(V, 2)."""
    roll_pitch_yaw_rad: Float64
    """(V, 3)."""
    height_m: Float64
    """(V,), over the ground."""

    def __len__(self) -> int:
        return len(self.place)


def choose_places(world: World, geomap: GeoMap, count: int, rng: np.random.Generator) -> Places:
    """The `count` places nearest to a spot of the map: streets that belong together, for photos hard to tell apart.

    Raises:
        MapError: If the roads of the map have fewer places.
    """
    position_m, yaw_rad, edge = _all_places(geomap)
    if count > len(position_m):
        raise MapError(
            f"the roads of {geomap.source.name} have room for {len(position_m)} places {SPACING_M:.0f} m apart, not "
            f"{count}; ask for fewer --places or take a larger map"
        )
    low, high = position_m.min(axis=0), position_m.max(axis=0)
    spot_m = rng.uniform(low + 0.3 * (high - low), high - 0.3 * (high - low))
    near = np.sort(np.argsort(np.hypot(*(position_m - spot_m).T), kind="stable")[:count])
    return Places(position_m[near], yaw_rad[near], world.half_width_m[edge[near]])


def database_views(places: Places, rng: np.random.Generator) -> Views:
    """Both directions of every place, from the lane of one who drives that way; P ways there, then P back."""
    number = np.arange(2 * len(places))
    return _views(places, number, np.zeros(len(number)), 0.2 * rng.normal(size=len(number)), rng, 0.3)


def query_views(places: Places, count: int, rng: np.random.Generator) -> Views:
    """`count` views of somebody who comes another time: not the same spot, lane, height or direction quite.

    All places and directions are taken before one is taken again.
    """
    rounds = -(-count // (2 * len(places)))
    number = np.concatenate([rng.permutation(2 * len(places)) for _ in range(rounds)])[:count]
    aside_m = _ASIDE_M * rng.uniform(-1.0, 1.0, count)
    return _views(places, number, rng.uniform(-_ALONG_M, _ALONG_M, count), aside_m, rng, 1.0)


def in_tiles(views: Views, size_m: float) -> list[tuple[Float64, Int64]]:
    """Middles (2,) of squares of `size_m` with the numbers of the views in each; in every call the same."""
    tile = np.floor(views.position_m / size_m).astype(np.int64)
    corner, owner = np.unique(tile, axis=0, return_inverse=True)
    return [
        ((corner[k] + 0.5) * size_m, np.flatnonzero(owner.ravel() == k).astype(np.int64)) for k in range(len(corner))
    ]


def clear_of(points_m: Float64, cameras_m: Float64, distance_m: float) -> Int64:
    """Which points (K, 2) are farther than this from every camera (V, 2)."""
    if not len(points_m):
        return np.empty(0, np.int64)
    away_m, _ = cKDTree(cameras_m).query(points_m)
    return np.flatnonzero(away_m > distance_m).astype(np.int64)


def _views(
    places: Places, number: Int64, along_m: Float64, aside_m: Float64, rng: np.random.Generator, jitter: float
) -> Views:
    """Views of place `number % P`, in its second direction from P on."""
    place, is_back = number % len(places), number >= len(places)
    yaw_rad = places.yaw_rad[place] + np.where(is_back, np.pi, 0.0)
    half_m = places.half_width_m[place]
    right_m = LANE_RATIO * half_m
    crossed = rng.random(len(number)) < _OTHER_LANE * (jitter == 1.0)
    right_m = (np.where(crossed, -right_m, right_m) + aside_m).clip(1.2 - half_m, half_m - 1.2)
    ahead = np.stack([np.cos(yaw_rad), np.sin(yaw_rad)], axis=1)
    right = np.stack([ahead[:, 1], -ahead[:, 0]], axis=1)
    position_m = places.position_m[place] + along_m[:, None] * ahead + right_m[:, None] * right
    spread = jitter * np.radians([_TILT_DEG, _TILT_DEG, _YAW_DEG])
    angles = spread * rng.normal(size=(len(number), 3)).clip(-2.5, 2.5)
    angles[:, 2] = (angles[:, 2] + yaw_rad + np.pi) % (2.0 * np.pi) - np.pi
    return Views(place.astype(np.int32), position_m, angles, rng.uniform(*_HEIGHT_M, len(number)))


def _all_places(geomap: GeoMap) -> tuple[Float64, Float64, Int32]:
    """Positions (P, 2), directions (P,) and edges (P,) every SPACING_M of all streets, where the map is complete."""
    roads = geomap.roads
    position, yaw, edges = [np.empty((0, 2))], [np.empty(0)], [np.empty(0, np.int32)]
    for edge in range(len(roads)):
        line_m = roads.polyline(edge)
        step_m = np.diff(line_m, axis=0)
        along_m = np.concatenate([[0.0], np.hypot(*step_m.T).cumsum()])
        if 0 <= roads.edge_reverse[edge] < edge or along_m[-1] < SPACING_M:
            continue
        at_m = np.arange(0.5 * SPACING_M, along_m[-1], SPACING_M)
        segment = (np.searchsorted(along_m, at_m, "right") - 1).clip(0, len(step_m) - 1)
        position.append(np.stack([np.interp(at_m, along_m, line_m[:, axis]) for axis in (0, 1)], axis=1))
        yaw.append(np.arctan2(step_m[segment, 1], step_m[segment, 0]))
        edges.append(np.full(len(at_m), edge, np.int32))
    points_m = np.concatenate(position)
    west, south, east, north = geomap.bounds_m
    inside = ((points_m > [west + 60.0, south + 60.0]) & (points_m < [east - 60.0, north - 60.0])).all(axis=1)
    return points_m[inside], np.concatenate(yaw)[inside], np.concatenate(edges)[inside]
