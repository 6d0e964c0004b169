"""Posters, paintings, signs, books and labels: shapes and marks that belong to one place only."""

from __future__ import annotations

import cv2
import numpy as np

from geoloc_ros.core.types import Float32
from geoloc_ros.sim.textured.paint.materials import Colour, any_colour, as_pixel, cloud, tinted
from geoloc_ros.sim.textured.rectangles import Painter

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789&+"
_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)


def word(rng: np.random.Generator, least: int = 3, most: int = 8) -> str:
    """Letters that mean nothing."""
    return "".join(rng.choice(list(_LETTERS), int(rng.integers(least, most + 1))))


def write(
    image: Float32, text: str, box_px: tuple[int, int, int, int], colour: Colour, rng: np.random.Generator
) -> None:
    """Write in place, as large as fits into left, top, width, height."""
    left, top, width, height = box_px
    if width < 4 or height < 4:
        return
    font = int(rng.choice(_FONTS))
    (wide, high), below = cv2.getTextSize(text, font, 1.0, 1)
    scale = min(width / max(wide, 1), height / max(high + below, 1))
    thick = max(1, int(scale * rng.uniform(1.0, 4.0)))
    # OpenCV writes on bytes only.
    ink = np.zeros(image.shape[:2], np.uint8)
    cv2.putText(ink, text, (left, top + int(scale * high)), font, scale, 255, thick, cv2.LINE_AA)
    cover = ink[..., None] / np.float32(255.0)
    image += cover * (as_pixel(colour) - image)


def poster(seed: int, num_shapes: int = 7, frame: Colour | None = None) -> Painter:
    """A print: a ground that fades, shapes of many kinds, some lines of letters; with a frame if it has a colour."""

    def paint(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
        rng = np.random.default_rng([seed, 11])
        first, second = any_colour(rng), any_colour(rng)
        fade = np.linspace(0.0, 1.0, shape[0], dtype=np.float32)[:, None, None]
        image = np.ascontiguousarray(
            np.broadcast_to(as_pixel(first) * (1.0 - fade) + as_pixel(second) * fade, (*shape, 3)), np.float32
        )
        image *= (1.0 + 0.2 * cloud(shape, 0.4 * max(shape), 4.0, rng))[..., None]
        for _ in range(num_shapes):
            draw_shape(image, rng)
        for _ in range(int(rng.integers(1, 4))):
            high = int(rng.uniform(0.06, 0.2) * shape[0])
            at = int(rng.uniform(0.05, 0.3) * shape[1]), int(rng.uniform(0.05, 0.8) * shape[0])
            bright = (0.7, 0.95) if image.mean() < 0.35 else (0.02, 0.1)
            write(image, word(rng), (*at, int(0.65 * shape[1]), high), any_colour(rng, bright, 0.3), rng)
        if frame is not None:
            edge = max(2, int(0.05 * min(shape)))
            cv2.rectangle(image, (0, 0), (shape[1] - 1, shape[0] - 1), frame, 2 * edge)
        return image

    return paint


def draw_shape(image: Float32, rng: np.random.Generator) -> None:
    """A disc, ring, bar, polygon or bunch of lines somewhere, in place."""
    height, width = image.shape[:2]
    centre = int(rng.uniform(0.1, 0.9) * width), int(rng.uniform(0.1, 0.9) * height)
    size = rng.uniform(0.06, 0.3) * min(height, width)
    colour = any_colour(rng, (0.05, 0.85), 0.9)
    kind = int(rng.integers(0, 5))
    if kind == 0:
        cv2.circle(image, centre, int(size), colour, -1, cv2.LINE_AA)
    elif kind == 1:
        cv2.circle(image, centre, int(size), colour, max(2, int(0.25 * size)), cv2.LINE_AA)
    elif kind == 2:
        corners = cv2.boxPoints((centre, (2.5 * size, 0.8 * size), float(rng.uniform(0, 180))))
        cv2.fillPoly(image, [corners.round().astype(np.int32)], colour, cv2.LINE_AA)
    elif kind == 3:
        turn = np.sort(rng.uniform(0.0, 2.0 * np.pi, int(rng.integers(3, 8))))
        reach = size * rng.uniform(0.6, 1.4, len(turn))
        points = np.stack([centre[0] + reach * np.cos(turn), centre[1] + reach * np.sin(turn)], axis=1)
        cv2.fillPoly(image, [points.round().astype(np.int32)], colour, cv2.LINE_AA)
    else:
        for shift in np.linspace(-size, size, 5):
            start = int(centre[0] - size), int(centre[1] + shift)
            end = int(centre[0] + size), int(centre[1] + shift + 0.4 * size)
            cv2.line(image, start, end, colour, max(1, int(0.12 * size)), cv2.LINE_AA)


def sign(seed: int, text: str = "") -> Painter:
    """A board with letters from end to end."""

    def paint(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
        rng = np.random.default_rng([seed, 12])
        is_dark = rng.random() < 0.5
        ground = any_colour(rng, (0.03, 0.2) if is_dark else (0.5, 0.85), 0.9)
        ink = any_colour(rng, (0.6, 0.9) if is_dark else (0.02, 0.15), 0.6)
        image = tinted(ground, 1.0 + 0.08 * cloud(shape, 0.5 * max(shape), 4.0, rng))
        inset = int(0.12 * shape[0])
        badge = shape[0] - 2 * inset
        if shape[1] > 3 * shape[0]:
            cv2.circle(image, (inset + badge // 2, shape[0] // 2), badge // 2, any_colour(rng), -1, cv2.LINE_AA)
        else:
            badge = 0
        box = 2 * inset + badge, inset, shape[1] - 3 * inset - badge, badge or shape[0] - 2 * inset
        write(image, text or word(rng, 4, 9), box, ink, rng)
        cv2.rectangle(image, (0, 0), (shape[1] - 1, shape[0] - 1), ink, max(1, inset // 3))
        return image

    return paint


def book_row(seed: int) -> Painter:
    """Backs of books side by side, of different widths, heights and titles, dark between and above."""

    def paint(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
        rng = np.random.default_rng([seed, 13])
        image = np.full((*shape, 3), 0.03, np.float32)
        per_m, left = shape[1] / size_m[0], 0
        while left < shape[1] - 2:
            width = int(rng.uniform(0.018, 0.055) * per_m) + 1
            top = int(rng.uniform(0.05, 0.35) * shape[0])
            if rng.random() < 0.93:
                _book(image[top:, left : left + width], rng)
            left += width + int(rng.random() < 0.1) * 3
        return image

    return paint


def _book(part: Float32, rng: np.random.Generator) -> None:
    part[:] = any_colour(rng, (0.08, 0.7), 0.9)
    band = any_colour(rng, (0.3, 0.9), 0.5)
    for _ in range(int(rng.integers(0, 4))):
        at = int(rng.uniform(0.0, 0.95) * len(part))
        part[at : at + max(1, int(rng.uniform(0.01, 0.06) * len(part)))] = band
    first, last = int(rng.uniform(0.1, 0.4) * len(part)), int(rng.uniform(0.5, 0.9) * len(part))
    inset = part.shape[1] // 3
    if inset:
        part[first:last:3, inset:-inset] = band
    part[:, :1] *= 0.4


def labelled(colour: Colour, seed: int) -> Painter:
    """Cardboard or a case with a label, tape and marks."""

    def paint(shape: tuple[int, int], size_m: tuple[float, float]) -> Float32:
        rng = np.random.default_rng([seed, 14, shape[0], shape[1]])
        image = tinted(colour, 1.0 + 0.1 * cloud(shape, 0.5 * max(shape), 3.0, rng))
        height, width = shape
        tape = int(rng.uniform(0.4, 0.6) * width)
        image[:, tape : tape + max(2, width // 12)] *= np.float32(rng.uniform(0.55, 0.8))
        x, y = int(rng.uniform(0.05, 0.5) * width), int(rng.uniform(0.05, 0.6) * height)
        wide, high = int(rng.uniform(0.25, 0.45) * width), int(rng.uniform(0.15, 0.35) * height)
        cv2.rectangle(image, (x, y), (x + wide, y + high), any_colour(rng, (0.4, 0.9), 0.5), -1)
        write(image, word(rng, 2, 5), (x + 2, y + 2, wide - 4, high - 4), (0.05, 0.05, 0.05), rng)
        for _ in range(int(rng.integers(1, 4))):
            draw_shape(image, rng)
        return image

    return paint
