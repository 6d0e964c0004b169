"""The colour of what a bundle of rays has met, under a condition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Bool, Float32, Float64, Int64, UInt8
from geoloc_ros.sim.conditions import Condition
from geoloc_ros.sim.facade import window_light
from geoloc_ros.sim.ground import COVER_LABEL
from geoloc_ros.sim.lamps import LAMP_COLOUR, headlight
from geoloc_ros.sim.mesh import Material
from geoloc_ros.sim.scene import HALF_M, Hits, Scene, Solids
from geoloc_ros.sim.shading import hazy, lit, sky_colour, surface_colour
from geoloc_ros.sim.weather import mirrored, weathered
from geoloc_ros.sim.world import Looks

_WARMEST = np.array([1.0, 0.96, 0.88], np.float32)
"""Colour of headlights."""


@dataclass(frozen=True)
class Rays:
    """K rays of one camera, or thrown back by what they have met."""

    origin_m: Float64 | Float32
    """(3,), or (K, 3) where each has its own, relative to the scene's centre."""
    directions: Float32
    """(K, 3)."""
    length: Float32
    """(K,), of the directions."""
    pixels_per_rad: float
    ahead: Float64
    """(3,), where the camera looks."""


class Painter:
    """Paints what stands in one scene."""

    def __init__(self, looks: Looks, condition: Condition, scene: Scene) -> None:
        self._looks, self._condition, self._scene = looks, condition, scene
        self._sun = condition.sun(looks.sun)

    def sky(self, directions: Float32) -> Float32:
        """Colours (K, 3) along unit vectors (K, 3)."""
        return sky_colour(directions, self._sun, self._condition)

    def paint(self, solids: Solids, hits: Hits, rays: Rays, *, mirrors: bool = True) -> tuple[Float32, UInt8]:
        """Colours (K, 3) and labels (K,) of hits on `solids`; wet ground shows the scene once more if `mirrors`."""
        mesh, triangle, normal, condition = solids.mesh, hits.triangle, hits.normal, self._condition
        distance_m: Float32 = hits.along * rays.length
        points_m = rays.origin_m.astype(np.float32) + rays.directions * hits.along[:, None]
        cover = self._scene.cover.at(points_m[:, :2])
        material = mesh.material[triangle]
        label = np.where(material == Material.GROUND, COVER_LABEL[cover], mesh.label[triangle]).astype(np.uint8)
        pixel_m = distance_m / np.float32(rays.pixels_per_rad)
        paint = surface_colour(mesh, self._looks, triangle, cover, points_m, pixel_m)
        paint = weathered(paint, material, label, cover, normal, points_m, condition)
        colour = lit(paint, normal, self._in_sun(points_m, normal), self._sun, material, condition)
        if condition.lamp_light > 0.0:
            light = paint * self._artificial(points_m, rays, distance_m)
            colour = np.where((material == Material.LAMP)[:, None], paint, colour + light)
        if condition.lit_ratio > 0.0:
            wall = np.flatnonzero(material == Material.FACADE)
            colour[wall] += window_light(
                mesh, self._looks, triangle[wall], points_m[wall], pixel_m[wall], condition.lit_ratio
            )
        if condition.wet_ratio > 0.0 and mirrors:
            ground = np.flatnonzero((material == Material.GROUND) & (COVER_LABEL[cover] != COVER_LABEL[0]))
            self._mirror(colour, ground, points_m, normal, rays)
        return hazy(colour, distance_m, condition), label

    def _in_sun(self, points_m: Float32, normal: Float32) -> Bool:
        in_sun = np.zeros(len(points_m), dtype=bool)
        if self._condition.sun_light > 0.0:
            facing = np.flatnonzero(np.einsum("ki,i->k", normal, self._sun.astype(np.float32)) > 0.0)
            in_sun[facing] = self._scene.solids.is_lit(points_m[facing] + 0.03 * normal[facing], self._sun)
        return in_sun

    def _artificial(self, points_m: Float32, rays: Rays, distance_m: Float32) -> Float32:
        """Light (K, 3) of lamps and of the vehicle's own headlights."""
        above_m = points_m[:, 2] - np.float32(np.atleast_2d(rays.origin_m)[0, 2] - 2.0)
        lamps = self._condition.lamp_light * self._scene.lamps.at(points_m[:, :2], above_m)
        unit: Float32 = rays.directions / rays.length[:, None]
        own = 0.7 * headlight(unit, rays.ahead, distance_m)
        return np.asarray(lamps[:, None] * LAMP_COLOUR + own[:, None] * _WARMEST, dtype=np.float32)

    def _mirror(self, colour: Float32, ground: Int64, points_m: Float32, normal: Float32, rays: Rays) -> None:
        """Mix into `colour` (K, 3), where wet `ground` lies, what it mirrors."""
        unit: Float32 = rays.directions[ground] / rays.length[ground, None]
        towards, share = mirrored(normal[ground], unit, points_m[ground])
        start_m = points_m[ground] + 0.03 * normal[ground]
        hits = self._scene.solids.cast(start_m, towards)
        seen = self.sky(towards)
        met = np.flatnonzero((hits.triangle >= 0) & (hits.along < HALF_M))
        bounced = Rays(
            start_m[met], towards[met], np.ones(len(met), np.float32), rays.pixels_per_rad, rays.ahead
        )
        seen[met], _ = self.paint(self._scene.solids, hits.of(met), bounced, mirrors=False)
        mixed = (self._condition.wet_ratio * share)[:, None]
        colour[ground] += (seen - colour[ground]) * mixed
