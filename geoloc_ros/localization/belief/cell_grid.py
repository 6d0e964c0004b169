"""Square tiles of the plane with the road cells in them: what is near a point, without a look at the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.types import Float64, Int32, Int64
from geoloc_ros.localization.belief.cells import RoadCells

TILE_M = 20.0


@dataclass(frozen=True)
class CellGrid:
    """T tiles that hold cells; a tile of the plane that holds none is not stored, so a country costs no more."""

    key: Int64
    """(T,) ascending: `column * 2^32 + row` of the tile, counted from the origin of the cells."""
    start: Int64
    """(T + 1,) first entry of `cell`."""
    cell: Int32
    """(C,) cells, tile by tile."""


def build_cell_grid(cells: RoadCells) -> CellGrid:
    """All cells by tiles of TILE_M."""
    column, row = (np.floor(axis / np.float32(TILE_M)).astype(np.int64) for axis in (cells.x_m, cells.y_m))
    of_cell = (column << 32) + row
    order = np.argsort(of_cell, kind="stable")
    key, first = np.unique(of_cell[order], return_index=True)
    return CellGrid(key, np.append(first, len(cells)).astype(np.int64), order.astype(np.int32))


def cells_near(cells: RoadCells, grid: CellGrid, position_m: Float64, radius_m: float) -> Int64:
    """Cells (n,) within `radius_m` of a position (2,) in the map frame."""
    at_m = position_m - cells.origin_m
    low, high = (np.floor((at_m + side) / TILE_M).astype(np.int64) for side in (-radius_m, radius_m))
    columns = np.arange(max(low[0], grid.key[0] >> 32), min(high[0], (grid.key[-1] >> 32) + 1) + 1) << 32
    first, end = np.searchsorted(grid.key, columns + low[1]), np.searchsorted(grid.key, columns + high[1], "right")
    near = np.concatenate([
        np.empty(0, np.int64), *(grid.cell[grid.start[a] : grid.start[b]] for a, b in zip(first, end, strict=True))
    ])
    inside = np.hypot(cells.x_m[near] - at_m[0], cells.y_m[near] - at_m[1]) <= radius_m
    found: Int64 = near[inside].astype(np.int64)
    return found
