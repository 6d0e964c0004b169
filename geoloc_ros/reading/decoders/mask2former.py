"""Mask2Former and its like: queries, each of which names a class and masks an image.

Cheng et al., Masked-attention Mask Transformer for Universal Image Segmentation, CVPR 2022.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import Bool, Float32, UInt16
from geoloc_ros.core.view import ReadingKind
from geoloc_ros.reading.class_map import ClassTable
from geoloc_ros.reading.decoders.decoded import Decoded, Shape, best_of_class, class_complaint


class Mask2FormerDecoder:
    """Class scores (Q, C + 1) and mask scores (Q, h, w) of queries; implements `Decoder`."""

    def __init__(self, classes: ClassTable, building_instances: bool, min_score: float) -> None:
        """What is decoded.

        Args:
            classes: Without "no object", which is the last of the network's.
            building_instances: Does a query mean one building? Else none are told apart.
            min_score: From which a query is believed to be one.
        """
        self._classes, self._building_instances, self._min_score = classes, building_instances, min_score

    @property
    def provides(self) -> frozenset[ReadingKind]:
        """As `Decoder.provides`."""
        return frozenset({"labels", "instances"}) if self._building_instances else frozenset({"labels"})

    def complaint(self, shapes: Sequence[Shape]) -> str:
        """As `Decoder.complaint`."""
        classes, masks = shapes
        if len(classes) != 2 or len(masks) != 3 or classes[0] != masks[0]:
            return f"queries are (queries, classes + 1) and (queries, height, width) per image, not {classes}, {masks}"
        return class_complaint(classes[1] - 1, self._classes.count, max(self._classes.meaning()))

    def decode(self, outputs: Sequence[Float32], input_size: tuple[int, int], focal_px: float) -> Decoded:
        """As `Decoder.decode`."""
        certainty, masks = _softmax(outputs[0])[:, :-1], _sigmoid(outputs[1])
        scores = np.tensordot(certainty.T, masks, axes=1)
        table = self._classes.lookup(certainty.shape[1])
        instances = self._instances(certainty, masks, table == SemanticClass.BUILDING)
        return Decoded(scores=best_of_class(scores, table), instances=instances)

    def _instances(self, certainty: Float32, masks: Float32, is_building: Bool) -> UInt16 | None:
        if not self._building_instances:
            return None
        inside = masks > 0.5
        area = np.maximum(np.count_nonzero(inside, axis=(1, 2)), 1)
        certainties = certainty.max(axis=1) * np.sum(masks, axis=(1, 2), where=inside) / area
        chosen = np.flatnonzero(is_building[certainty.argmax(axis=1)] & (certainties >= self._min_score))
        numbers = np.zeros(masks.shape[1:], np.uint16)
        best = np.zeros(masks.shape[1:], np.float32)
        for number, query in enumerate(chosen, start=1):
            score = masks[query] * certainties[query]
            is_better = inside[query] & (score > best)
            numbers[is_better] = number
            best[is_better] = score[is_better]
        return numbers


def _softmax(scores: Float32) -> Float32:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)


def _sigmoid(scores: Float32) -> Float32:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * scores)), dtype=np.float32)
