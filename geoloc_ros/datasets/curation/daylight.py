"""Day or night, by the colours of photos and of the sky in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from geoloc_ros.core.types import Bool, UInt8

SkyFinder = Callable[[UInt8], Bool]
"""Where (H, W) an image (H, W, 3), red first, shows the sky."""

_FRAMES = 5
"""Of a sequence, evenly chosen."""
_WIDTH = 256
_LEAST_SKY = 0.01
"""Share of the pixels from which on the sky has a say."""
_DARK_SKY, _DARK_IMAGE = 70.0, 55.0
"""Mean values (0 to 255) of a sky and of a whole image that are night whatever their hue."""
_DIM_SKY = 120.0
"""Mean value of a sky that is night if lamps light it."""
_WARM_HUE = (5, 27)
"""Of lamps: hues from red to yellow, in steps of 2 degrees."""
_LEAST_SATURATION = 50
_WARM_SHARE = 0.5


class DaylightJudge:
    """Looks at the images of sequences in a folder."""

    def __init__(self, folder: Path, find_sky: SkyFinder) -> None:
        self._folder, self._find_sky = folder, find_sky

    def of_sequence(self, texts: tuple[tuple[str, str], ...]) -> str:
        """Day or night by most of some frames, "" where none of them has an image.

        Args:
            texts: Id and file of each frame.
        """
        chosen = np.unique(np.linspace(0, len(texts) - 1, min(_FRAMES, len(texts))).round().astype(int))
        votes = [self._is_night(*texts[row]) for row in chosen.tolist()]
        known = [vote for vote in votes if vote is not None]
        if not known:
            return ""
        return "night" if 2 * sum(known) > len(known) else "day"

    def _is_night(self, frame: str, file: str) -> bool | None:
        path = image_file(self._folder, frame, file)
        if path is None:
            return None
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None:
            return None
        height = max(1, round(image.shape[0] * _WIDTH / image.shape[1]))
        small = np.asarray(cv2.resize(image, (_WIDTH, height), interpolation=cv2.INTER_AREA)[..., ::-1], np.uint8)
        return is_night(small, self._find_sky(small))


def image_file(folder: Path, frame: str, file: str) -> Path | None:
    """The image of a frame: what the table calls its file, or its id with an ending of images."""
    names = [file] if file else [f"{frame}{suffix}" for suffix in ("", ".jpg", ".jpeg", ".png")]
    for name in names:
        path = folder / name
        # A table may name what lies outside of the folder.
        if path.is_file() and folder.resolve() in path.resolve().parents:
            return path
    return None


def is_night(image: UInt8, sky: Bool) -> bool:
    """Was it night?

    At night the sky is dark, or it is dim and has the hue of lamps; where no sky is seen, the image is dark, or dim and
    of that hue.

    Args:
        image: (H, W, 3), red first.
        sky: (H, W), where it shows the sky.
    """
    hue, saturation, value = np.moveaxis(np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2HSV), np.float64), -1, 0)
    has_sky = sky.mean() >= _LEAST_SKY
    region = sky if has_sky else np.ones(sky.shape, bool)
    dark = _DARK_SKY if has_sky else _DARK_IMAGE
    mean_value = value[region].mean()
    is_warm = (hue >= _WARM_HUE[0]) & (hue <= _WARM_HUE[1]) & (saturation >= _LEAST_SATURATION)
    return bool(mean_value < dark or (mean_value < _DIM_SKY and is_warm[region].mean() > _WARM_SHARE))
