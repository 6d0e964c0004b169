"""The camera models of COLMAP, as ours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from geoloc_ros.core.camera import Camera, CameraModel

MAX_SIZE = 1 << 20
"""No image is as wide or high."""


@dataclass(frozen=True)
class ColmapModel:
    """How the numbers of a model are to be read."""

    name: str
    count: int
    """Of its numbers: focal lengths, principal point, coefficients."""
    ours: CameraModel | None
    """None where `core.lens` cannot express it."""
    focals: int
    """1 or 2."""
    fill: int
    """Coefficients that our model wants at least; the missing ones are 0."""


# In the order of COLMAP's numbers; pixels are counted from the corner of the first, as we do.
MODELS = (
    ColmapModel("SIMPLE_PINHOLE", 3, "pinhole", 1, 0),
    ColmapModel("PINHOLE", 4, "pinhole", 2, 0),
    ColmapModel("SIMPLE_RADIAL", 4, "pinhole", 1, 4),
    ColmapModel("RADIAL", 5, "pinhole", 1, 4),
    ColmapModel("OPENCV", 8, "pinhole", 2, 4),
    ColmapModel("OPENCV_FISHEYE", 8, "fisheye", 2, 4),
    ColmapModel("FULL_OPENCV", 12, "pinhole", 2, 8),
    ColmapModel("FOV", 5, None, 2, 0),
    ColmapModel("SIMPLE_RADIAL_FISHEYE", 4, "fisheye", 1, 4),
    ColmapModel("RADIAL_FISHEYE", 5, "fisheye", 1, 4),
    ColmapModel("THIN_PRISM_FISHEYE", 12, None, 2, 0),
    ColmapModel("RAD_TAN_THIN_PRISM_FISHEYE", 16, None, 2, 0),
)


def colmap_camera(model: ColmapModel, width: int, height: int, numbers: Sequence[float]) -> Camera:
    """The camera of a row.

    Raises:
        ValueError: If the model has other numbers, they make no camera, or we have no such model; says why.
    """
    if len(numbers) != model.count:
        raise ValueError(f"{model.name} has {model.count} numbers, not {len(numbers)}")
    if model.ours is None:
        known = ", ".join(each.name for each in MODELS if each.ours)
        raise ValueError(f"its model {model.name} is not known here; undistort the images or use one of {known}")
    focals, rest = numbers[: model.focals], numbers[model.focals :]
    (cx, cy), coefficients = rest[:2], tuple(rest[2:])
    if not all(map(math.isfinite, numbers)) or min(focals) <= 0.0:
        raise ValueError(f"its numbers make no camera: {', '.join(f'{number:g}' for number in numbers)}")
    if not (0 < width < MAX_SIZE and 0 < height < MAX_SIZE):
        raise ValueError(f"no image is of {width}x{height} pixels")
    distortion = coefficients + (0.0,) * (model.fill - len(coefficients))
    return Camera(
        model.ours, width, height, focals[0], focals[-1], cx, cy, distortion if any(distortion) else ()
    )
