"""Semantic segmentation: scores of classes, or the ids of the best ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import Float32
from geoloc_ros.core.view import ReadingKind
from geoloc_ros.reading.class_map import MOST_CLASSES, ClassTable
from geoloc_ros.reading.decoders.decoded import Decoded, Shape, best_of_class, class_complaint


class LogitsDecoder:
    """Scores (C, h, w); implements `Decoder`."""

    provides: frozenset[ReadingKind] = frozenset({"labels"})

    def __init__(self, classes: ClassTable) -> None:
        self._classes = classes

    def complaint(self, shapes: Sequence[Shape]) -> str:
        """As `Decoder.complaint`."""
        (shape,) = shapes
        if len(shape) != 3:
            return f"class scores are (classes, height, width) per image, not {shape}"
        return class_complaint(shape[0], self._classes.count, max(self._classes.meaning()))

    def decode(self, outputs: Sequence[Float32], input_size: tuple[int, int], focal_px: float) -> Decoded:
        """As `Decoder.decode`."""
        (scores,) = outputs
        return Decoded(scores=best_of_class(scores, self._classes.lookup(len(scores))))


class ClassIdsDecoder:
    """Ids (h, w) or (1, h, w) of classes, as float32; implements `Decoder`. Ids beyond the map's mean nothing to us."""

    provides: frozenset[ReadingKind] = frozenset({"labels"})

    def __init__(self, classes: ClassTable) -> None:
        self._table = classes.lookup(MOST_CLASSES)

    def complaint(self, shapes: Sequence[Shape]) -> str:
        """As `Decoder.complaint`."""
        (shape,) = shapes
        if len(shape) == 2 or (len(shape) == 3 and shape[0] == 1):
            return ""
        return f"class ids are (height, width) per image, not {shape}; scores of classes are 'kind: logits'"

    def decode(self, outputs: Sequence[Float32], input_size: tuple[int, int], focal_px: float) -> Decoded:
        """As `Decoder.decode`."""
        (ids,) = outputs
        known = (ids >= 0.0) & (ids < MOST_CLASSES)
        numbers = np.where(known, ids, 0.0).astype(np.intp)
        labels = np.where(known, self._table[numbers], np.uint8(SemanticClass.UNLABELLED))
        return Decoded(labels=labels.reshape(ids.shape[-2:]))
