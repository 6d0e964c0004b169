"""Mask R-CNN and its like: boxes with a class, a score and a mask, the best first.

He et al., Mask R-CNN, ICCV 2017.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import Bool, Float32, Int64, UInt16
from geoloc_ros.core.view import ReadingKind
from geoloc_ros.reading.class_map import MOST_CLASSES, ClassTable
from geoloc_ros.reading.decoders.decoded import Decoded, Shape

_INSIDE = 0.5


class DetectionDecoder:
    """Boxes (K, 4), class ids (K,), scores (K,) and masks (K, m, m) or (K, H, W); implements `Decoder`.

    Places of which there is no detection have score 0.
    """

    provides: frozenset[ReadingKind] = frozenset({"instances"})

    def __init__(self, classes: ClassTable, min_score: float) -> None:
        self._is_building = classes.lookup(MOST_CLASSES) == SemanticClass.BUILDING
        self._min_score = min_score

    def complaint(self, shapes: Sequence[Shape]) -> str:
        """As `Decoder.complaint`."""
        boxes, labels, scores, masks = shapes
        places = boxes[:1]
        if len(boxes) != 2 or boxes[1] != 4 or labels != places or scores != places:
            return f"boxes, labels and scores are (K, 4), (K,) and (K,) per image, not {boxes}, {labels} and {scores}"
        if len(masks) not in (3, 4) or masks[:1] != places or (len(masks) == 4 and masks[1] != 1):
            return f"masks are (K, height, width) per image, not {masks}"
        return ""

    def decode(self, outputs: Sequence[Float32], input_size: tuple[int, int], focal_px: float) -> Decoded:
        """As `Decoder.decode`."""
        boxes, labels, scores, masks = outputs
        masks = masks.reshape(len(masks), *masks.shape[-2:])
        # Half precision may overflow; a place with numbers that are none shows nothing.
        is_place = np.isfinite(labels) & np.isfinite(boxes).all(axis=1) & (scores >= self._min_score)
        ids = np.clip(np.where(is_place, labels, 0.0), 0, MOST_CLASSES - 1).astype(np.intp)
        chosen = np.flatnonzero(is_place & self._is_building[ids])
        # The surest is painted last, over the others.
        painted = np.zeros(input_size, np.uint16)
        for number, place in enumerate(chosen[np.argsort(scores[chosen], kind="stable")], start=1):
            if masks.shape[1:] == input_size:
                painted[masks[place] >= _INSIDE] = number
            else:
                _paint_box(painted, boxes[place], masks[place], number)
        return Decoded(instances=painted)


def _paint_box(image: UInt16, box: Float32, mask: Float32, number: int) -> None:
    """Set the pixels whose centres lie in `box` (x0, y0, x1, y1) and in the mask (m, m) that is stretched over it."""
    height, width = image.shape
    x0, y0, x1, y1 = (float(edge) for edge in box)
    columns, rows = _covered(x0, x1, width), _covered(y0, y1, height)
    if len(columns) == 0 or len(rows) == 0:
        return
    u = ((columns + 0.5 - x0) / (x1 - x0) * mask.shape[1] - 0.5).astype(np.float32)
    v = ((rows + 0.5 - y0) / (y1 - y0) * mask.shape[0] - 0.5).astype(np.float32)
    map_u, map_v = np.meshgrid(u, v)
    stretched = cv2.remap(mask, map_u, map_v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside: Bool = stretched >= _INSIDE
    image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1][inside] = number


def _covered(low: float, high: float, size: int) -> Int64:
    """Pixels whose centres lie between two edges."""
    return np.arange(max(0, int(np.ceil(low - 0.5))), min(size, int(np.ceil(high - 0.5))))
