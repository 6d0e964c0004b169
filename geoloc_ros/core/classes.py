"""The semantic classes of every label image, whoever made it."""

from enum import IntEnum


class SemanticClass(IntEnum):
    """Pixel values of a label image (mono8)."""

    OTHER = 0
    BUILDING = 1
    VEGETATION = 2
    ROAD = 3
    PAVEMENT = 4
    SKY = 5
    VEHICLE = 6
    PERSON = 7
    UNLABELLED = 255


NUM_CLASSES = len(SemanticClass) - 1
"""UNLABELLED is no answer."""
