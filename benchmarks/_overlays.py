"""Pictures of what a network reads from an image."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from geoloc_ros.core.types import Float32, UInt8, UInt16
from geoloc_ros.core.view import Reading
from geoloc_ros.evaluation.report.thumbnail import label_colours

_NEAREST_M, _FARTHEST_M = 1.5, 100.0
_GOLDEN_SECTION = 0.618034


def save_overlay(file: Path, image: UInt8, reading: Reading) -> None:
    """Image (H, W, 3), classes, depth and buildings over the image, two by two, as a PNG."""
    assert reading.labels is not None and reading.depth_m is not None and reading.instances is not None
    panels = (
        image, _mixed(image, label_colours(reading.labels)), _depth_colours(reading.depth_m),
        _mixed(image, _instance_colours(reading.instances), reading.instances > 0),
    )
    rows = [np.concatenate(pair, axis=1) for pair in (panels[:2], panels[2:])]
    cv2.imwrite(str(file), np.concatenate(rows)[..., ::-1])


def _mixed(image: UInt8, colours: UInt8, where: NDArray[np.bool_] | None = None) -> UInt8:
    mixed = (0.45 * image + 0.55 * colours).astype(np.uint8)
    return mixed if where is None else np.where(where[..., None], mixed, image)


def _depth_colours(depth_m: Float32) -> UInt8:
    """Red is near; black is unknown."""
    with np.errstate(invalid="ignore"):
        far = np.log(depth_m / _NEAREST_M) / np.log(_FARTHEST_M / _NEAREST_M)
    levels = (255.0 * (1.0 - np.nan_to_num(far).clip(0.0, 1.0))).astype(np.uint8)
    colours = cv2.applyColorMap(levels, cv2.COLORMAP_TURBO)[..., ::-1]
    return np.where(np.isfinite(depth_m)[..., None], colours, 0).astype(np.uint8)


def _instance_colours(instances: UInt16) -> UInt8:
    hue = (180.0 * (instances * _GOLDEN_SECTION % 1.0)).astype(np.uint8)
    full = np.full_like(hue, 255)
    return np.asarray(cv2.cvtColor(np.stack([hue, full, full], axis=-1), cv2.COLOR_HSV2RGB), np.uint8)
