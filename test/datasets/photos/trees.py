"""Small files in the forms of published data sets."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np


def put_image(path: Path, grey: int = 128) -> Path:
    """A real image of 8 x 6 pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # In memory first: OpenCV does not write names whose suffix follows a sign.
    _, data = cv2.imencode(path.suffix or ".jpg", np.full((6, 8, 3), grey, np.uint8))
    path.write_bytes(np.asarray(data, np.uint8).tobytes())
    return path


def touch(*paths: Path) -> None:
    """Empty files: what a loader must not open."""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def put_text(path: Path, text: str) -> Path:
    """A text file with the folders it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
