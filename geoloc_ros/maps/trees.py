"""Where trees stand; the index does not know them, the simulator does."""

from __future__ import annotations

import numpy as np
import shapely

from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.types import Float64
from geoloc_ros.maps.elements import Elements

# OpenStreetMap does not say how far apart the trees of a row stand.
_ROW_SPACING_M = 8.0


def find_trees(elements: Elements, crop: tuple[float, float, float, float] | None, origin: GeoOrigin) -> Float64:
    """Trees (T, 2) in the map frame: single ones, and every 8 m along rows; within `crop` in degrees."""
    points = [_to_map(origin, elements.tree_lonlat_deg)]
    rows = elements.tree_rows
    for way in range(len(rows.osm_id)):
        nodes = rows.nodes(way)
        nodes = nodes[nodes >= 0]
        if len(nodes) > 1:
            line = shapely.linestrings(_to_map(origin, elements.lonlat_deg[nodes]))
            along_m = np.arange(0.0, shapely.length(line) + 1e-6, _ROW_SPACING_M)
            points.append(shapely.get_coordinates(shapely.line_interpolate_point(line, along_m)))
    tree_m = np.concatenate(points)
    if crop is None:
        return tree_m
    west, south, east, north = crop
    latitude_deg, longitude_deg = origin.to_geodetic(tree_m)
    inside = (longitude_deg >= west) & (longitude_deg <= east) & (latitude_deg >= south) & (latitude_deg <= north)
    return tree_m[inside]


def _to_map(origin: GeoOrigin, lonlat_deg: Float64) -> Float64:
    return origin.to_map(lonlat_deg[:, 1], lonlat_deg[:, 0])
