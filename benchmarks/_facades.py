"""Small photos of made-up streets, by the ten thousand: for what depends on how many there are, not on what they show.

A place is a row of four houses out of a vocabulary of a hundred; the more places there are, the more of them share
houses. A photo shows it from a step aside, from nearer or farther, in other light, with a car before it, or at night
with some windows lit.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from geoloc_ros.core.photos import PhotoCollection, PhotoSet, photo_set
from geoloc_ros.core.types import UInt8

HEIGHT, WIDTH = 48, 64
SPACING_M = 60.0
_NIGHTS = 0.15
_VOCABULARY = 100
_WORLD = 7
# A house is drawn at this size, then four of them make a scene that photos are parts of.
_HOUSE_HEIGHT, _HOUSE_WIDTH = 64, 28


def facade_collection(folder: Path, num_places: int, seed: int) -> PhotoCollection:
    """Three photos of each place, 60 m apart: two of the database, one query. None in `folder` is drawn again."""
    rng = np.random.default_rng((seed, num_places))
    folder.mkdir(parents=True, exist_ok=True)
    there = {path.name for path in folder.iterdir()}
    houses = _houses()
    rows: list[tuple[str, float, bool]] = []
    for place in range(num_places):
        chosen = houses[rng.integers(0, _VOCABULARY, 4)]
        for photo in range(3):
            name, is_night = f"{place:06d}_{photo}.jpg", bool(rng.random() < _NIGHTS)
            if name not in there:
                image = _photo(np.concatenate(chosen, axis=1), is_night, np.random.default_rng((seed, place, photo)))
                cv2.imwrite(str(folder / name), image[:, :, ::-1])
            rows.append((name, place * SPACING_M + rng.uniform(-3.0, 3.0), is_night))
    return PhotoCollection(_as_set(folder, rows, (0, 1)), _as_set(folder, rows, (2,)), ())


def _as_set(folder: Path, rows: list[tuple[str, float, bool]], photos: tuple[int, ...]) -> PhotoSet:
    chosen = [row for number, row in enumerate(rows) if number % 3 in photos]
    position_m = np.array([(east_m, 0.0) for _, east_m, _ in chosen])
    return photo_set(
        "made-up streets", folder, tuple(name for name, _, _ in chosen), position_m, yaw_rad=np.zeros(len(chosen)),
        condition=tuple("night" if is_night else "day" for _, _, is_night in chosen),
    )


def _houses() -> UInt8:
    """(vocabulary, height, width, 3); the same for all collections. Windows are of one bluish grey."""
    rng = np.random.default_rng(_WORLD)
    houses = np.empty((_VOCABULARY, _HOUSE_HEIGHT, _HOUSE_WIDTH, 3), np.uint8)
    for house in houses:
        house[:] = (170, 200, 230)  # sky
        roof = int(rng.integers(4, 26))
        house[roof:] = rng.integers(70, 220, 3)
        house[roof : roof + 3] = rng.integers(40, 140, 3)
        floors, columns = int(rng.integers(2, 6)), int(rng.integers(2, 5))
        height, width = (_HOUSE_HEIGHT - roof - 12) / floors, _HOUSE_WIDTH / columns
        for top in roof + 5 + height * np.arange(floors):
            for left in width * (np.arange(columns) + 0.2):
                house[int(top) : int(top + 0.6 * height), int(left) : int(left + 0.6 * width)] = (70, 80, 100)
        house[-7:] = (90, 90, 90)  # road
    return houses


def _photo(scene: UInt8, is_night: bool, rng: np.random.Generator) -> UInt8:
    scale = rng.uniform(0.85, 1.0)
    height, width = scale * scene.shape[0], scale * scene.shape[1] * 0.9
    top = scene.shape[0] - height
    left = rng.uniform(0.0, scene.shape[1] - width)
    part = scene[int(top) :, int(left) : int(left + width)].astype(np.float32)
    image = cv2.resize(part, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    if is_night:
        is_window = np.abs(image - (70, 80, 100)).sum(axis=2) < 40
        lit = cv2.resize(rng.random((6, 8)), (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST) < 0.4
        image *= 0.3
        image[is_window & lit] = (230, 200, 120)
    image *= rng.uniform(0.6, 1.2) * rng.uniform(0.92, 1.08, 3)
    car = int(rng.integers(10, 24))
    begin = int(rng.integers(0, WIDTH - car))
    image[-12:-3, begin : begin + car] = rng.integers(20, 240, 3)
    return np.asarray(np.clip(image + rng.normal(0.0, 8.0, image.shape), 0.0, 255.0), np.uint8)
