"""Where the camera looks, as seen from the motion."""

from __future__ import annotations

from typing import Literal

import numpy as np

from geoloc_ros.core.types import Float64, UInt8
from geoloc_ros.datasets.curation.angles import difference_deg

Facing = Literal["forward", "sideways", "backward"]
FACINGS: tuple[Facing, ...] = ("forward", "sideways", "backward")


def facing_of(view_deg: Float64, motion_deg: Float64, limit_deg: float) -> UInt8:
    """Number (N,) in `FACINGS` of frames that look and move in these directions.

    Args:
        view_deg: (N,).
        motion_deg: (N,), from the same zero the same way round.
        limit_deg: Up to so far from the motion is forward, up to so far from its back is backward.
    """
    turned_deg = difference_deg(view_deg, motion_deg)
    facing: UInt8 = np.select([turned_deg <= limit_deg, turned_deg >= 180.0 - limit_deg], [0, 2], 1).astype(np.uint8)
    return facing
