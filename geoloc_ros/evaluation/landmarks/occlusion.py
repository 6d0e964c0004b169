"""Images that something hides a part of."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import UInt8

SIDE_PERCENT = (10, 20, 30, 40, 50, 60, 70)
"""Of the image's height and width: 1, 4, 9, 16, 25, 36 and 49 % of its pixels (VS-Net, §4.3)."""


def add_noise_block(image: UInt8, side_ratio: float, rng: np.random.Generator) -> UInt8:
    """A copy of an image (H, W, 3) with noise, 0 to 255 in each channel, in a block placed at random inside of it.

    Args:
        image: Of any size.
        side_ratio: Height and width of the block, of the image's; 0 to 1.
        rng: Draws the place and the noise.
    """
    height, width = image.shape[:2]
    tall, wide = round(side_ratio * height), round(side_ratio * width)
    top, left = int(rng.integers(0, height - tall + 1)), int(rng.integers(0, width - wide + 1))
    hidden = image.copy()
    hidden[top : top + tall, left : left + wide] = rng.integers(0, 256, (tall, wide, 3), dtype=np.uint8)
    return hidden
