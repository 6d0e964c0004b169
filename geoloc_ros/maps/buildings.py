"""Outlines and their tags to buildings: rings joined, mended, clipped, turned counter-clockwise, heights settled."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.types import Bool, Float64, Int64
from geoloc_ros.maps.elements import Elements, Multipolygons, Ways
from geoloc_ros.maps.geomap import Buildings

logger = logging.getLogger(__name__)

Polygons = NDArray[Any]
"""Of shapely objects."""

_MIN_AREA_M2 = 1.0


@dataclass(frozen=True)
class _Shapes:
    """N polygons or multipolygons, in degrees, with what their tags say."""

    geometry: Polygons
    height_m: Float64
    base_m: Float64
    is_part: Bool
    osm_id: Int64

    def select(self, rows: NDArray[Any]) -> _Shapes:
        return _Shapes(
            self.geometry[rows], self.height_m[rows], self.base_m[rows], self.is_part[rows], self.osm_id[rows]
        )


def make_buildings(
    elements: Elements, crop: tuple[float, float, float, float] | None, origin: GeoOrigin, default_height_m: float
) -> Buildings:
    """Buildings within `crop` (west, south, east, north in degrees).

    An outline that has parts (building:part) stays one building: the outline stands on the ground and makes the
    walls, its height is that of the tallest part or its own, whichever is more. Parts outside of any outline are
    buildings of their own. Broken outlines are mended; open ones, those with nodes missing and those under a square
    metre are dropped; both are counted in the log. A building on the border of the crop is cut: the cut shows a wall
    only to those outside.
    """
    ways, num_bad_ways = _from_ways(elements)
    relations, num_bad_relations = _from_relations(elements.multipolygons, elements.lonlat_deg)
    shapes = _concatenate(ways, relations)
    if crop is not None:
        shapes = _clip(shapes, crop)
    shapes, num_broken, num_lost = _mend(shapes)
    shapes = _settle_parts(shapes)
    buildings, num_tiny = _to_map(shapes, origin, default_height_m)
    num_dropped = num_bad_ways + num_bad_relations + num_lost + num_tiny
    if num_broken or num_dropped:
        logger.info("mended %d broken building outlines, dropped %d", num_broken - num_lost, num_dropped)
    return buildings


def _from_ways(elements: Elements) -> tuple[_Shapes, int]:
    """Closed ways as polygons, and the number of others. Outer lines of a building relation are left to it."""
    outlines, relations = elements.outlines, elements.multipolygons
    in_relation = np.isin(outlines.osm_id, relations.member.osm_id[~relations.is_inner])
    size = np.diff(outlines.start)
    is_ring = size >= 4
    is_ring[is_ring] = outlines.node[outlines.start[:-1][is_ring]] == outlines.node[outlines.start[1:][is_ring] - 1]
    has_all = np.bincount(np.repeat(np.arange(len(size)), size), outlines.node < 0, len(size)) == 0
    kept = is_ring & has_all & ~in_relation
    ring = np.repeat(np.arange(np.count_nonzero(kept)), size[kept])
    lonlat_deg = elements.lonlat_deg[outlines.node[np.repeat(kept, size)]]
    polygons = shapely.polygons(shapely.linearrings(lonlat_deg, indices=ring))
    tags = elements.outline_tags
    shapes = _Shapes(polygons, tags.height_m[kept], tags.base_m[kept], tags.is_part[kept], outlines.osm_id[kept])
    return shapes, int(np.count_nonzero(~(is_ring & has_all) & ~in_relation))


def _from_relations(relations: Multipolygons, lonlat_deg: Float64) -> tuple[_Shapes, int]:
    """Complete relations as polygons with holes, and the number of others."""
    polygons, kept = [], []
    for row in np.flatnonzero(relations.is_complete):
        mine = relations.member_of == row
        outer = _fill(relations.member, np.flatnonzero(mine & ~relations.is_inner), lonlat_deg)
        inner = _fill(relations.member, np.flatnonzero(mine & relations.is_inner), lonlat_deg)
        if not shapely.is_empty(outer):
            polygons.append(shapely.difference(outer, inner))
            kept.append(row)
    rows, tags = np.array(kept, np.int64), relations.tags
    shapes = _Shapes(
        np.array(polygons, object), tags.height_m[rows], tags.base_m[rows], tags.is_part[rows], -relations.osm_id[rows]
    )
    return shapes, len(relations.osm_id) - len(rows)


def _fill(member: Ways, rows: Int64, lonlat_deg: Float64) -> Any:
    """The area that the lines enclose together; empty where they do not close."""
    lines = [nodes for nodes in (member.nodes(int(row)) for row in rows) if len(nodes) > 1 and (nodes >= 0).all()]
    with np.errstate(invalid="ignore"):  # GEOS leaves the flag up on some good rings
        rings = shapely.polygonize([shapely.linestrings(lonlat_deg[nodes]) for nodes in lines])
    return shapely.union_all(shapely.get_parts(rings))


def _concatenate(first: _Shapes, second: _Shapes) -> _Shapes:
    return _Shapes(
        np.concatenate([first.geometry, second.geometry]),
        np.concatenate([first.height_m, second.height_m]),
        np.concatenate([first.base_m, second.base_m]),
        np.concatenate([first.is_part, second.is_part]),
        np.concatenate([first.osm_id, second.osm_id]),
    )


def _clip(shapes: _Shapes, crop: tuple[float, float, float, float]) -> _Shapes:
    west, south, east, north = crop
    bounds = shapely.bounds(shapes.geometry).reshape(-1, 4)
    touches = (bounds[:, 0] < east) & (bounds[:, 2] > west) & (bounds[:, 1] < north) & (bounds[:, 3] > south)
    shapes, bounds = shapes.select(touches), bounds[touches]
    sticks_out = (bounds[:, :2] < [west, south]).any(axis=1) | (bounds[:, 2:] > [east, north]).any(axis=1)
    geometry = shapes.geometry.copy()
    valid = shapely.make_valid(geometry[sticks_out])
    geometry[sticks_out] = shapely.intersection(valid, shapely.box(west, south, east, north))
    clipped = _Shapes(geometry, shapes.height_m, shapes.base_m, shapes.is_part, shapes.osm_id)
    return clipped.select(~shapely.is_empty(geometry))


def _mend(shapes: _Shapes) -> tuple[_Shapes, int, int]:
    """Shapes with valid areas only, the number that were broken, and how many of these were lost."""
    geometry = shapes.geometry.copy()
    broken = ~shapely.is_valid(geometry)
    geometry[broken] = shapely.make_valid(geometry[broken], method="structure", keep_collapsed=False)
    has_area = (shapely.get_dimensions(geometry) == 2) & ~shapely.is_empty(geometry)
    mended = _Shapes(geometry, shapes.height_m, shapes.base_m, shapes.is_part, shapes.osm_id)
    return mended.select(has_area), int(broken.sum()), int((broken & ~has_area).sum())


def _settle_parts(shapes: _Shapes) -> _Shapes:
    """Outlines as high as their tallest part, and the parts that no outline holds."""
    parts, outlines = shapes.select(shapes.is_part), shapes.select(~shapes.is_part)
    tree = shapely.STRtree(outlines.geometry)
    part, outline = tree.query(shapely.point_on_surface(parts.geometry), predicate="within")
    height_m = outlines.height_m.copy()
    # fmax: an unknown height (NaN) gives way to a known one.
    np.fmax.at(height_m, outline, parts.height_m[part])
    settled = _Shapes(outlines.geometry, height_m, outlines.base_m, outlines.is_part, outlines.osm_id)
    alone = np.setdiff1d(np.arange(len(parts.geometry)), part)
    return _concatenate(settled, parts.select(alone))


def _to_map(shapes: _Shapes, origin: GeoOrigin, default_height_m: float) -> tuple[Buildings, int]:
    """Rings in the map frame, and the number of buildings that were too small."""

    def project(lonlat_deg: Float64) -> Float64:
        return origin.to_map(lonlat_deg[:, 1], lonlat_deg[:, 0])

    geometry = shapely.transform(shapes.geometry, project)
    kept = shapely.area(geometry) >= _MIN_AREA_M2
    shapes, geometry = shapes.select(kept), geometry[kept]
    polygons, building = shapely.get_parts(geometry, return_index=True)
    is_area = shapely.area(polygons) > 0.0  # a mended or clipped shape may drag lines along
    polygons, building = shapely.orient_polygons(polygons[is_area]), building[is_area]
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    points_m, ring = shapely.get_coordinates(rings, return_index=True)
    # The last point of a ring repeats the first; so may neighbours, after rounding.
    kept_point = np.zeros(len(points_m), bool)
    kept_point[:-1] = (ring[1:] == ring[:-1]) & (points_m[1:] != points_m[:-1]).any(axis=1)
    counts = np.bincount(ring[kept_point], minlength=len(rings))
    height_m = np.where(np.isnan(shapes.height_m), shapes.base_m + default_height_m, shapes.height_m)
    buildings = Buildings(
        vertices_m=points_m[kept_point],
        ring_start=np.concatenate([[0], np.cumsum(counts)]),
        ring_building=building[polygon].astype(np.int32),
        height_m=height_m.astype(np.float32),
        base_m=np.where(shapes.base_m < height_m, shapes.base_m, 0.0).astype(np.float32),
        osm_id=shapes.osm_id,
    )
    return buildings, int(np.count_nonzero(~kept))
