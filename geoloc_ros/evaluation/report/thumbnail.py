"""Images small enough to be carried along by a page."""

from __future__ import annotations

import cv2
import numpy as np

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import UInt8

MAX_WIDTH = 512
MAX_LABEL_WIDTH = 256
QUALITY = 62


def thumbnail_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the thumbnail of an image, at most MAX_WIDTH wide."""
    small = min(width, MAX_WIDTH)
    return small, max(1, round(height * small / width))


def make_thumbnail(rgb: UInt8) -> bytes:
    """JPEG of an image (H, W, 3), red first, in its thumbnail size."""
    size = thumbnail_size(rgb.shape[1], rgb.shape[0])
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return np.asarray(jpeg, np.uint8).tobytes()


def make_label_thumbnail(labels: UInt8) -> bytes:
    """PNG of the colours of a label image (H, W), at most MAX_LABEL_WIDTH wide; no colour is mixed of others."""
    height, width = labels.shape
    small = min(width, MAX_LABEL_WIDTH)
    size = (small, max(1, round(height * small / width)))
    colours = label_colours(np.asarray(cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST), np.uint8))
    _, png = cv2.imencode(".png", cv2.cvtColor(colours, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    return np.asarray(png, np.uint8).tobytes()


_CLASS_COLOURS = {
    SemanticClass.BUILDING: (170, 150, 130), SemanticClass.VEGETATION: (90, 140, 70), SemanticClass.ROAD: (90, 90, 95),
    SemanticClass.PAVEMENT: (160, 160, 165), SemanticClass.SKY: (150, 190, 230), SemanticClass.VEHICLE: (60, 80, 150),
    SemanticClass.PERSON: (190, 60, 70), SemanticClass.OTHER: (60, 60, 60),
}


def label_colours(labels: UInt8) -> UInt8:
    """RGB (H, W, 3) of a label image (H, W)."""
    palette = np.zeros((256, 3), np.uint8)
    for number, colour in _CLASS_COLOURS.items():
        palette[number] = colour
    return palette[labels]
