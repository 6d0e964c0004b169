"""Windows, doors and rugs."""

from __future__ import annotations

import cv2
import numpy as np

from geoloc_ros.core.types import Float32
from geoloc_ros.sim.textured.paint.graphics import draw_shape
from geoloc_ros.sim.textured.paint.materials import any_colour, cloud, planks, tinted
from geoloc_ros.sim.textured.rectangles import Painter


def curtained_window(seed: int) -> Painter:
    """A window with frame, bars, what is seen through it and a curtain."""

    def paint(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
        rng = np.random.default_rng([seed, 21])
        image = np.empty((*shape, 3), np.float32)
        glaze(image, rng)
        frame = any_colour(rng, (0.4, 0.9), 0.3)
        bar = max(2, int(0.04 * min(shape)))
        cv2.rectangle(image, (0, 0), (shape[1] - 1, shape[0] - 1), frame, 2 * bar)
        image[:, shape[1] // 2 - bar // 2 : shape[1] // 2 + bar // 2 + 1] = frame
        if rng.random() < 0.6:
            at = int(rng.uniform(0.3, 0.6) * shape[0])
            image[at : at + bar] = frame
        return image

    return paint


def glaze(image: Float32, rng: np.random.Generator) -> None:
    """Fill a pane in place: dark inside or bright sky, something standing there, a curtain."""
    height, width = image.shape[:2]
    inside = any_colour(rng, (0.05, 0.25) if rng.random() < 0.7 else (0.4, 0.8), 0.4)
    fade = np.linspace(1.25, 0.75, height, dtype=np.float32)[:, None]
    image[:] = tinted(inside, fade * (1.0 + 0.15 * cloud((height, width), max(8.0, 0.4 * width), 4.0, rng)))
    for _ in range(int(rng.integers(0, 3))):
        draw_shape(image, rng)
    cloth, fold = any_colour(rng, (0.3, 0.85), 0.6), rng.uniform(0.04, 0.1) * width
    wave = 1.0 + 0.25 * np.sin(np.arange(width) / max(fold, 0.5) * 2.0)[None, :]
    curtain = tinted(cloth, np.broadcast_to(wave, (height, width)).astype(np.float32))
    kind = int(rng.integers(0, 4))
    if kind == 0:
        left, right = int(rng.uniform(0.1, 0.35) * width), int(rng.uniform(0.65, 0.9) * width)
        image[:, :left], image[:, right:] = curtain[:, :left], curtain[:, right:]
    elif kind == 1:
        bottom = int(rng.uniform(0.2, 0.8) * height)
        image[:bottom] = curtain[:bottom]
    elif kind == 2:
        edge = int(rng.uniform(0.3, 0.7) * width)
        image[:, :edge] = curtain[:, :edge]


def door(seed: int) -> Painter:
    """A door leaf with panels, a handle, perhaps a notice."""

    def paint(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
        rng = np.random.default_rng([seed, 22])
        image = planks(any_colour(rng, (0.15, 0.6), 0.7), seed, 0.2, True)(shape, size_m)
        height, width = shape
        rows, columns = int(rng.integers(1, 4)), int(rng.integers(1, 3))
        for row in range(rows):
            for column in range(columns):
                x0, x1 = int((column + 0.15) / columns * width), int((column + 0.85) / columns * width)
                y0, y1 = int((row + 0.12) / rows * height), int((row + 0.88) / rows * height)
                image[y0:y1, x0:x1] *= rng.uniform(0.6, 1.3)
                cv2.rectangle(image, (x0, y0), (x1, y1), (0.05, 0.05, 0.05), max(1, width // 60))
        cv2.circle(image, (int(0.9 * width), height // 2), max(2, width // 25), (0.7, 0.65, 0.4), -1, cv2.LINE_AA)
        for _ in range(int(rng.integers(0, 3))):
            draw_shape(image, rng)
        return image

    return paint


def rug(seed: int) -> Painter:
    """A woven rug: bands inside of each other, motifs, fringes."""

    def paint(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
        rng = np.random.default_rng([seed, 23])
        height, width = shape
        image = np.empty((height, width, 3), np.float32)
        for ring in range(7):
            inset = int(ring / 16.0 * min(shape))
            image[inset : height - inset, inset : width - inset] = any_colour(rng, (0.1, 0.6), 0.9)
        for _ in range(14):
            draw_shape(image, rng)
        image *= (1.0 + 0.2 * cloud(shape, 40.0, 2.0, rng))[..., None]
        return image

    return paint
