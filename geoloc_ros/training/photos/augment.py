"""Photos as another camera at another hour might have taken them: a part of it, mirrored, in other colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from geoloc_ros.core.types import Float64, UInt8

_GREY = np.array([0.299, 0.587, 0.114])
_WHITE = np.ones(3)
_ASPECTS = (3.0 / 4.0, 4.0 / 3.0)


@dataclass(frozen=True)
class Augmentation:
    """How far photos are changed (S2, tip 5)."""

    brightness: float = 0.3
    """Factors are drawn from 1 ± this; so are those of contrast and saturation."""
    contrast: float = 0.3
    saturation: float = 0.3
    hue_turns: float = 0.03
    """Drawn from 0 ± this; a whole turn comes back to the same colour."""
    smallest_crop: float = 0.7
    """Share of the photo's area that is left at least."""
    mirrors: bool = True
    """All photos of an example are mirrored, or none: a street and its mirror image are two places."""


@dataclass(frozen=True)
class Change:
    """What is done to one photo."""

    left: float = 0.0
    """Of the part that is left, over the width; top over the height."""
    top: float = 0.0
    width: float = 1.0
    """Of the part over that of the photo."""
    height: float = 1.0
    is_mirrored: bool = False
    brightness: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0
    hue_turns: float = 0.0


def draw_change(augmentation: Augmentation, is_mirrored: bool, rng: np.random.Generator) -> Change:
    """A change of one photo."""
    area = rng.uniform(augmentation.smallest_crop, 1.0)
    aspect = np.exp(rng.uniform(*np.log(_ASPECTS)))
    width, height = min(1.0, np.sqrt(area * aspect)), min(1.0, np.sqrt(area / aspect))
    left, top = rng.uniform(0.0, 1.0 - width), rng.uniform(0.0, 1.0 - height)
    spread = (augmentation.brightness, augmentation.contrast, augmentation.saturation, augmentation.hue_turns)
    brightness, contrast, saturation, hue = (float(value) for value in rng.uniform(-1.0, 1.0, 4) * spread)
    return Change(
        float(left), float(top), float(width), float(height), is_mirrored, 1.0 + brightness, 1.0 + contrast,
        1.0 + saturation, hue,
    )  # fmt: skip


def draw_mirrored(augmentation: Augmentation, rng: np.random.Generator) -> bool:
    """Whether the photos of an example are mirrored."""
    return bool(rng.random() < 0.5) and augmentation.mirrors


def change_photo(image: UInt8, change: Change) -> UInt8:
    """A photo (h, w, 3) of the same size."""
    return np.asarray(cv2.transform(_warp(image, change, cv2.INTER_LINEAR), _colours(image, change)), np.uint8)


def change_labels(labels: UInt8, change: Change) -> UInt8:
    """Classes (h, w) of what `change_photo` makes of their photo."""
    return np.asarray(_warp(labels, change, cv2.INTER_NEAREST), np.uint8)


def _warp(image: UInt8, change: Change, interpolation: int) -> Any:
    """The part, stretched over all of the image. Pixel centres are at halves."""
    height, width = image.shape[:2]
    side = -1.0 if change.is_mirrored else 1.0
    begin = change.left + change.width if change.is_mirrored else change.left
    across = side * change.width
    source_from_result = np.array(
        [
            [across, 0.0, begin * width + 0.5 * across - 0.5],
            [0.0, change.height, change.top * height + 0.5 * change.height - 0.5],
        ]
    )
    flags = interpolation | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(image, source_from_result, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)


def _colours(image: UInt8, change: Change) -> Float64:
    """(3, 4), from red, green, blue, 1: all four changes are affine, and each leaves grey grey."""
    mean = change.brightness * float(np.array(cv2.mean(image)[:3]) @ _GREY)
    towards_grey = change.saturation * np.eye(3) + (1.0 - change.saturation) * np.outer(_WHITE, _GREY)
    linear = change.brightness * change.contrast * _turn_of_hues(change.hue_turns) @ towards_grey
    return np.column_stack([linear, np.full(3, (1.0 - change.contrast) * mean)])


def _turn_of_hues(turns: float) -> Float64:
    """Rotation about the grey axis (Rodrigues)."""
    angle, share = 2.0 * np.pi * turns, 1.0 / np.sqrt(3.0)
    cross = share * np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross)
