"""Photos of files, as arrays."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.types import UInt8


def read_photo(path: Path) -> UInt8:
    """A photo (H, W, 3), red first, upright as its EXIF says.

    Raises:
        DatasetError: If there is none, or it is broken.
    """
    try:
        coded = np.fromfile(path, np.uint8)
    except OSError as error:
        raise DatasetError(f"cannot read photo '{path}': {error.strerror}") from error
    try:
        pixels = cv2.imdecode(coded, cv2.IMREAD_COLOR) if len(coded) else None
    except cv2.error as error:  # it claims to be larger than any image
        raise DatasetError(f"photo '{path}' cannot be decoded: {error.err}") from error
    if pixels is None:
        raise DatasetError(f"photo '{path}' is broken, or no image that OpenCV knows ({len(coded)} bytes)")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
