"""What a camera in a textured world sees."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.types import Float32, Float64, Int32, Pose3
from geoloc_ros.sim.textured.atlas import NUM_LEVELS, Atlas
from geoloc_ros.sim.textured.light import Lighting, lit_textures, to_linear
from geoloc_ros.sim.textured.rays import RayCaster, Struck
from geoloc_ros.sim.textured.rectangles import Rectangle

_SIDE = 2
"""Rays per pixel, along either axis."""
_SLANT = -0.75
"""Power of the cosine to the surface by which texels are chosen coarser; -1 blurs, 0 flickers."""
_SHINE = 60.0


@dataclass(frozen=True)
class Seen:
    """One view, as light and as geometry."""

    radiance: Float32
    """(H, W, 3)."""
    depth_m: Float32
    """(H, W), along z at the centre of each pixel; NaN where there is sky."""
    cosine: Float32
    """(H, W), between surface and ray; 1 faces the camera."""


class TexturedView:
    """Renders a world of rectangles for one camera; several rays per pixel, textures at the right level of detail."""

    def __init__(
        self, rectangles: tuple[Rectangle, ...], lighting: Lighting, camera: Camera, rng: np.random.Generator
    ) -> None:
        """Raises BackendError if the ray caster for this processor is not installed."""
        self._rays = RayCaster(rectangles)
        self._atlas = Atlas(lit_textures(rectangles, lighting, self._rays, rng))
        self._lighting = lighting
        self._normal = np.array([each.normal for each in rectangles], np.float32)
        self._gloss = np.array([each.gloss for each in rectangles], np.float32)
        self._texel_m = np.array(
            [np.sqrt(np.prod(each.size_m) / np.prod(each.shape)) for each in rectangles], np.float32
        )
        self._camera = camera
        self._centre = camera.rays().reshape(-1, 3)
        fine = Camera(
            camera.model, _SIDE * camera.width, _SIDE * camera.height, _SIDE * camera.fx, _SIDE * camera.fy,
            _SIDE * camera.cx, _SIDE * camera.cy, camera.distortion,
        )
        self._fine = fine.rays().reshape(-1, 3)
        self._pixel_rad = np.float32(1.0 / fine.fx)
        # Neighbouring rays look up neighbouring levels: their mean lies between.
        rows, columns = np.mgrid[: fine.height, : fine.width]
        self._dither = ((rows % 2 * 2 + (columns + rows) % 2) / 4.0 - 0.375).ravel().astype(np.float32)

    def see(self, scene_from_camera: Pose3) -> Seen:
        """The view from there."""
        camera, rotation = self._camera, scene_from_camera.rotation.astype(np.float32)
        directions = self._fine @ rotation.T
        struck = self._rays.cast(scene_from_camera.translation_m, directions)
        colour = self._shaded(struck, directions, scene_from_camera.translation_m)
        fine = colour.reshape(_SIDE * camera.height, _SIDE * camera.width, 3)
        radiance = cv2.resize(fine, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
        ahead = self._centre @ rotation.T
        middle = self._rays.cast(scene_from_camera.translation_m, ahead)
        is_sky = middle.rectangle < 0
        depth_m = np.where(is_sky, np.nan, middle.along).astype(np.float32)
        cosine = self._cosine(middle.rectangle, ahead)
        shape = camera.height, camera.width
        return Seen(np.asarray(radiance, np.float32), depth_m.reshape(shape), cosine.reshape(shape))

    def _cosine(self, rectangle: Int32, directions: Float32) -> Float32:
        along = np.einsum("ki,ki->k", self._normal[rectangle], directions)
        return np.asarray(np.abs(along) / np.linalg.norm(directions, axis=1))

    def _shaded(self, struck: Struck, directions: Float32, origin_m: Float64) -> Float32:
        number = struck.rectangle
        length = np.linalg.norm(directions, axis=1)
        cosine = self._cosine(number, directions).clip(0.02)
        footprint_m = struck.along * self._pixel_rad * cosine**_SLANT
        is_sky = number < 0
        wanted = np.log2(np.where(is_sky, 1.0, footprint_m / self._texel_m[number])) + self._dither
        level = wanted.round().clip(0, NUM_LEVELS - 1).astype(np.int32)
        colour = to_linear(self._atlas.look_up(number, struck.across, struck.down, level))
        glossy = np.flatnonzero((self._gloss[number] > 0.0) & ~is_sky)
        colour[glossy] += self._shine(number[glossy], struck.along[glossy], directions[glossy], origin_m)
        colour[is_sky] = sky_colour(directions[is_sky] / length[is_sky, None], self._lighting)
        return colour

    def _shine(self, number: Int32, along: Float32, directions: Float32, origin_m: Float64) -> Float32:
        """Lamps and sky in shiny surfaces: light that moves with the viewer."""
        normal = self._normal[number]
        facing = np.einsum("ki,ki->k", normal, directions)[:, None]
        mirrored = directions - 2.0 * facing * normal
        mirrored /= np.linalg.norm(mirrored, axis=1, keepdims=True)
        points_m = origin_m.astype(np.float32) + along[:, None] * directions
        edge = (1.0 - np.abs(facing[:, 0]) / np.linalg.norm(directions, axis=1)) ** 4
        light = (0.05 + 0.6 * edge[:, None]) * sky_colour(mirrored, self._lighting)
        for lamp in self._lighting.lamps:
            towards = lamp.position_m.astype(np.float32) - points_m
            towards /= np.linalg.norm(towards, axis=1, keepdims=True)
            spot = np.einsum("ki,ki->k", mirrored, towards).clip(0.0) ** _SHINE
            light += spot[:, None] * lamp.colour.astype(np.float32)
        return np.asarray(self._gloss[number][:, None] * light, np.float32)


def sky_colour(directions: Float32, lighting: Lighting) -> Float32:
    """Radiance (K, 3) of unit directions (K, 3): bright over the horizon, dim below."""
    up = directions[:, 2:3]
    haze = np.exp(-4.0 * up.clip(0.0))
    sky = lighting.sky.astype(np.float32)
    zenith = np.array([0.55, 0.75, 1.1], np.float32)
    above = sky * (zenith * (1.0 - haze) + haze)
    return np.asarray(np.where(up > 0.0, above, 0.35 * sky), np.float32)
