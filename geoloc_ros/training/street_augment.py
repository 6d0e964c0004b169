"""A sample of a street as a network is shown it in training: cut, zoomed, mirrored, recoloured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from geoloc_ros.core.classes import NUM_CLASSES, SemanticClass
from geoloc_ros.core.types import Bool, Float32, Int32, UInt8
from geoloc_ros.training.street_geometry import STRIDE
from geoloc_ros.training.street_samples import StreetSample

# What is farther is taught as that far, so that it is not mistaken for near.
_NEAREST_M, _FARTHEST_M = 0.3, 200.0
# How much of what is cut out may lie outside of the image, along an axis.
_OUTSIDE_RATIO = 0.1
_STRETCH = 0.08
_NOISE_CHANCE, _BLUR_CHANCE, _GREY_CHANCE = 0.3, 0.2, 0.05
_GREY_OF_RGB = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True)
class CropSettings:
    """How images are cut."""

    width: int = 384
    height: int = 384
    least_zoom: float = 0.6
    largest_zoom: float = 2.0
    ground_dropout: float = 0.5
    """Chance that nothing is said about the mount, as for photos of strangers."""


@dataclass(frozen=True)
class StreetExample:
    """What the network is shown, and what it should answer, at stride 4 (h, w)."""

    image: Float32
    """(4, H, W), the network's input."""
    classes: Float32
    """(8, h, w), which share of a cell is of a class; sums to less than 1 where something is not labelled."""
    log_range: Float32
    """(h, w); NaN where unknown."""
    boundary: Float32
    """(h, w), 1 where two buildings meet, 0 where they do not, NaN where unknown and beside the ones."""


def make_example(
    sample: StreetSample, knows_buildings: bool, settings: CropSettings, rng: np.random.Generator
) -> StreetExample:
    """Cut a piece out of a sample at random and show it in other light."""
    window, size = _draw_window(sample.label.shape, settings, rng)
    mirrored = rng.random() < 0.5
    image = _recolour(_resized(_with_noise(window.cut(sample.image, 0), rng), size), rng)
    ground = _resized(window.cut(sample.ground, 0.0), size)
    if rng.random() < settings.ground_dropout:
        ground = np.zeros_like(ground)
    layers = (
        np.concatenate([image.astype(np.float32), ground[..., None]], axis=-1).transpose(2, 0, 1),
        class_shares(_nearest(window.cut(sample.label, SemanticClass.UNLABELLED), size)),
        _log_range(_nearest(window.cut(sample.range_m, np.nan), size), int(rng.integers(1, STRIDE - 1))),
    )
    building = _nearest(window.cut(sample.building.astype(np.float32), -1.0), size).astype(np.int32)
    boundary = boundary_target(building) if knows_buildings else _no_boundary(layers[1])
    shown, classes, log_range, boundary = (
        np.ascontiguousarray(layer[..., ::-1] if mirrored else layer) for layer in (*layers, boundary)
    )
    return StreetExample(shown, classes, log_range, boundary)


def class_shares(label: UInt8) -> Float32:
    """Which share of each cell of 4 by 4 pixels (8, h, w) is of each class, of labels (H, W)."""
    cells = (label.shape[1] // STRIDE, label.shape[0] // STRIDE)
    layers = [
        cv2.resize((label == each).astype(np.float32), cells, interpolation=cv2.INTER_AREA)
        for each in range(NUM_CLASSES)
    ]
    return np.stack(layers).astype(np.float32)


def boundary_target(building: Int32) -> Float32:
    """Where in cells of 4 by 4 pixels (h, w) two buildings touch, of building numbers (H, W), -1 for none.

    One cell beside them is NaN: the network need not know it to the pixel.
    """
    touching = np.zeros(building.shape, np.uint8)
    for first, second in (
        ((slice(None), slice(None, -1)), (slice(None), slice(1, None))),
        ((slice(None, -1), slice(None)), (slice(1, None), slice(None))),
    ):
        differ = (building[first] != building[second]) & (building[first] >= 0) & (building[second] >= 0)
        touching[first] |= differ
        touching[second] |= differ
    height, width = (side // STRIDE for side in building.shape)
    here = touching.reshape(height, STRIDE, width, STRIDE).max(axis=(1, 3))
    beside = cv2.dilate(here, np.ones((3, 3), np.uint8)) > here
    return np.where(beside, np.nan, here).astype(np.float32)


def _no_boundary(shares: Float32) -> Float32:
    """Nothing is known inside buildings and where nothing is labelled; elsewhere there is none."""
    is_free: Bool = (shares.sum(axis=0) > 0.99) & (shares[SemanticClass.BUILDING] == 0.0)
    return np.where(is_free, 0.0, np.nan).astype(np.float32)


def _log_range(range_m: Float32, phase: int) -> Float32:
    """Of one of the two pixels along each axis that are nearest to a cell's centre."""
    chosen = range_m[phase::STRIDE, phase::STRIDE]
    with np.errstate(invalid="ignore"):
        known = (chosen > _NEAREST_M) & np.isfinite(chosen)
    return np.where(known, np.log(np.where(known, chosen, 1.0).clip(max=_FARTHEST_M)), np.nan).astype(np.float32)


@dataclass(frozen=True)
class _Window:
    """Part of an image, which may reach over its edges."""

    left: int
    top: int
    width: int
    height: int

    def cut(self, array: NDArray[Any], outside: float) -> NDArray[Any]:
        """The part (height, width, ...), with `outside` where the image has ended."""
        height, width = array.shape[:2]
        top, left = max(0, self.top), max(0, self.left)
        bottom, right = min(height, self.top + self.height), min(width, self.left + self.width)
        part = array[top:bottom, left:right]
        if part.shape[:2] == (self.height, self.width):
            return part
        rows = (top - self.top, self.top + self.height - bottom)
        columns = (left - self.left, self.left + self.width - right)
        return np.pad(part, [rows, columns] + [(0, 0)] * (array.ndim - 2), constant_values=outside)


def _draw_window(
    shape: tuple[int, ...], settings: CropSettings, rng: np.random.Generator
) -> tuple[_Window, tuple[int, int]]:
    """What to cut out, and the size (width, height) that it gets."""
    height, width = shape
    least = (1.0 - _OUTSIDE_RATIO) * max(settings.width / width, settings.height / height)
    least = min(max(settings.least_zoom, least), settings.largest_zoom)
    zoom = np.exp(rng.uniform(np.log(least), np.log(settings.largest_zoom)))
    stretch = np.exp(rng.uniform(-_STRETCH, _STRETCH))
    cut_width = round(min(settings.width / (zoom * stretch), width / (1.0 - _OUTSIDE_RATIO)))
    cut_height = round(min(settings.height * stretch / zoom, height / (1.0 - _OUTSIDE_RATIO)))
    left = round((width - cut_width) * rng.random())
    # Rather about the middle: above and below there is nothing but sky and road.
    top = round((height - cut_height) * rng.beta(2.0, 2.0))
    return _Window(left, top, cut_width, cut_height), (settings.width, settings.height)


def _resized(image: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    is_smaller = size[0] < image.shape[1]
    scaled = cv2.resize(image, size, interpolation=cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR)
    return np.asarray(scaled)


def _nearest(layer: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    return np.asarray(cv2.resize(layer, size, interpolation=cv2.INTER_NEAREST))


def _with_noise(image: UInt8, rng: np.random.Generator) -> UInt8:
    """As of a sensor, before anybody resized its image."""
    if rng.random() >= _NOISE_CHANCE:
        return image
    noise = rng.standard_normal(image.shape, dtype=np.float32) * np.float32(rng.uniform(1.0, 8.0))
    return np.clip(image + noise, 0.0, 255.0).astype(np.uint8)


def _recolour(image: UInt8, rng: np.random.Generator) -> UInt8:
    """Other light, white balance, film and focus."""
    saturation = 0.0 if rng.random() < _GREY_CHANCE else np.exp(rng.normal(0.0, 0.3))
    gains = np.exp(rng.normal(0.0, 0.1, 3))
    mixing = saturation * np.eye(3) + (1.0 - saturation) * _GREY_OF_RGB
    mixed = cv2.transform(image, mixing * gains[:, None])
    curve = 255.0 * (np.arange(256) / 255.0) ** np.exp(rng.normal(0.0, 0.3))
    curve = (curve - 128.0) * np.exp(rng.normal(0.0, 0.2)) + 128.0 + rng.normal(0.0, 15.0)
    lit = cv2.LUT(mixed, np.clip(curve, 0.0, 255.0).astype(np.uint8))
    if rng.random() < _BLUR_CHANCE:
        lit = cv2.GaussianBlur(lit, (0, 0), rng.uniform(0.5, 1.8))
    return np.asarray(lit, np.uint8)
