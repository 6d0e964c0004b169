"""A street of 60 m with a street that branches off: houses, shops, cars, posts."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Float64
from geoloc_ros.sim.textured.light import Lamp, Lighting
from geoloc_ros.sim.textured.paint.graphics import labelled, poster, sign
from geoloc_ros.sim.textured.paint.materials import any_colour, planks, plaster
from geoloc_ros.sim.textured.paint.street import (
    asphalt,
    awning,
    car_body,
    car_cabin,
    facade,
    leaves,
    marked,
    pavement,
)
from geoloc_ros.sim.textured.rectangles import Brush, Painter, Rectangle
from geoloc_ros.sim.textured.world import TexturedWorld

HALF_M = 30.0
"""The street runs along x from -HALF_M to HALF_M."""
WALL_M = 7.0
"""Fronts stand at y = +-WALL_M."""
KERB_M = 4.2
BRANCH_M = (3.0, 14.0)
"""Between these x another street leaves to +y, as far as HALF_M."""
BRANCH_KERB_M = (5.3, 11.7)
_KERB_HEIGHT_M = 0.12
_BRUSH = Brush(0.015)
_FINE = Brush(0.008)
_FAR = Brush(0.025)

Point = tuple[float, float]


def make_corner(seed: int) -> TexturedWorld:
    """Corner of `seed`: its houses, shops, signs, cars and what stands on the pavement."""
    rng = np.random.default_rng([seed, 102])
    rectangles = [*_houses(rng), *_ground(rng), *_cars(rng), *_posts(rng)]
    sun_m = 1000.0 * np.array([np.cos(0.9) * 0.6, -np.sin(0.9) * 0.6, 0.85])
    lighting = Lighting(
        (Lamp(sun_m, 25.0, np.array([1.0, 0.93, 0.82]), 0.0),),
        sky=np.array([0.62, 0.68, 0.78]), bounced=np.array([0.26, 0.25, 0.24]), reach_m=9.0,
    )
    return TexturedWorld(
        f"corner {seed}", tuple(rectangles), lighting, exposure=0.95, depth_unit_m=0.002, depth_limit_m=80.0,
        cell_m=0.5,
    )


def _number(rng: np.random.Generator) -> int:
    return int(rng.integers(0, 2**31))


def _houses(rng: np.random.Generator) -> list[Rectangle]:
    """Rows of fronts, given as their left and right end seen from the street, with what juts out of them."""
    near, far = BRANCH_M
    rows: list[tuple[Point, Point]] = [
        ((HALF_M, -WALL_M), (-HALF_M, -WALL_M)),
        ((-HALF_M, WALL_M), (near, WALL_M)),
        ((near, WALL_M), (near, HALF_M)),
        ((far, HALF_M), (far, WALL_M)),
        ((far, WALL_M), (HALF_M, WALL_M)),
        ((-HALF_M, -WALL_M), (-HALF_M, WALL_M)),
        ((HALF_M, WALL_M), (HALF_M, -WALL_M)),
        ((near, HALF_M), (far, HALF_M)),
    ]
    parts: list[Rectangle] = []
    for left, right in rows:
        parts += _row(np.array(left), np.array(right), rng)
    return parts


def _row(left_m: Float64, right_m: Float64, rng: np.random.Generator) -> list[Rectangle]:
    length_m = float(np.linalg.norm(right_m - left_m))
    along = (right_m - left_m) / length_m
    # Seen from the street, what lies to the right of "right" turned by a quarter is the viewer.
    out = np.array([along[1], -along[0]])
    count = max(1, round(length_m / rng.uniform(6.5, 9.5)))
    cuts = np.linspace(0.0, length_m, count + 1)
    cuts[1:-1] += rng.uniform(-1.2, 1.2, count - 1)
    parts: list[Rectangle] = []
    for start, end in zip(cuts[:-1], cuts[1:], strict=True):
        height_m = rng.uniform(7.0, 11.5)
        has_shop = bool(rng.random() < 0.6)
        back_m = rng.uniform(0.0, 0.25)
        a, b = left_m + start * along - back_m * out, left_m + end * along - back_m * out
        parts.append(_BRUSH.upright(_xy(a), _xy(b), (0.0, height_m), facade(_number(rng), has_shop), 0.06))
        parts += _jutting(a, along, out, end - start, height_m, has_shop, rng)
        # Cheeks, where a house stands higher or farther forward than the next.
        stuff = plaster(any_colour(rng, (0.2, 0.5), 0.3), _number(rng))
        for foot, sign_of in ((a, 1.0), (b, -1.0)):
            ends = (foot - 3.0 * out, foot) if sign_of < 0 else (foot, foot - 3.0 * out)
            parts.append(_FAR.upright(_xy(ends[1]), _xy(ends[0]), (0.0, height_m), stuff))
    return parts


def _xy(point: Float64) -> Point:
    return float(point[0]), float(point[1])


def _jutting(
    a: Float64, along: Float64, out: Float64, wide_m: float, height_m: float, has_shop: bool,
    rng: np.random.Generator,
) -> list[Rectangle]:
    """Awning, hanging sign, balconies, a drain pipe."""
    yaw = float(np.arctan2(out[1], out[0]))
    parts: list[Rectangle] = []
    if has_shop and rng.random() < 0.6:
        parts += _awning(a + 0.08 * wide_m * along, along, out, 0.8 * wide_m, rng)
    if rng.random() < 0.6:
        spot = a + rng.uniform(0.1, 0.9) * wide_m * along + 0.45 * out
        parts += _FINE.box(_xy(spot), (0.8, 0.08, 0.6), rng.uniform(2.7, 3.3), yaw, sign(_number(rng)))
    if rng.random() < 0.5:
        stuff = planks(any_colour(rng, (0.2, 0.6), 0.6), _number(rng), 0.15, True)
        for at in np.arange(0.25, 0.8, 0.5) if wide_m > 6.0 else [0.5]:
            spot = a + at * wide_m * along + 0.4 * out
            for z in (3.5, 6.5):
                if z + 1.5 < height_m:
                    parts += _BRUSH.box(_xy(spot), (0.8, 1.6, 0.9), z, yaw, stuff)
    pipe = a + 0.15 * along + 0.09 * out
    parts += _BRUSH.prism(_xy(pipe), 0.06, (0.0, height_m), 4, plaster(any_colour(rng, (0.2, 0.5), 0.3), _number(rng)))
    return parts


def _awning(start: Float64, along: Float64, out: Float64, wide_m: float, rng: np.random.Generator
            ) -> list[Rectangle]:
    """A slope of cloth, seen from above and from below, and its front edge."""
    cloth, top_m, low_m, deep_m = awning(_number(rng)), 3.0, 2.5, 1.1
    across = np.append(wide_m * along, 0.0)
    down = np.append(deep_m * out, low_m - top_m)
    corner = np.append(start, top_m)
    edge = start + deep_m * out
    return [
        _BRUSH.rectangle(corner, across, down, cloth),
        _BRUSH.upright(_xy(edge), _xy(edge + wide_m * along), (low_m - 0.3, low_m), cloth),
    ]


def _flat(x: tuple[float, float], y: tuple[float, float], z: float, paint: Painter) -> Rectangle:
    across, down = np.array([x[1] - x[0], 0.0, 0.0]), np.array([0.0, y[0] - y[1], 0.0])
    return _BRUSH.rectangle(np.array([x[0], y[1], z]), across, down, paint)


def _ground(rng: np.random.Generator) -> list[Rectangle]:
    """Carriageways, pavements and kerbs, in pieces that were laid at different times."""
    parts, z = [], _KERB_HEIGHT_M
    near, far = BRANCH_KERB_M
    stone = plaster((0.42, 0.41, 0.39), _number(rng), 0.2)
    for x in np.arange(-HALF_M, HALF_M, 10.0):
        run = float(x), float(x) + 10.0
        parts.append(_flat(run, (-KERB_M, KERB_M), 0.0, marked(asphalt(_number(rng)), _number(rng), True)))
        parts.append(_flat(run, (-WALL_M - 0.3, -KERB_M), z, pavement(_number(rng))))
        parts.append(_BRUSH.upright((run[1], -KERB_M), (run[0], -KERB_M), (0.0, z), stone))
    for start, end in ((-HALF_M, -18.0), (-18.0, -7.0), (-7.0, near), (far, 21.0), (21.0, HALF_M)):
        parts.append(_flat((start, end), (KERB_M, WALL_M + 0.3), z, pavement(_number(rng))))
        parts.append(_BRUSH.upright((start, KERB_M), (end, KERB_M), (0.0, z), stone))
    parts.append(_flat((near, far), (KERB_M, WALL_M), 0.0, asphalt(_number(rng))))
    for y in (WALL_M, 14.7, 22.4):
        end = min(y + 7.7, HALF_M)
        parts.append(_flat((near, far), (y, end), 0.0, marked(asphalt(_number(rng)), _number(rng), False)))
        for x0, x1 in ((BRANCH_M[0] - 0.3, near), (far, BRANCH_M[1] + 0.3)):
            parts.append(_flat((x0, x1), (y, end), z, pavement(_number(rng))))
    parts.append(_BRUSH.upright((near, HALF_M), (near, KERB_M), (0.0, z), stone))
    parts.append(_BRUSH.upright((far, KERB_M), (far, HALF_M), (0.0, z), stone))
    return parts


def _cars(rng: np.random.Generator) -> list[Rectangle]:
    """Cars along the kerbs, two of them alike."""
    spots = [(x, side) for side in (-1.0, 1.0) for x in (-24.0, -16.0, -8.0, 0.0, 18.0, 25.0)]
    twin = any_colour(rng, (0.1, 0.7), 0.9), _number(rng)
    parts: list[Rectangle] = []
    for k, number in enumerate(rng.permutation(len(spots))[:8]):
        x, side = spots[int(number)]
        colour, look = twin if k < 2 else (any_colour(rng, (0.05, 0.8), 0.8), _number(rng))
        parts += _car((x + rng.uniform(-1.0, 1.0), side * (KERB_M - 1.05)), 0.0 if side < 0 else np.pi, colour, look)
    for y in (17.0, 24.0):
        parts += _car((BRANCH_KERB_M[1] - 1.0, y + rng.uniform(-1.0, 1.0)), 0.5 * np.pi,
                      any_colour(rng, (0.05, 0.8), 0.8), _number(rng))
    return parts


def _car(middle_m: Point, yaw_rad: float, colour: tuple[float, float, float], look: int) -> list[Rectangle]:
    body, cabin = car_body(colour, look), car_cabin(colour, look)
    roof = plaster(colour, look, 0.05)
    behind = middle_m[0] - 0.2 * np.cos(yaw_rad), middle_m[1] - 0.2 * np.sin(yaw_rad)
    return [
        *_BRUSH.box(middle_m, (4.2, 1.75, 0.75), 0.2, yaw_rad, body, roof, 0.25),
        *_BRUSH.box(behind, (2.2, 1.6, 0.55), 0.95, yaw_rad, cabin, roof, 0.3),
    ]


def _posts(rng: np.random.Generator) -> list[Rectangle]:
    """Lamp posts and bollards that are alike; trees, a poster pillar, boxes and bins that are not."""
    steel, bollard = plaster((0.16, 0.17, 0.17), _number(rng)), plaster((0.5, 0.12, 0.08), _number(rng))
    parts: list[Rectangle] = []
    for side in (-1.0, 1.0):
        for x in (-27.0, -12.0, 1.5, 16.5):
            parts += _BRUSH.prism((x, side * (KERB_M + 0.2)), 0.08, (0.0, 5.5), 6, steel)
            if rng.random() < 0.7:
                parts += _FINE.box((x, side * (KERB_M + 0.2)), (0.5, 0.06, 0.7), 2.2, 0.0, poster(_number(rng), 5))
        for x in (-20.5, -5.0, 20.5):
            parts += _tree((x, side * (KERB_M + 0.25)), rng)
    for x in (4.3, 4.9, 12.1, 12.7):
        parts += _BRUSH.prism((x, KERB_M + 0.2), 0.1, (0.0, 0.9), 8, bollard)
    parts += _FINE.prism((12.9, WALL_M + 1.2), 0.55, (_KERB_HEIGHT_M, 2.9), 12, poster(_number(rng), 30))
    for x, y in ((-17.5, -6.7), (-2.0, -6.7), (10.0, -6.7), (23.0, 6.7), (-9.5, 6.7)):
        size = rng.uniform(0.5, 1.2), rng.uniform(0.4, 0.6), rng.uniform(0.7, 1.6)
        parts += _FINE.box((x + rng.uniform(-1.0, 1.0), y), size, _KERB_HEIGHT_M, rng.uniform(-0.2, 0.2),
                           labelled(any_colour(rng, (0.15, 0.6), 0.8), _number(rng)))
    return parts


def _tree(foot_m: Point, rng: np.random.Generator) -> list[Rectangle]:
    x, y = foot_m
    parts = _BRUSH.prism(foot_m, 0.14, (0.0, 2.6), 6, planks((0.2, 0.14, 0.09), _number(rng), 0.1, True))
    for _ in range(4):
        size = rng.uniform(1.1, 1.9), rng.uniform(1.1, 1.9), rng.uniform(1.0, 1.8)
        spot = x + rng.uniform(-0.5, 0.5), y + rng.uniform(-0.5, 0.5)
        parts += _FAR.box(spot, size, rng.uniform(2.3, 3.6), rng.uniform(0.0, 1.5), leaves(_number(rng)))
    return parts
