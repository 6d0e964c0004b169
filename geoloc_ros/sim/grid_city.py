"""A town of identical blocks: a map on which nothing tells one corner from the next."""

from __future__ import annotations

import numpy as np
import shapely

from geoloc_ros.maps.geomap import GeoMap, MapSource
from geoloc_ros.sim.city import MARGIN_M, ORIGIN, buildings_from, road_graph
from geoloc_ros.sim.streets import Streets

_HEIGHT_M = 12.0


def make_grid_city(num_blocks: int, block_m: float = 90.0, street_m: float = 16.0) -> GeoMap:
    """A square of `num_blocks` by `num_blocks` blocks round (0, 0), two-way streets between and round them.

    Every block is the same four houses, and looks the same from all four sides.

    Args:
        num_blocks: At least 1.
        block_m: From one centre line to the next.
        street_m: From front to front across a street.
    """
    corner_m = np.stack(np.meshgrid(np.arange(num_blocks), np.arange(num_blocks)), axis=-1).reshape(-1, 2) * block_m
    corner_m = corner_m - num_blocks * block_m / 2.0
    houses = [shapely.affinity.translate(house, *corner) for corner in corner_m for house in _block(block_m, street_m)]
    roads = road_graph(_streets(num_blocks, block_m))
    half_m = num_blocks * block_m / 2.0 + MARGIN_M
    name = f"grid-{num_blocks}-{block_m:g}m-{street_m:g}m"
    return GeoMap(
        ORIGIN, (-half_m, -half_m, half_m, half_m), buildings_from(houses, np.full(len(houses), _HEIGHT_M)), roads,
        np.empty((0, 2)), MapSource(name, "0" * 64, "", "made up; no real place"),
    )  # fmt: skip


def _block(block_m: float, street_m: float) -> list[shapely.Polygon]:
    """An L round each corner of the block that lies north-east of (0, 0), with a gap where two of them meet."""
    low, middle, deep = street_m / 2.0, block_m / 2.0, 12.0
    end = middle - 6.0
    outline = [(low, low), (middle + 2.0, low), (middle + 2.0, low + deep), (low + deep, low + deep),
               (low + deep, end), (low, end)]  # fmt: skip
    house = shapely.Polygon(outline)
    return [shapely.affinity.rotate(house, 90.0 * turns, origin=(middle, middle)) for turns in range(4)]


def _streets(num_blocks: int, block_m: float) -> Streets:
    count = num_blocks + 1
    row, column = (index.ravel() for index in np.indices((count, count)))
    node_m = np.stack([column, row], axis=1).astype(np.float64) * block_m - num_blocks * block_m / 2.0
    number = row * count + column
    ends = np.concatenate([
        np.stack([number[column < num_blocks], number[column < num_blocks] + 1], axis=1),
        np.stack([number[row < num_blocks], number[row < num_blocks] + count], axis=1),
    ]).astype(np.int32)  # fmt: skip
    lines = tuple(node_m[pair] for pair in ends)
    return Streets(node_m, ends, lines, np.zeros(len(ends), bool))
