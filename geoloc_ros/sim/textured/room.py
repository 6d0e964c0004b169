"""A furnished room of five metres."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geoloc_ros.core.types import Float64
from geoloc_ros.sim.textured.light import Lamp, Lighting
from geoloc_ros.sim.textured.paint.fittings import curtained_window, door, rug
from geoloc_ros.sim.textured.paint.graphics import book_row, labelled, poster, sign
from geoloc_ros.sim.textured.paint.materials import any_colour, bricks, planks, plaster, stripes, tiles
from geoloc_ros.sim.textured.rectangles import Brush, Painter, Rectangle
from geoloc_ros.sim.textured.world import TexturedWorld

LENGTH_M, WIDTH_M, HEIGHT_M = 5.0, 4.6, 2.6
_BRUSH = Brush(0.004)
_FINE = Brush(0.0025)
_PROUD_M = 0.015


def make_room(seed: int) -> TexturedWorld:
    """Room of `seed`: its materials, pictures, books and where the furniture stands."""
    rng = np.random.default_rng([seed, 101])
    rectangles = [*_shell(rng), *_hung(rng), *_shelf(rng), *_table(rng), *_floor_things(rng)]
    lamp_m = np.array([2.5 + rng.uniform(-0.3, 0.3), 2.3 + rng.uniform(-0.3, 0.3), 2.33])
    rectangles += _lamp(lamp_m)
    lighting = Lighting(
        (
            Lamp(lamp_m, 0.16, np.array([1.0, 0.93, 0.8]), 1.7),
            Lamp(np.array([2.65, 1.1, 1.6]), 0.5, np.array([0.18, 0.22, 0.3]), 1.5),
        ),
        sky=np.array([0.42, 0.42, 0.42]), bounced=np.array([0.2, 0.19, 0.17]), reach_m=1.2,
    )
    return TexturedWorld(
        f"room {seed}", tuple(rectangles), lighting, exposure=0.85, depth_unit_m=0.001, depth_limit_m=10.0, cell_m=0.1
    )


def _number(rng: np.random.Generator) -> int:
    return int(rng.integers(0, 2**31))


def _shell(rng: np.random.Generator) -> list[Rectangle]:
    """Floor, ceiling and four walls of different materials, as chance deals them."""
    length, width, height = LENGTH_M, WIDTH_M, HEIGHT_M
    stuffs: list[Painter] = [
        plaster(any_colour(rng, (0.35, 0.75), 0.3), _number(rng), 0.1),
        bricks(any_colour(rng, (0.2, 0.55), 0.3), _number(rng)),
        stripes(
            any_colour(rng, (0.4, 0.7), 0.4), any_colour(rng, (0.25, 0.6), 0.4), _number(rng), rng.uniform(0.12, 0.25)
        ),
        planks(any_colour(rng, (0.25, 0.5), 0.3), _number(rng), rng.uniform(0.1, 0.2), True),
    ]
    order = rng.permutation(4)
    foot = [(0.0, 0.0), (length, 0.0), (length, width), (0.0, width)]
    walls = []
    for k in range(4):
        # Seen from inside, the walls run clockwise.
        left, right = foot[(k + 1) % 4], foot[k]
        walls.append(_BRUSH.upright(left, right, (0.0, height), stuffs[order[k]]))
    floor = planks((0.36, 0.24, 0.14), _number(rng)) if rng.random() < 0.5 else tiles(
        (any_colour(rng, (0.3, 0.6), 0.4), any_colour(rng, (0.2, 0.5), 0.4)), _number(rng), 0.3
    )
    x, y = np.array([length, 0.0, 0.0]), np.array([0.0, width, 0.0])
    ground = _BRUSH.rectangle(y, x, -y, floor, 0.25)
    ceiling = _BRUSH.rectangle(
        np.array([0.0, 0.0, height]), x, y, tiles(((0.62, 0.6, 0.56), (0.5, 0.5, 0.52)), _number(rng), 0.6, 0.012)
    )
    return [*walls, ground, ceiling]


def _on_wall(
    wall: int, from_left_m: float, z_m: float, size_m: tuple[float, float], paint: Painter, gloss: float,
    proud_m: float = _PROUD_M,
) -> Rectangle:
    """Something flat on wall 0 (y = 0), 1 (x = length), 2 (y = width) or 3 (x = 0); left as seen from inside."""
    wide, high = size_m
    length, width = LENGTH_M, WIDTH_M
    ends = {
        0: ((length - from_left_m, proud_m), (length - from_left_m - wide, proud_m)),
        1: ((length - proud_m, width - from_left_m), (length - proud_m, width - from_left_m - wide)),
        2: ((from_left_m, width - proud_m), (from_left_m + wide, width - proud_m)),
        3: ((proud_m, from_left_m), (proud_m, from_left_m + wide)),
    }
    return _FINE.upright(*ends[wall], (z_m, z_m + high), paint, gloss)


def _hung(rng: np.random.Generator) -> list[Rectangle]:
    """Window and radiator, door, pictures, posters and a clock."""
    hung = [
        _on_wall(0, rng.uniform(1.3, 1.9), 0.95, (1.5, 1.3), curtained_window(_number(rng)), 0.5, proud_m=0.03),
        _on_wall(1, rng.uniform(0.3, 0.7), 0.0, (0.95, 2.05), door(_number(rng)), 0.15, proud_m=0.03),
        _on_wall(1, rng.uniform(1.35, 1.5), 1.3, (0.3, 0.2), sign(_number(rng)), 0.1),
    ]
    left = {0: 0.15, 1: 1.9, 3: 0.2}
    for wall, start in left.items():
        at = start + rng.uniform(0.0, 0.15)
        end = {0: 1.2, 1: 4.4, 3: 4.4}[wall]
        while at < end - 0.4:
            wide, high = rng.uniform(0.3, 0.75), rng.uniform(0.35, 0.8)
            wide = min(wide, end - at)
            frame = any_colour(rng, (0.05, 0.4), 0.5) if rng.random() < 0.6 else None
            hung.append(
                _on_wall(wall, at, rng.uniform(1.0, 1.6), (wide, high), poster(_number(rng), 8, frame),
                         0.4 if frame else 0.0, proud_m=0.025 if frame else 0.006)
            )
            at += wide + rng.uniform(0.06, 0.3)
    for left_m in (3.1, 3.75):
        size = rng.uniform(0.3, 0.55), rng.uniform(0.4, 0.7)
        hung.append(_on_wall(2, left_m, rng.uniform(1.2, 1.6), size, poster(_number(rng), 9), 0.0))
    right = 3.6 + rng.uniform(0.0, 0.4)
    hung.append(_on_wall(0, right, rng.uniform(1.1, 1.5), (0.6, 0.8), poster(_number(rng)), 0.0))
    return hung


def _shelf(rng: np.random.Generator) -> list[Rectangle]:
    """A shelf along wall 2: boards with rows of books, and boxes on top."""
    parts: list[Rectangle] = []
    left, wide, deep = rng.uniform(0.4, 0.9), 2.0, 0.3
    wood = planks(any_colour(rng, (0.2, 0.5), 0.35), _number(rng), 0.3)
    side_y = WIDTH_M - 0.5 * deep
    for x in (left, left + wide):
        parts += _BRUSH.box((x, side_y), (0.03, deep, 1.9), 0.0, 0.0, wood)
    for z in (0.1, 0.52, 0.94, 1.36, 1.87):
        parts += _BRUSH.box((left + 0.5 * wide, side_y), (wide, deep, 0.03), z, 0.0, wood)
    for z in (0.13, 0.55, 0.97, 1.39):
        at = left + 0.03
        while at < left + wide - 0.2:
            run = min(rng.uniform(0.3, 0.75), left + wide - 0.03 - at)
            high = rng.uniform(0.2, 0.33)
            parts.append(
                _FINE.upright((at, WIDTH_M - rng.uniform(0.08, 0.2)), (at + run, WIDTH_M - rng.uniform(0.08, 0.2)),
                              (z, z + high), book_row(_number(rng)), 0.1)
            )
            at += run + rng.uniform(0.03, 0.15)
    parts.append(_BRUSH.upright((left, WIDTH_M - 0.012), (left + wide, WIDTH_M - 0.012), (0.1, 1.9),
                                plaster((0.12, 0.1, 0.09), _number(rng))))
    for k in range(3):
        size = rng.uniform(0.25, 0.4), rng.uniform(0.2, 0.28), rng.uniform(0.15, 0.35)
        parts += _FINE.box((left + 0.35 + 0.6 * k, side_y), size, 1.9, rng.uniform(-0.2, 0.2),
                           labelled(any_colour(rng, (0.25, 0.6)), _number(rng)))
    return parts


def _table(rng: np.random.Generator) -> list[Rectangle]:
    """A table with things on it and four chairs that are the same."""
    x, y = 2.9 + rng.uniform(-0.25, 0.25), 2.2 + rng.uniform(-0.2, 0.2)
    yaw = rng.uniform(-0.35, 0.35)
    wood = planks(any_colour(rng, (0.3, 0.55), 0.4), _number(rng), 0.12)
    parts = _box_at(_BRUSH, x, y, yaw, (0.0, 0.0), (1.5, 0.8, 0.04), 0.7, 0.0, wood, 0.35)
    for a in (-0.68, 0.68):
        for b in (-0.33, 0.33):
            parts += _box_at(_BRUSH, x, y, yaw, (a, b), (0.06, 0.06, 0.7), 0.0, 0.0, wood, 0.0)
    for spot in ((-0.5, 0.1), (-0.1, -0.2), (0.25, 0.15), (0.55, -0.1)):
        size = rng.uniform(0.12, 0.35), rng.uniform(0.1, 0.25), rng.uniform(0.03, 0.3)
        parts += _box_at(_FINE, x, y, yaw, spot, size, 0.74, rng.uniform(0.0, 3.0),
                         labelled(any_colour(rng, (0.1, 0.7), 0.8), _number(rng)), 0.2)
    cloth, legs = stripes(any_colour(rng), any_colour(rng), _number(rng), 0.05), plaster((0.1, 0.1, 0.1), _number(rng))
    for a, b, turn in ((-0.4, -0.75, 0.0), (0.4, -0.75, 0.0), (-0.4, 0.75, np.pi), (0.4, 0.75, np.pi)):
        parts += _chair(x, y, yaw, (a, b), turn + rng.uniform(-0.3, 0.3), cloth, legs)
    return parts


def _chair(
    x: float, y: float, yaw: float, spot: tuple[float, float], turn: float, cloth: Painter, legs: Painter
) -> list[Rectangle]:
    cx, cy = _turned(x, y, yaw, spot)
    angle = yaw + turn
    parts = _box_at(_BRUSH, cx, cy, angle, (0.0, 0.0), (0.42, 0.42, 0.05), 0.42, 0.0, cloth, 0.0)
    parts += _box_at(_BRUSH, cx, cy, angle, (0.0, -0.2), (0.42, 0.04, 0.45), 0.5, 0.0, cloth, 0.0)
    for a in (-0.18, 0.18):
        for b in (-0.18, 0.18):
            parts += _box_at(_BRUSH, cx, cy, angle, (a, b), (0.035, 0.035, 0.42), 0.0, 0.0, legs, 0.1)
    return parts


def _floor_things(rng: np.random.Generator) -> list[Rectangle]:
    """A rug, a cabinet, stacked boxes, a bin, a radiator."""
    across = np.array([1.9, 0.0, 0.0])
    corner = np.array([rng.uniform(0.5, 0.9), 2.2 + rng.uniform(0.0, 0.4), 0.008])
    parts = [_BRUSH.rectangle(corner, across, np.array([0.0, -1.4, 0.0]), rug(_number(rng)))]
    cabinet = planks(any_colour(rng, (0.2, 0.6), 0.6), _number(rng), 0.25, True)
    parts += _BRUSH.box((0.22, 1.0 + rng.uniform(-0.3, 0.3)), (0.42, 1.1, 0.8), 0.0, 0.0, cabinet, gloss=0.1,
                        front=door(_number(rng)))
    z = 0.0
    for size in (0.5, 0.42, 0.34):
        case = labelled(any_colour(rng, (0.3, 0.55), 0.5), _number(rng))
        spot = 4.55, 4.1 + rng.uniform(-0.05, 0.05)
        parts += _BRUSH.box(spot, (size, size, 0.7 * size), z, rng.uniform(-0.3, 0.3), case)
        z += 0.7 * size
    cloth = stripes(any_colour(rng), any_colour(rng), _number(rng), 0.1)
    parts += _BRUSH.prism((3.4, 4.3), 0.14, (0.0, 0.35), 8, cloth)
    parts += _BRUSH.box((2.6, 0.07), (1.2, 0.1, 0.55), 0.15, 0.0, stripes((0.6, 0.6, 0.58), (0.4, 0.4, 0.4), 1, 0.05))
    parts += _BRUSH.box((4.7, 0.5), (0.45, 0.6, 1.0 + rng.uniform(0.0, 0.3)), 0.0, np.pi, labelled(
        any_colour(rng, (0.1, 0.5), 0.4), _number(rng)), gloss=0.2)
    return parts


def _lamp(position_m: Float64) -> list[Rectangle]:
    x, y, z = position_m
    shade = stripes((0.9, 0.85, 0.7), (0.85, 0.75, 0.6), 3, 0.04)
    parts = _BRUSH.prism((x, y), 0.17, (z - 0.1, z + 0.1), 10, shade)
    glowing = [replace(part, glow=1.3) for part in parts]
    return [*glowing, *_BRUSH.prism((x, y), 0.015, (z + 0.1, HEIGHT_M), 4, plaster((0.1, 0.1, 0.1), 1))]


def _turned(x: float, y: float, yaw: float, spot: tuple[float, float]) -> tuple[float, float]:
    c, s = float(np.cos(yaw)), float(np.sin(yaw))
    return x + c * spot[0] - s * spot[1], y + s * spot[0] + c * spot[1]


def _box_at(
    brush: Brush, x: float, y: float, yaw: float, spot: tuple[float, float], size: tuple[float, float, float],
    z: float, turn: float, paint: Painter, gloss: float,
) -> list[Rectangle]:
    return brush.box(_turned(x, y, yaw, spot), size, z, yaw + turn, paint, gloss=gloss)
