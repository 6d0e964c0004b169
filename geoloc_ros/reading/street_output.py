"""The kernels that make images, and what stands in front all around, of the coarse outputs of the street network."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache

import numpy as np

from geoloc_ros.core.native import load_native
from geoloc_ros.core.types import Float32, Int32, UInt8, UInt16

SPLIT_RATIO = 1.15
"""Cells whose depths differ by more than this factor are not one surface: nothing is interpolated between them."""


@dataclass(frozen=True)
class Sectors:
    """Equal parts of a turn about the vertical through a camera, and how its pixels and cells lie in them."""

    count: int
    """S."""
    of_pixel: UInt16
    """(H, W)."""
    of_cell: Int32
    """(h, w), -1 for cells that do not count."""
    level: Float32
    """(h, w), how far on the ground plane a depth of 1 takes it."""
    up: Float32
    """(h, w), how far up."""
    camera_m: float
    """Height of the camera."""


def cell_classes(logits: Float32) -> UInt8:
    """Likeliest class (H, W) of logits (8, H, W)."""
    logits = np.ascontiguousarray(logits)
    classes = np.empty(logits.shape[1:], np.uint8)
    _native().geoloc_cell_classes(logits.ctypes.data, classes.size, classes.ctypes.data)
    return classes


def spread_cells(
    logits: Float32, inverse_depth: Float32, classes: UInt8, height: int, width: int, seam: float = 0.0
) -> tuple[UInt8, Float32]:
    """Classes and depth (height, width) of an image from those of its cells.

    Logits are interpolated, so that borders are smooth; depth is too, but never across the border of a class or a
    jump, so that walls are not smeared into what is behind them. Inverse depths are what is linear on a plane.

    Args:
        logits: (8, h, w), one per class.
        inverse_depth: (h, w), 1/m.
        classes: (h, w) of `logits`.
        height: Of the image, which all rows of cells cover.
        width: Of the image, which the columns cover but for the seams.
        seam: Columns of cells beyond each side border of the image.

    Returns:
        Classes (height, width), and depth (height, width) in m, NaN in the sky.
    """
    logits, inverse_depth = np.ascontiguousarray(logits), np.ascontiguousarray(inverse_depth, np.float32)
    rows, columns = classes.shape
    per_row, per_column = rows / height, (columns - 2.0 * seam) / width
    labels, depth_m = np.empty((height, width), np.uint8), np.empty((height, width), np.float32)
    _native().geoloc_spread_cells(
        logits.ctypes.data, inverse_depth.ctypes.data, classes.ctypes.data, rows, columns,
        0.5 * per_row - 0.5, per_row, seam + 0.5 * per_column - 0.5, per_column, height, width, SPLIT_RATIO,
        labels.ctypes.data, depth_m.ctypes.data,
    )
    return labels, depth_m


@dataclass(frozen=True)
class Fronts:
    """The building in front in each sector."""

    range_m: Float32
    """(S,), on the ground plane; NaN where there is none."""
    touching: Float32
    """(S,), mean logit in its cells that two buildings touch there."""
    num_cells: Float32
    """(S,)."""


def fronts_of_sectors(
    classes: UInt8, inverse_depth: Float32, boundary: Float32, sectors: Sectors, heights_m: tuple[float, float],
    quantile: float,
) -> Fronts:
    """What stands in front in each sector.

    Args:
        classes: (h, w) of core.classes.
        inverse_depth: (h, w), 1/m.
        boundary: (h, w), logit that two buildings touch.
        sectors: Where the cells lie.
        heights_m: Least and greatest height over the ground of what counts.
        quantile: Of the ranges in a sector that is the front's.
    """
    inverse_depth, boundary = np.ascontiguousarray(inverse_depth), np.ascontiguousarray(boundary)
    fronts = Fronts(*np.empty((3, sectors.count), np.float32))
    _native().geoloc_front_of_sectors(
        classes.ctypes.data, inverse_depth.ctypes.data, boundary.ctypes.data, sectors.of_cell.ctypes.data,
        sectors.level.ctypes.data, sectors.up.ctypes.data, classes.size, sectors.count, sectors.camera_m, *heights_m,
        quantile, fronts.range_m.ctypes.data, fronts.touching.ctypes.data, fronts.num_cells.ctypes.data,
    )
    return fronts


def number_pixels(labels: UInt8, sector: UInt16, number: UInt16) -> UInt16:
    """Which building (H, W) each pixel shows, 0 for none.

    Args:
        labels: (H, W) of core.classes.
        sector: (H, W) of the directions that the pixels look.
        number: (S,), of the building in each sector.
    """
    instances = np.empty(labels.shape, np.uint16)
    _native().geoloc_number_pixels(
        labels.ctypes.data, sector.ctypes.data, number.ctypes.data, labels.size, instances.ctypes.data
    )
    return instances


@cache
def _native() -> ctypes.CDLL:
    library = load_native()
    pointer, real, integer, count = ctypes.c_void_p, ctypes.c_float, ctypes.c_int, ctypes.c_int64
    library.geoloc_cell_classes.argtypes = [pointer, count, pointer]
    library.geoloc_spread_cells.argtypes = [
        *[pointer] * 3, *[integer] * 2, *[real] * 4, *[integer] * 2, real, *[pointer] * 2
    ]
    library.geoloc_front_of_sectors.argtypes = [*[pointer] * 6, count, integer, *[real] * 4, *[pointer] * 3]
    library.geoloc_number_pixels.argtypes = [*[pointer] * 3, count, pointer]
    for name in ("cell_classes", "spread_cells", "front_of_sectors", "number_pixels"):
        getattr(library, f"geoloc_{name}").restype = None
    return library
