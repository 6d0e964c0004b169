"""What stands between a camera and the walls, without images: for every ray, which heights of a wall are seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Bool, Float32, Float64, Int32
from geoloc_ros.maps.geomap import Walls
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.sim.furniture import Vehicles
from geoloc_ros.sim.world import World

SIGHT_M = 220.0
"""As far as the renderer draws (`renderer.REBUILD_M` from the border of a scene)."""
LOWEST_M, HIGHEST_M = 1.0, 20.0
"""Heights of a wall that make a hit (`ObserveConfig`)."""
BAND_RAD = (0.01, 0.05)
"""Above the horizon, where open view is told (`ObserveConfig`)."""
_PARTS = 8
"""Points of a wall's height, and of the band, that are looked at."""
_CROWN_LAYERS = 3
"""So many crowns one behind the other are told apart on a ray."""
_TRUNK_M = 0.16
_VAN_M = 1.8
"""Cars are lower than cameras are mounted: walls and sky are seen over them."""


@dataclass(frozen=True)
class View:
    """What N cameras have before them, per ray (N, B)."""

    range_m: Float32
    """To the nearest wall, NaN where there is none within SIGHT_M."""
    building: Int32
    """Number in the world, -1 where there is none."""
    seen_rad: Float32
    """Visible height of the wall, as an angle."""
    sky: Float32
    """Share of the band above the horizon that is sky."""
    wall: Float32
    """Share that is the wall."""
    hidden: Float32
    """Share that is a tree or a vehicle."""
    occluder_m: Float32
    """Range of the nearest tree or tall vehicle, NaN where there is none before the wall."""


class Occlusion:
    """Walls, crowns, trunks and vans of one world."""

    def __init__(self, world: World, rng: np.random.Generator) -> None:
        buildings = world.geomap.buildings
        self._top_m = np.append(buildings.height_m, 0.0).astype(np.float32)
        self._walls = RayCaster(buildings.walls())
        self._trees, self._vans = world.trees, _vans(world.vehicles)
        # Crowns that stand one behind the other are in different layers, by chance.
        layer = rng.integers(_CROWN_LAYERS, size=len(world.trees.position_m))
        self._layers = [np.flatnonzero(layer == number) for number in range(_CROWN_LAYERS)]
        self._crowns = [
            RayCaster(_rings(world.trees.position_m[rows], world.trees.crown_m[rows])) for rows in self._layers
        ]
        self._trunks = RayCaster(_rings(world.trees.position_m, np.full(len(world.trees.crown_m), _TRUNK_M)))
        self._sides = RayCaster(_boxes(self._vans))

    def view(self, poses: Float64, camera_m: Float64, num_rays: int) -> View:
        """What is before cameras at poses (N, 3), `camera_m` (N,) over the ground."""
        walls = self._walls.cast(poses, num_rays, SIGHT_M)
        height_m = camera_m.astype(np.float32)[:, None]
        spans = [
            *(self._crown_span(number, poses, height_m, num_rays) for number in range(_CROWN_LAYERS)),
            self._trunk_span(poses, height_m, num_rays), self._van_span(poses, height_m, num_rays),
        ]
        range_m = np.nan_to_num(walls.range_m, nan=SIGHT_M)
        top = np.where(walls.instance >= 0, (self._top_m[walls.instance] - height_m) / range_m, np.float32(-1.0))
        highest = np.minimum(top, (np.float32(HIGHEST_M) - height_m) / range_m)
        lowest = (np.float32(LOWEST_M) - height_m) / range_m
        share = ((np.arange(_PARTS) + 0.5) / _PARTS).astype(np.float32)[:, None, None]
        bare = ~_covered(lowest + share * (highest - lowest), range_m, spans)
        extent = np.arctan(highest) - np.arctan(lowest)
        in_band = BAND_RAD[0] + share * (BAND_RAD[1] - BAND_RAD[0])
        is_wall = in_band <= top
        hidden = _covered(in_band, np.where(is_wall, range_m, np.float32(SIGHT_M)), spans)
        return View(
            walls.range_m, walls.instance, np.where(walls.instance >= 0, bare.mean(axis=0) * extent, 0.0),
            (~is_wall & ~hidden).mean(axis=0), (is_wall & ~hidden).mean(axis=0), hidden.mean(axis=0),
            _nearest(spans, range_m),
        )

    def _crown_span(self, number: int, poses: Float64, height_m: Float32, num_rays: int) -> _Span:
        rows, caster = self._layers[number], self._crowns[number]
        scan = caster.cast(poses, num_rays, SIGHT_M)
        tree = np.append(rows, 0)[scan.instance] if len(rows) else np.zeros_like(scan.instance)
        offset_m, half_m, middle_m = self._crown(tree, poses, num_rays)
        low, high = ((middle_m + sign * half_m - height_m) / offset_m for sign in (-1.0, 1.0))
        return _Span(scan.range_m, low, high)

    def _crown(self, tree: Int32, poses: Float64, num_rays: int) -> tuple[Float32, Float32, Float32]:
        """Distance of the trunks, and half the height and the middle of the crowns where the rays pass them (N, B)."""
        trees = self._trees
        if not len(trees.height_m):
            nothing = np.ones(tree.shape, np.float32)
            return nothing, nothing, nothing
        angle = poses[:, 2, None] + np.arange(num_rays) * (2.0 * np.pi / num_rays)
        away_m = (trees.position_m[tree] - poses[:, None, :2]).astype(np.float32)
        aside_m = np.abs(away_m[..., 0] * np.sin(angle) - away_m[..., 1] * np.cos(angle)).astype(np.float32)
        bottom_m = (0.35 * trees.height_m).clip(2.7, 3.6)
        chord = np.sqrt((1.0 - (aside_m / trees.crown_m[tree]) ** 2).clip(0.0))
        half_m = ((trees.height_m - bottom_m) / 2.0)[tree] * chord
        distance_m = np.hypot(away_m[..., 0], away_m[..., 1]).clip(1.0)
        return distance_m, half_m, ((trees.height_m + bottom_m) / 2.0)[tree]

    def _trunk_span(self, poses: Float64, height_m: Float32, num_rays: int) -> _Span:
        scan = self._trunks.cast(poses, num_rays, SIGHT_M)
        bottom_m = np.append((0.35 * self._trees.height_m).clip(2.7, 3.6), 0.0).astype(np.float32)[scan.instance]
        # Up into the crown, as it is drawn.
        return _Span(scan.range_m, np.full_like(scan.range_m, -10.0), (bottom_m + 0.8 - height_m) / scan.range_m)

    def _van_span(self, poses: Float64, height_m: Float32, num_rays: int) -> _Span:
        scan = self._sides.cast(poses, num_rays, SIGHT_M)
        top_m = np.append(self._vans.size_m[:, 2], 0.0).astype(np.float32)[scan.instance]
        return _Span(scan.range_m, np.full_like(scan.range_m, -10.0), (top_m - height_m) / scan.range_m)


@dataclass(frozen=True)
class _Span:
    """What hides slopes from `low` to `high` (N, B) of everything farther than `range_m` (NaN: nothing is there)."""

    range_m: Float32
    low: Float32
    high: Float32


def _covered(slope: Float32, range_m: Float32, spans: list[_Span]) -> Bool:
    covered = np.zeros(np.broadcast_shapes(slope.shape, range_m.shape), bool)
    for span in spans:
        near = span.range_m < range_m
        covered |= near & (slope > span.low) & (slope < span.high)
    return covered


def _nearest(spans: list[_Span], range_m: Float32) -> Float32:
    nearest_m = np.fmin.reduce([span.range_m for span in spans])
    return np.where(nearest_m < range_m, nearest_m, np.float32(np.nan))


def _vans(vehicles: Vehicles) -> Vehicles:
    tall = vehicles.size_m[:, 2] > _VAN_M
    return Vehicles(vehicles.pose[tall], vehicles.size_m[tall], vehicles.colour[tall])


def _rings(centre_m: Float64, radius_m: Float32 | Float64) -> Walls:
    """Octagons round centres (K, 2)."""
    angle = np.arange(8) * (np.pi / 4.0)
    corners = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _closed(centre_m[:, None] + np.asarray(radius_m, np.float64)[:, None, None] * corners)


def _boxes(vehicles: Vehicles) -> Walls:
    corners = np.array([(1.0, -1.0), (1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0)]) * vehicles.size_m[:, None, :2] / 2.0
    cos, sin = np.cos(vehicles.pose[:, 2])[:, None], np.sin(vehicles.pose[:, 2])[:, None]
    turned = [cos * corners[..., 0] - sin * corners[..., 1], sin * corners[..., 0] + cos * corners[..., 1]]
    return _closed(vehicles.pose[:, None, :2] + np.stack(turned, axis=-1))


def _closed(corners_m: Float64) -> Walls:
    """Walls of rings (K, C, 2), counter-clockwise, numbered as they come."""
    count, per_ring = corners_m.shape[:2]
    following = np.roll(corners_m, -1, axis=1)
    number = np.repeat(np.arange(count, dtype=np.int32), per_ring)
    return Walls(corners_m.reshape(-1, 2), following.reshape(-1, 2), number)
