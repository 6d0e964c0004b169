"""Rectangles with a texture each, and what is built of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from geoloc_ros.core.types import Float32, Float64

BLOCK = 32
"""Sides of textures are multiples of this, so that every level of detail down to one texel is made of whole blocks."""

Painter = Callable[[tuple[int, int], tuple[float, float]], Float32]
"""Makes a texture (h, w, 3), 0 to 1 and linear, of a shape (h, w) for a surface so many metres (across, down)."""


@dataclass(frozen=True)
class Rectangle:
    """A flat surface that is seen from one side: `down x across` points to the viewer."""

    corner_m: Float64
    """(3,), where the upper left corner of the texture lies."""
    across_m: Float64
    """(3,), from there to the upper right corner."""
    down_m: Float64
    """(3,), to the lower left corner; at right angles to `across_m`."""
    shape: tuple[int, int]
    """Of the texture, (h, w); multiples of BLOCK."""
    paint: Painter
    gloss: float = 0.0
    """How bright a lamp is mirrored, 0 to 1."""
    glow: float = 0.0
    """Light that the surface gives itself, in multiples of its texture."""

    @property
    def texture(self) -> Float32:
        """(h, w, 3), linear reflectance 0 to 1; painted anew with every call, and the same."""
        return np.asarray(self.paint(self.shape, self.size_m).clip(0.0, 1.0), np.float32)

    @property
    def normal(self) -> Float64:
        """(3,), unit length, to the viewer."""
        normal = np.cross(self.down_m, self.across_m)
        return np.asarray(normal / np.linalg.norm(normal))

    @property
    def size_m(self) -> tuple[float, float]:
        """Across and down."""
        return float(np.linalg.norm(self.across_m)), float(np.linalg.norm(self.down_m))


@dataclass(frozen=True)
class Brush:
    """How surfaces of a world are made."""

    texel_m: float
    """Largest size of a texel."""

    def rectangle(
        self, corner_m: Float64, across_m: Float64, down_m: Float64, paint: Painter, gloss: float = 0.0
    ) -> Rectangle:
        """One surface."""
        size_m = float(np.linalg.norm(across_m)), float(np.linalg.norm(down_m))
        shape = _blocks(size_m[1] / self.texel_m), _blocks(size_m[0] / self.texel_m)
        return Rectangle(
            np.asarray(corner_m, float), np.asarray(across_m, float), np.asarray(down_m, float), shape, paint, gloss
        )

    def upright(
        self, left_m: tuple[float, float], right_m: tuple[float, float], z_m: tuple[float, float], paint: Painter,
        gloss: float = 0.0,
    ) -> Rectangle:
        """A wall between two points of the ground, left and right as its viewer sees them, from z to z."""
        across = np.array([right_m[0] - left_m[0], right_m[1] - left_m[1], 0.0])
        corner = np.array([left_m[0], left_m[1], z_m[1]])
        return self.rectangle(corner, across, np.array([0.0, 0.0, z_m[0] - z_m[1]]), paint, gloss)

    def box(
        self, middle_m: tuple[float, float], size_m: tuple[float, float, float], z_m: float, yaw_rad: float,
        paint: Painter, top: Painter | None = None, gloss: float = 0.0, front: Painter | None = None,
    ) -> list[Rectangle]:
        """Four sides and the top of a box (length, width, height) that stands at z; its front looks along the yaw."""
        ahead = np.array([np.cos(yaw_rad), np.sin(yaw_rad)])
        left = np.array([-ahead[1], ahead[0]])
        length, width, height = size_m
        foot = [
            np.asarray(middle_m) + 0.5 * length * a * ahead + 0.5 * width * b * left
            for a, b in ((1, -1), (1, 1), (-1, 1), (-1, -1))
        ]
        sides = []
        for k in range(4):
            # Seen from outside, the next corner counter-clockwise lies to the right.
            a, b = foot[k], foot[(k + 1) % 4]
            painter = front if front is not None and k == 0 else paint
            sides.append(self.upright((a[0], a[1]), (b[0], b[1]), (z_m, z_m + height), painter, gloss))
        lid = self.rectangle(
            np.append(foot[2], z_m + height), np.append(foot[1] - foot[2], 0.0), np.append(foot[3] - foot[2], 0.0),
            top or paint, gloss,
        )
        return [*sides, lid]

    def prism(
        self, middle_m: tuple[float, float], radius_m: float, z_m: tuple[float, float], num_sides: int, paint: Painter
    ) -> list[Rectangle]:
        """An upright pillar without a top; all sides are cut of one texture."""
        turn = 2.0 * np.pi * np.arange(num_sides + 1) / num_sides
        x, y = middle_m[0] + radius_m * np.cos(turn), middle_m[1] + radius_m * np.sin(turn)
        width_m = float(np.hypot(x[1] - x[0], y[1] - y[0]))
        side = _blocks(width_m / self.texel_m)
        shape = _blocks((z_m[1] - z_m[0]) / self.texel_m), side * num_sides
        size_m = width_m * num_sides, z_m[1] - z_m[0]

        @lru_cache(maxsize=1)
        def whole() -> Float32:
            return paint(shape, size_m)

        def strip(number: int) -> Painter:
            return lambda _shape, _size_m: whole()[:, number * side : (number + 1) * side]

        return [self.upright((x[k], y[k]), (x[k + 1], y[k + 1]), z_m, strip(k)) for k in range(num_sides)]


def _blocks(texels: float) -> int:
    return max(1, int(np.ceil(texels / BLOCK - 1e-9))) * BLOCK
