"""What networks of photos are told; training and the robot make it here, so that both see the same."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import Float32, UInt8


def resize_photo(image: UInt8, height: int, width: int) -> UInt8:
    """An image (height, width, 3) of what an image (H, W, 3) shows, stretched where the shapes differ.

    A direction in which it shrinks is averaged by area, so that nothing of the photo is left out; one in which it
    grows is interpolated linearly.

    Raises:
        ObservationError: If it is no colour image.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ObservationError(f"a photo is {image.dtype} {image.shape}; wanted is uint8 (H, W, 3), red first")
    if image.shape[:2] == (height, width):
        return image
    # Apart, as OpenCV averages only what shrinks in both directions.
    small = (min(width, image.shape[1]), min(height, image.shape[0]))
    if small != (image.shape[1], image.shape[0]):
        image = np.asarray(cv2.resize(image, small, interpolation=cv2.INTER_AREA), np.uint8)
    if small != (width, height):
        image = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    return image


def network_input(images: UInt8) -> Float32:
    """Inputs (N, 3, h, w) from 0 to 1 of resized images (N, h, w, 3)."""
    planes = np.empty((len(images), 3, *images.shape[1:3]), np.float32)
    np.multiply(images.transpose(0, 3, 1, 2), np.float32(1.0 / 255.0), out=planes)
    return planes


def photo_batch(images: Sequence[UInt8], height: int, width: int) -> Float32:
    """Inputs (N, 3, height, width) from 0 to 1 of images (H, W, 3) of any sizes.

    Raises:
        ObservationError: If one of them is no colour image.
    """
    resized = np.empty((len(images), height, width, 3), np.uint8)
    for row, image in enumerate(images):
        resized[row] = resize_photo(image, height, width)
    return network_input(resized)
