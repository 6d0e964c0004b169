"""Materials of large surfaces: plaster, wood, bricks, tiles, paving, cloth. Linear colours 0 to 1."""

from __future__ import annotations

import cv2
import numpy as np

from geoloc_ros.core.types import Float32
from geoloc_ros.sim.textured.rectangles import Painter

Colour = tuple[float, float, float]


def any_colour(rng: np.random.Generator, bright: tuple[float, float] = (0.15, 0.75), vivid: float = 0.6) -> Colour:
    """A colour of some hue; `vivid` 0 is grey."""
    hue = rng.uniform(0.0, 2.0 * np.pi)
    value, strength = rng.uniform(*bright), vivid * rng.uniform(0.3, 1.0)
    wave = np.cos(hue - 2.0 * np.pi / 3.0 * np.arange(3))
    red, green, blue = (value * (1.0 + strength * wave)).clip(0.02, 0.95)
    return float(red), float(green), float(blue)


def as_pixel(colour: Colour) -> Float32:
    """(3,)."""
    return np.asarray(colour, np.float32)


def cloud(
    shape: tuple[int, int], coarsest_px: float, finest_px: float, rng: np.random.Generator, stretch: float = 1.0
) -> Float32:
    """Noise (h, w) of all sizes between two, mean 0 and standard deviation about 1; stretched across if above 1."""
    total = np.zeros(shape, np.float32)
    size, weight, power = coarsest_px, 1.0, 0.0
    while size >= finest_px:
        rows, columns = int(shape[0] / size) + 3, int(shape[1] / (size * stretch)) + 3
        grid = rng.normal(size=(rows, columns)).astype(np.float32)
        wide = size * stretch
        fine = cv2.resize(grid, (int(columns * wide) + 1, int(rows * size) + 1), interpolation=cv2.INTER_CUBIC)
        total += weight * fine[int(size) : int(size) + shape[0], int(wide) : int(wide) + shape[1]]
        power += weight**2
        size, weight = size / 2.0, weight * 0.75
    return np.asarray(total / np.float32(max(power, 1e-6) ** 0.5 * 0.8))


def tinted(colour: Colour, brightness: Float32) -> Float32:
    """An image (h, w, 3) of one colour, brighter and darker by factors (h, w)."""
    return np.asarray(as_pixel(colour) * brightness[..., None], np.float32)


def plaster(colour: Colour, seed: int, roughness: float = 0.12) -> Painter:
    """Walls with blotches, stains, streaks from above and cracks: no two places alike."""

    def paint(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
        rng = np.random.default_rng([seed, 1])
        per_m = shape[1] / size_m[0]
        factor = 1.0 + roughness * cloud(shape, 0.25 * per_m, 3.0, rng)
        factor += 0.6 * roughness * cloud(shape, 1.0 * per_m, 0.1 * per_m, rng, 0.25)
        image = tinted(colour, factor.clip(0.3, 1.7))
        area_m2 = size_m[0] * size_m[1]
        for _ in range(rng.poisson(1.0 + area_m2 / 3.0)):
            stain(image, per_m, rng)
        for _ in range(rng.poisson(area_m2 / 6.0)):
            crack(image, per_m, rng)
        return image

    return paint


def stain(image: Float32, per_m: float, rng: np.random.Generator) -> None:
    """Darken or colour a ragged patch in place."""
    height, width = image.shape[:2]
    radius = rng.uniform(0.05, 0.35) * per_m
    x, y = rng.uniform(0, width), rng.uniform(0, height)
    half = int(2.0 * radius)
    x0, x1, y0, y1 = max(0, int(x) - half), min(width, int(x) + half), max(0, int(y) - half), min(height, int(y) + half)
    if x1 <= x0 or y1 <= y0:
        return
    rows, columns = np.mgrid[y0:y1, x0:x1].astype(np.float32)
    away = np.hypot((columns - x) * rng.uniform(0.6, 1.6), (rows - y) * rng.uniform(0.6, 1.6)) / radius
    ragged = away + 0.25 * cloud((y1 - y0, x1 - x0), max(4.0, 0.6 * radius), 3.0, rng)
    cover = (1.4 - 1.4 * ragged).clip(0.0, 1.0)[..., None] * rng.uniform(0.2, 0.65)
    image[y0:y1, x0:x1] *= 1.0 - cover * (1.0 - as_pixel(any_colour(rng, (0.25, 0.7), 0.5)))


def crack(image: Float32, per_m: float, rng: np.random.Generator) -> None:
    """Draw a dark wandering line in place."""
    steps = int(rng.integers(5, 14))
    turn = rng.uniform(0.0, 2.0 * np.pi) + 0.6 * rng.normal(size=steps).cumsum()
    stride = rng.uniform(0.03, 0.1) * per_m
    start = rng.uniform(0.0, 1.0, 2) * image.shape[1::-1]
    line = start + stride * np.stack([np.cos(turn), np.sin(turn)], axis=1).cumsum(axis=0)
    shade = float(rng.uniform(0.05, 0.3))
    cv2.polylines(image, [line.round().astype(np.int32)], False, (shade, shade, shade), 1, cv2.LINE_AA)


def planks(colour: Colour, seed: int, plank_m: float = 0.14, upright: bool = False) -> Painter:
    """Boards with grain and knots, each in a shade of its own."""

    def paint(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
        rng = np.random.default_rng([seed, 2])
        across = (shape[1], shape[0]) if upright else shape
        long_m, wide_m = (size_m[1], size_m[0]) if upright else size_m
        per_m = across[0] / wide_m
        image = np.empty((*across, 3), np.float32)
        edges = [0, *np.arange(plank_m, wide_m, plank_m) * per_m, across[0]]
        for top, bottom in zip(edges[:-1], edges[1:], strict=True):
            joints = np.sort(rng.uniform(0.0, across[1], rng.poisson(long_m / 1.6))).astype(int)
            for left, right in zip([0, *joints], [*joints, across[1]], strict=True):
                part = image[int(top) : int(bottom), left:right]
                if part.size:
                    part[:] = _board(part.shape[:2], per_m, colour, rng)
        return np.ascontiguousarray(image.transpose(1, 0, 2)) if upright else image

    return paint


def _board(shape: tuple[int, int], per_m: float, colour: Colour, rng: np.random.Generator) -> Float32:
    shade = rng.uniform(0.65, 1.35)
    grain = 1.0 + 0.16 * cloud(shape, max(0.08 * per_m, 4.0), 2.0, rng, 8.0)
    board = tinted(colour, (shade * grain).clip(0.2, 2.0)) * (1.0 + 0.05 * rng.normal(size=3)).astype(np.float32)
    for _ in range(rng.poisson(shape[0] * shape[1] / per_m**2 * 5.0)):
        centre = int(rng.integers(0, shape[1])), int(rng.integers(0, shape[0]))
        axes = max(1, int(rng.uniform(0.008, 0.03) * per_m)), max(1, int(rng.uniform(0.005, 0.015) * per_m))
        board = np.ascontiguousarray(board)
        cv2.ellipse(board, centre, axes, 0.0, 0.0, 360.0, tuple(0.4 * shade * c for c in colour), -1, cv2.LINE_AA)
    board[:1] *= 0.45
    board[:, :1] *= 0.45
    return board


def bricks(colour: Colour, seed: int, brick_m: tuple[float, float] = (0.24, 0.08), vary: float = 0.2) -> Painter:
    """Courses of bricks, each of its own shade, some replaced, with mortar between."""

    def paint(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
        rng = np.random.default_rng([seed, 3])
        per_m = shape[1] / size_m[0]
        rows, columns = int(size_m[1] / brick_m[1]) + 2, int(size_m[0] / brick_m[0]) + 3
        shade = (1.0 + vary * rng.normal(size=(rows, columns))).clip(0.3, 1.8)
        tint = as_pixel(colour) * shade[..., None] * (1.0 + 0.4 * vary * rng.normal(size=(rows, columns, 3)))
        odd = rng.random((rows, columns)) < 0.04
        tint[odd] = [any_colour(rng, (0.1, 0.6), 0.3) for _ in range(int(odd.sum()))] if odd.any() else 0.0
        y = (np.arange(shape[0]) / shape[0] * size_m[1])[:, None]
        x = (np.arange(shape[1]) / per_m)[None, :]
        row = (y / brick_m[1]).astype(int)
        place = x / brick_m[0] + 0.5 * (row % 2)
        column = place.astype(int)
        image: Float32 = tint[row, column].astype(np.float32)
        joint_m = 0.1 * min(brick_m)
        mortar = ((y % brick_m[1]) < joint_m) | ((place % 1.0) * brick_m[0] < joint_m)
        image[mortar] = np.float32(np.mean(colour)) * as_pixel((1.2, 1.15, 1.05))
        image *= (1.0 + 0.1 * cloud(shape, 0.8 * per_m, 3.0, rng))[..., None]
        for _ in range(rng.poisson(size_m[0] * size_m[1] / 8.0)):
            stain(image, per_m, rng)
        return image

    return paint


def tiles(colours: tuple[Colour, Colour], seed: int, tile_m: float, joint_m: float = 0.006) -> Painter:
    """Square tiles in two colours by chance, a motif on some, worn, a few broken."""

    def paint(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
        rng = np.random.default_rng([seed, 4])
        per_m = shape[1] / size_m[0]
        rows, columns = int(size_m[1] / tile_m) + 2, int(size_m[0] / tile_m) + 2
        pick = rng.random((rows, columns)) < 0.35
        shade = (1.0 + 0.1 * rng.normal(size=(rows, columns, 1))).clip(0.5, 1.5)
        tint = np.where(pick[..., None], as_pixel(colours[1]), as_pixel(colours[0])) * shade
        y = (np.arange(shape[0]) / shape[0] * size_m[1])[:, None]
        x = (np.arange(shape[1]) / per_m)[None, :]
        row, column = (y / tile_m).astype(int), (x / tile_m).astype(int)
        image: Float32 = tint[row, column].astype(np.float32)
        motif = rng.integers(0, 4, (rows, columns))[row, column]
        u, v = (x % tile_m) / tile_m - 0.5 + 0.0 * y, (y % tile_m) / tile_m - 0.5 + 0.0 * x
        drawn = ((motif == 1) & (np.hypot(u, v) < 0.28)) | ((motif == 2) & (np.abs(u - v) < 0.12))
        image[drawn] *= 0.7
        image[((x % tile_m) < joint_m) | ((y % tile_m) < joint_m)] = 0.22
        image *= (1.0 + 0.1 * cloud(shape, 1.0 * per_m, 3.0, rng))[..., None]
        for _ in range(rng.poisson(size_m[0] * size_m[1] / 4.0)):
            stain(image, per_m, rng)
        return image

    return paint


def stripes(first: Colour, second: Colour, seed: int, stripe_m: float) -> Painter:
    """Upright stripes on cloth or paper, with a small motif that repeats."""

    def paint(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
        rng = np.random.default_rng([seed, 5])
        per_m = shape[1] / size_m[0]
        x = (np.arange(shape[1]) / per_m)[None, :] + np.zeros((shape[0], 1))
        y = (np.arange(shape[0]) / shape[0] * size_m[1])[:, None] + np.zeros((1, shape[1]))
        is_second = (x / stripe_m).astype(int) % 2 == 1
        image = np.where(is_second[..., None], as_pixel(second), as_pixel(first)).astype(np.float32)
        u, v = (x % stripe_m) / stripe_m - 0.5, (y % (1.3 * stripe_m)) / stripe_m - 0.65
        image[np.abs(u) + np.abs(v) < 0.25] *= np.float32(0.65)
        image *= (1.0 + 0.1 * cloud(shape, 0.7 * per_m, 3.0, rng))[..., None]
        for _ in range(rng.poisson(size_m[0] * size_m[1] / 4.0)):
            stain(image, per_m, rng)
        return image

    return paint
