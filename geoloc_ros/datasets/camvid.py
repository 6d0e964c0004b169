"""What CamVid calls things (Brostow, Fauqueur, Cipolla 2008), in the usual form of eleven classes."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import UInt8

_OUR_CLASS = np.full(256, SemanticClass.UNLABELLED, np.uint8)
_OUR_CLASS[:11] = (
    SemanticClass.SKY, SemanticClass.BUILDING, SemanticClass.OTHER, SemanticClass.ROAD, SemanticClass.PAVEMENT,
    SemanticClass.VEGETATION, SemanticClass.OTHER, SemanticClass.OTHER, SemanticClass.VEHICLE, SemanticClass.PERSON,
    SemanticClass.PERSON,
)  # fmt: skip


def classes_of_camvid(labels: UInt8) -> UInt8:
    """Our classes of CamVid's eleven: 0 sky, 1 building, 2 pole, 3 road, 4 pavement, 5 tree, 6 sign, 7 fence, 8 car,
    9 pedestrian, 10 bicyclist; anything else is unlabelled.
    """
    return np.asarray(_OUR_CLASS[labels], np.uint8)
