"""Images small enough to be carried along by a page."""

from __future__ import annotations

import cv2
import numpy as np

from geoloc_ros.core.types import UInt8

MAX_WIDTH = 512
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
