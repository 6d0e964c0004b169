"""What any decoder makes of the outputs of a network, and what a decoder is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from geoloc_ros.core.classes import NUM_CLASSES
from geoloc_ros.core.types import Float32, UInt8, UInt16
from geoloc_ros.core.view import ReadingKind

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Decoded:
    """What one input shows, in images of any size that each cover it; None is what the network does not tell."""

    scores: Float32 | None = None
    """(8, h, w), of our classes; the highest one counts."""
    labels: UInt8 | None = None
    """(h, w) of core.classes, where there are no scores."""
    instances: UInt16 | None = None
    """(h, w), which building; 0 where there is none or it is unknown."""
    depth_m: Float32 | None = None
    """(h, w), along the optical axis; NaN where unknown."""


class Decoder(Protocol):
    """Turns the outputs of a network into what they mean."""

    @property
    def provides(self) -> frozenset[ReadingKind]:
        """What it tells."""

    def complaint(self, shapes: Sequence[Shape]) -> str:
        """What is wrong with outputs of these shapes (of one item, without N); empty where they can be decoded."""

    def decode(self, outputs: Sequence[Float32], input_size: tuple[int, int], focal_px: float) -> Decoded:
        """What one item shows.

        Args:
            outputs: Of one item, without N.
            input_size: Height and width of the input.
            focal_px: Of the image that the network got.
        """


def best_of_class(scores: Float32, table: UInt8) -> Float32:
    """Scores (8, h, w) of our classes from those (C, h, w) of theirs: each the highest that means it.

    The highest score stays the highest, so that choosing a class before or after this is the same. Classes of ours
    that they do not have get minus infinity.

    Args:
        table: (C,) our class of each of theirs.
    """
    ours = np.full((NUM_CLASSES, *scores.shape[1:]), -np.inf, np.float32)
    for theirs, number in zip(scores, table, strict=True):
        np.maximum(ours[number], theirs, out=ours[number])
    return ours


def class_complaint(num_classes: int, expected: int, listed: int) -> str:
    """What is wrong with a network of `num_classes` classes; empty where the map of classes can be applied.

    Args:
        expected: How many the map says there are; 0 where it says nothing.
        listed: The largest id that the map lists.
    """
    if expected and num_classes != expected:
        return f"it tells {num_classes} classes apart and 'output.classes' has {expected}"
    if num_classes <= listed:
        return f"it tells {num_classes} classes apart and 'output.classes' lists id {listed}"
    return ""
