"""What stands along a street: facades, shop fronts, cars, leaves, road and pavement."""

from __future__ import annotations

import cv2
import numpy as np

from geoloc_ros.core.types import Float32
from geoloc_ros.sim.textured.paint.fittings import door, glaze
from geoloc_ros.sim.textured.paint.graphics import draw_shape, poster, sign
from geoloc_ros.sim.textured.paint.materials import (
    Colour,
    any_colour,
    as_pixel,
    bricks,
    cloud,
    planks,
    plaster,
    stain,
    stripes,
    tiles,
    tinted,
)
from geoloc_ros.sim.textured.rectangles import Painter

GROUND_FLOOR_M = 3.4


def facade(seed: int, has_shop: bool) -> Painter:
    """A house front: one material, rows of equal windows with different things in them, a ground floor with doors."""

    def paint(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
        rng = np.random.default_rng([seed, 31])
        image = _wall(rng)(shape, size_m)
        per_m = shape[1] / size_m[0]
        ground_row = shape[0] - int(GROUND_FLOOR_M * per_m)
        if ground_row > 0:
            _storeys(image, ground_row, per_m, rng)
        _ground_floor(image[max(0, ground_row) :], per_m, has_shop, rng)
        return image

    return paint


def _wall(rng: np.random.Generator) -> Painter:
    colour, seed = any_colour(rng, (0.2, 0.7), 0.35), int(rng.integers(0, 2**31))
    kind = int(rng.integers(0, 5))
    if kind == 0:
        return bricks(any_colour(rng, (0.15, 0.45), 0.4), seed, (0.4, 0.14), 0.22)
    if kind == 1:
        return planks(colour, seed, rng.uniform(0.2, 0.4), bool(rng.random() < 0.5))
    if kind == 2:
        return tiles((colour, any_colour(rng, (0.2, 0.6), 0.3)), seed, rng.uniform(0.5, 1.0), 0.03)
    return plaster(colour, seed, 0.08)


def _storeys(image: Float32, bottom: int, per_m: float, rng: np.random.Generator) -> None:
    """Windows above the ground floor, in place."""
    width = image.shape[1]
    high_m, wide_m = rng.uniform(1.3, 2.0), rng.uniform(0.9, 1.6)
    storey, pitch = int(rng.uniform(2.8, 3.2) * per_m), rng.uniform(1.7, 2.6) * per_m
    columns, rows = max(1, int((width - 0.3 * per_m) / pitch)), max(1, bottom // storey)
    frame = any_colour(rng, (0.3, 0.9), 0.4)
    surround = any_colour(rng, (0.3, 0.85), 0.3) if rng.random() < 0.6 else None
    bars = int(rng.integers(1, 4))
    high, wide = int(high_m * per_m), int(min(wide_m * per_m, 0.75 * pitch))
    for row in range(rows):
        y = bottom - (row + 1) * storey + int(0.35 * storey)
        if surround is not None:
            image[max(0, y + high + 6) : y + high + 6 + int(0.15 * per_m)] = surround
        for column in range(columns):
            x = int((column + 0.5) * width / columns - 0.5 * wide)
            _window(image, (x, max(0, y), wide, high), frame, surround, bars, rng)


def _window(
    image: Float32, box: tuple[int, int, int, int], frame: Colour, surround: Colour | None, bars: int,
    rng: np.random.Generator,
) -> None:
    x, y, wide, high = box
    if surround is not None:
        cv2.rectangle(image, (x - 6, y - 6), (x + wide + 6, y + high + 6), surround, -1)
    pane = image[y : y + high, x : x + wide]
    if not pane.size:
        return
    glaze(pane, rng)
    cv2.rectangle(image, (x, y), (x + wide, y + high), frame, 4)
    for k in range(1, bars):
        at = x + k * wide // bars
        image[y : y + high, at - 1 : at + 2] = frame
    if rng.random() < 0.25:
        box_high = max(3, high // 6)
        image[y + high - box_high : y + high, x : x + wide] = any_colour(rng, (0.1, 0.4), 0.9)
        for _ in range(4):
            spot = int(rng.uniform(x, x + wide)), y + high - box_high
            cv2.circle(image, spot, max(2, box_high // 2), any_colour(rng, (0.15, 0.7), 1.0), -1)


def _ground_floor(image: Float32, per_m: float, has_shop: bool, rng: np.random.Generator) -> None:
    """Door and shop windows, or door and posters, in place."""
    height, width = image.shape[:2]
    door_wide, door_high = int(1.1 * per_m), int(2.3 * per_m)
    door_x = int(rng.uniform(0.03, 0.9) * max(1, width - door_wide))
    if has_shop:
        image[:] = as_pixel(any_colour(rng, (0.1, 0.6), 0.8)) * (1.0 + 0.1 * cloud((height, width), 60.0, 4.0, rng))[
            ..., None
        ]
        board = image[int(0.1 * height) : int(0.27 * height), int(0.03 * width) : int(0.97 * width)]
        board[:] = sign(int(rng.integers(0, 2**31)))(board.shape[:2], (board.shape[1] / per_m, board.shape[0] / per_m))
        panes = max(1, int(width / (2.2 * per_m)))
        for k in range(panes):
            x0, x1 = int((k + 0.06) * width / panes), int((k + 0.94) * width / panes)
            _display(image[int(0.33 * height) : int(0.88 * height), x0:x1], rng)
    else:
        for _ in range(rng.poisson(width / per_m / 3.0)):
            wide, high = int(rng.uniform(0.5, 1.1) * per_m), int(rng.uniform(0.6, 1.4) * per_m)
            x, y = int(rng.uniform(0, max(1, width - wide))), int(rng.uniform(0.25, 0.5) * height)
            part = image[y : y + high, x : x + wide]
            part[:] = poster(int(rng.integers(0, 2**31)), 5)(part.shape[:2], (1.0, 1.0))
        for _ in range(rng.poisson(1.0)):
            stain(image, per_m, rng)
    leaf = image[height - min(door_high, height) :, door_x : door_x + door_wide]
    leaf[:] = door(int(rng.integers(0, 2**31)))(leaf.shape[:2], (1.1, 2.3))


def _display(pane: Float32, rng: np.random.Generator) -> None:
    """A shop window in place: dim, with goods and stickers."""
    if not pane.size:
        return
    pane[:] = tinted(any_colour(rng, (0.05, 0.35), 0.6), 1.0 + 0.2 * cloud(pane.shape[:2], 40.0, 4.0, rng))
    for _ in range(int(rng.integers(4, 9))):
        draw_shape(pane, rng)
    cv2.rectangle(pane, (0, 0), (pane.shape[1] - 1, pane.shape[0] - 1), any_colour(rng, (0.2, 0.8), 0.3), 5)


def asphalt(seed: int) -> Painter:
    """A carriageway: grains, patches of repair, tar joints, manholes, worn markings."""

    def paint(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
        rng = np.random.default_rng([seed, 32])
        per_m = shape[1] / size_m[0]
        image = tinted((0.17, 0.17, 0.18), 1.0 + 0.15 * cloud(shape, 2.0 * per_m, 2.0, rng))
        for _ in range(rng.poisson(size_m[0] * size_m[1] / 14.0)):
            x, y = (int(v) for v in rng.uniform(0.0, 1.0, 2) * (shape[1], shape[0]))
            wide, high = (int(v) for v in rng.uniform(0.4, 2.4, 2) * per_m)
            image[y : y + high, x : x + wide] *= rng.uniform(0.55, 1.5)
            cv2.rectangle(image, (x, y), (x + wide, y + high), (0.05, 0.05, 0.05), 2)
        for _ in range(rng.poisson(1.3)):
            spot = int(rng.uniform(0, shape[1])), int(rng.uniform(0, shape[0]))
            cv2.circle(image, spot, int(0.35 * per_m), (0.08, 0.08, 0.08), -1)
            cv2.circle(image, spot, int(0.28 * per_m), (0.25, 0.24, 0.22), 3)
        for _ in range(rng.poisson(size_m[0] * size_m[1] / 12.0)):
            stain(image, per_m, rng)
        return image

    return paint


def marked(ground: Painter, seed: int, along_x: bool) -> Painter:
    """A carriageway with a broken line in its middle."""

    def paint(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
        image = ground(shape, size_m)
        rng = np.random.default_rng([seed, 33])
        per_m = shape[1] / size_m[0]
        long, wide = (shape[1], shape[0]) if along_x else (shape[0], shape[1])
        middle, half = wide // 2, max(1, int(0.07 * per_m))
        for start in np.arange(0.5, long / per_m, 4.0):
            run = slice(int(start * per_m), int((start + 2.0) * per_m))
            line = slice(middle - half, middle + half)
            part = image[line, run] if along_x else image[run, line]
            worn = rng.random(part.shape[:2])[..., None] < 0.8
            part[:] = np.where(worn, np.float32(0.7), part)
        return image

    return paint


def pavement(seed: int) -> Painter:
    """Slabs or cobbles, stained."""
    rng = np.random.default_rng([seed, 34])
    stone = any_colour(rng, (0.25, 0.45), 0.15)
    if rng.random() < 0.5:
        return tiles((stone, any_colour(rng, (0.2, 0.4), 0.2)), seed, rng.uniform(0.35, 0.6), 0.02)
    return bricks(stone, seed, (0.3, 0.2), 0.25)


def car_body(colour: Colour, seed: int) -> Painter:
    """The lower half of a car: wheels on long sides, lights and a plate on short ones."""

    def paint(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
        rng = np.random.default_rng([seed, 35])
        height, width = shape
        fade = np.linspace(1.15, 0.6, height, dtype=np.float32)[:, None] + np.zeros(shape, np.float32)
        image = tinted(colour, fade)
        if size_m[0] > 2.5:
            for at in (0.2, 0.8):
                hub, radius = (int(at * width), height - 2), int(0.42 * height)
                cv2.circle(image, hub, radius, (0.03, 0.03, 0.03), -1)
                cv2.circle(image, hub, radius // 2, (0.45, 0.45, 0.47), -1)
            for at in (0.38, 0.62):
                image[:, int(at * width) : int(at * width) + 2] *= 0.4
        else:
            light = (0.8, 0.75, 0.6) if rng.random() < 0.5 else (0.6, 0.06, 0.05)
            for at in (0.12, 0.88):
                cv2.circle(image, (int(at * width), height // 3), max(3, height // 6), light, -1)
            plate = image[int(0.6 * height) : int(0.85 * height), int(0.35 * width) : int(0.65 * width)]
            plate[:] = sign(seed)(plate.shape[:2], (0.5, 0.12))
        return image

    return paint


def car_cabin(colour: Colour, seed: int) -> Painter:
    """The upper half of a car: dark glass between pillars."""

    def paint(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
        rng = np.random.default_rng([seed, 36])
        image = tinted((0.06, 0.07, 0.08), 1.0 + 0.3 * cloud(shape, 30.0, 6.0, rng))
        cv2.rectangle(image, (0, 0), (shape[1] - 1, shape[0] - 1), colour, 10)
        if size_m[0] > 2.0:
            image[:, shape[1] // 2 - 4 : shape[1] // 2 + 4] = colour
        return image

    return paint


def leaves(seed: int) -> Painter:
    """The outside of a hedge or crown."""

    def paint(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
        rng = np.random.default_rng([seed, 37])
        tone = 1.0 + 0.45 * cloud(shape, 40.0, 3.0, rng)
        warm = 0.12 * cloud(shape, 60.0, 6.0, rng)
        image = tinted((0.14, 0.26, 0.08), tone.clip(0.1, 2.2))
        image[..., 0] += warm * image[..., 1]
        return image

    return paint


def awning(seed: int) -> Painter:
    """Striped cloth."""
    rng = np.random.default_rng([seed, 38])
    return stripes(any_colour(rng, (0.2, 0.8), 1.0), any_colour(rng, (0.5, 0.9), 0.3), seed, rng.uniform(0.2, 0.45))
