"""Depth: metres, or one over them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoloc_ros.core.types import Float32
from geoloc_ros.core.view import ReadingKind
from geoloc_ros.reading.decoders.decoded import Decoded, Shape


class DepthDecoder:
    """Values (h, w) or (1, h, w); implements `Decoder`.

    A network that learnt metres from images of one focal length measures how large things look: it takes an image of
    another focal length for one that was taken closer or farther away, by the ratio of both (Yin et al., Metric3D,
    ICCV 2023, section 3.1). That ratio is undone where the focal length it learnt from is known.
    """

    provides: frozenset[ReadingKind] = frozenset({"depth"})

    def __init__(self, trained_focal_px: float, inverse: tuple[float, float] | None = None) -> None:
        """What is decoded.

        Args:
            trained_focal_px: 0 where depths are to be taken as they are.
            inverse: Scale and shift that make 1/depth in 1/m of a value; None where values are metres.
        """
        self._trained_focal_px, self._inverse = trained_focal_px, inverse

    def complaint(self, shapes: Sequence[Shape]) -> str:
        """As `Decoder.complaint`."""
        (shape,) = shapes
        if len(shape) == 2 or (len(shape) == 3 and shape[0] == 1):
            return ""
        return f"depth is (height, width) per image, not {shape}"

    def decode(self, outputs: Sequence[Float32], input_size: tuple[int, int], focal_px: float) -> Decoded:
        """As `Decoder.decode`."""
        values = outputs[0].reshape(outputs[0].shape[-2:])
        with np.errstate(divide="ignore"):
            depth_m = values if self._inverse is None else 1.0 / (self._inverse[0] * values + self._inverse[1])
        factor = focal_px / self._trained_focal_px if self._trained_focal_px else 1.0
        is_known = np.isfinite(depth_m) & (depth_m > 0.0)
        return Decoded(depth_m=np.where(is_known, depth_m * factor, np.nan).astype(np.float32))
