"""A made-up city as a map: what the demo and the tests use where no real map is given."""

from __future__ import annotations

import hashlib

import numpy as np
import shapely

from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.types import Float64, Int32
from geoloc_ros.maps.geomap import Buildings, GeoMap, MapSource, RoadGraph
from geoloc_ros.sim.lots import STREET_M, Built, build_block
from geoloc_ros.sim.streets import Streets, blocks_of, lay_streets

ORIGIN = GeoOrigin(48.4, 9.98)
MARGIN_M = 20.0
KERB_M = 5.3
"""From the centre line to the street trees."""


def make_city(seed: int, size_m: float) -> GeoMap:
    """A town about `size_m` across with its centre at (0, 0); the same arguments give the same town."""
    rng = np.random.default_rng([seed, 0xC17])
    streets = lay_streets(size_m, rng)
    built = Built()
    for block in blocks_of(streets):
        build_block(block, built, rng)
    _plant_avenues(streets, built, rng)
    roads = road_graph(streets)
    west, south = roads.point_m.min(axis=0) - MARGIN_M
    east, north = roads.point_m.max(axis=0) + MARGIN_M
    name = f"procedural-{seed}-{size_m:.0f}m"
    source = MapSource(name, hashlib.sha256(name.encode()).hexdigest(), "", "made up; no real place")
    trees_m = np.array(built.trees_m).reshape(-1, 2)
    return GeoMap(
        ORIGIN, (float(west), float(south), float(east), float(north)),
        buildings_from(built.footprints, np.array(built.heights_m)), roads, trees_m, source,
    )


def buildings_from(footprints: list[shapely.Polygon], height_m: Float64) -> Buildings:
    """Outlines of polygons, with any holes, as arrays; they stand on the ground."""
    oriented = [shapely.geometry.polygon.orient(footprint) for footprint in footprints]
    rings = [np.asarray(ring.coords)[:-1, :2] for shape in oriented for ring in (shape.exterior, *shape.interiors)]
    counts = [1 + len(shape.interiors) for shape in oriented]
    return Buildings(
        np.concatenate([np.empty((0, 2)), *rings]),
        np.cumsum([0, *map(len, rings)]).astype(np.int64),
        np.repeat(np.arange(len(oriented)), counts).astype(np.int32),
        np.round(height_m, 1).astype(np.float32),
        np.zeros(len(oriented), np.float32),
        np.zeros(len(oriented), np.int64),
    )


def road_graph(streets: Streets) -> RoadGraph:
    """Two directed edges for a street, one for a one-way street."""
    lines: list[Float64] = []
    ends: list[Int32] = []
    reverse: list[int] = []
    for line, pair, one_way in zip(streets.polylines, streets.ends, streets.one_way, strict=True):
        number = len(lines)
        lines += [line] if one_way else [line, line[::-1]]
        ends += [pair] if one_way else [pair, pair[::-1]]
        reverse += [-1] if one_way else [number + 1, number]
    edge_ends = np.array(ends, dtype=np.int32)
    return RoadGraph(
        streets.node_m, edge_ends[:, 0].copy(), edge_ends[:, 1].copy(), np.array(reverse, dtype=np.int32),
        np.concatenate(lines), np.cumsum([0, *map(len, lines)]).astype(np.int64),
    )


def _plant_avenues(streets: Streets, built: Built, rng: np.random.Generator) -> None:
    """Rows of trees at the kerbs of four streets in ten."""
    houses = shapely.STRtree(built.footprints)
    roads = shapely.MultiLineString([shapely.LineString(line) for line in streets.polylines])
    for line in streets.polylines:
        if rng.random() > 0.4:
            continue
        street, spacing_m = shapely.LineString(line), rng.uniform(9.0, 18.0)
        for side in (-KERB_M, KERB_M):
            kerb = street.offset_curve(side)
            for along_m in np.arange(14.0, kerb.length - 14.0, spacing_m) + rng.uniform(0.0, 6.0):
                tree = kerb.interpolate(along_m + rng.normal(0.0, 0.6))
                is_free = len(houses.query(tree, "dwithin", STREET_M - KERB_M - 0.3)) == 0
                if is_free and roads.distance(tree) > KERB_M - 0.3 and rng.random() < 0.9:
                    built.trees_m.append(np.array(tree.coords[0]))
