"""A map file of OpenStreetMap to a `GeoMap`."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from geoloc_ros.core.config import MapConfig
from geoloc_ros.core.errors import MapError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.types import Float64
from geoloc_ros.maps.buildings import make_buildings
from geoloc_ros.maps.elements import Elements, Ways
from geoloc_ros.maps.geomap import GeoMap, MapSource
from geoloc_ros.maps.reader import read_elements
from geoloc_ros.maps.roads import make_roads
from geoloc_ros.maps.trees import find_trees

logger = logging.getLogger(__name__)

ATTRIBUTION = "© OpenStreetMap contributors, ODbL 1.0"
MADE_UP = "made up by geoloc_ros"
_OUR_GENERATOR = "geoloc_ros"

_DEFAULTS = MapConfig()

Crop = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


def load_map(path: Path, crop: Crop | None = None, config: MapConfig = _DEFAULTS) -> GeoMap:
    """Buildings, roads and trees of a `.osm.pbf`, `.osm`, `.osm.gz` or `.osm.bz2` file.

    The origin of the map frame is the centre of `crop`, or else of the buildings and roads. Everything outside of
    `crop` goes: roads and buildings are cut at its border.

    Raises:
        MapError: The file cannot be read, holds no buildings or no roads, or `crop` is malformed or elsewhere.
    """
    if crop is not None:
        check_crop(crop)
    elements = read_elements(path, config.level_height_m)
    for kind, ways in (("buildings", elements.outlines), ("drivable roads", elements.roads)):
        if len(ways.osm_id) == 0 and not (ways is elements.outlines and len(elements.multipolygons.osm_id)):
            raise MapError(f"'{path}' holds no {kind}; export the map again with buildings and highways in it")
    extent = _extent(elements)
    if crop is not None:
        _check_overlap(crop, extent, path)
    west, south, east, north = crop or extent
    origin = GeoOrigin(latitude_deg=(south + north) / 2.0, longitude_deg=(west + east) / 2.0)
    # Parallels bend: half a metre in the middle of a box 6 km wide. So the middles of the sides count too.
    latitude_deg, longitude_deg = np.meshgrid([south, origin.latitude_deg, north], [west, origin.longitude_deg, east])
    border_m = origin.to_map(latitude_deg, longitude_deg).reshape(-1, 2)
    low, high = border_m.min(axis=0), border_m.max(axis=0)
    attribution = MADE_UP if elements.generator == _OUR_GENERATOR else ATTRIBUTION
    city = GeoMap(
        origin=origin,
        bounds_m=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
        buildings=make_buildings(elements, crop, origin, config.default_height_m),
        roads=make_roads(elements.roads, elements.is_oneway, elements.lonlat_deg, crop, origin),
        tree_m=find_trees(elements, crop, origin),
        source=MapSource(path.name, elements.sha256, elements.date, attribution),
    )
    for kind, count in (("buildings", len(city.buildings)), ("drivable roads", len(city.roads))):
        if count == 0:
            where = f"the crop {format_crop(crop)} of " if crop else ""
            raise MapError(f"no {kind} in {where}'{path}'; choose another crop or another map")
    return city


def parse_crop(text: str) -> Crop:
    """Box of "W,S,E,N" in degrees.

    Raises:
        MapError: It is no such box.
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise MapError(f"crop '{text}' is not of the form W,S,E,N in degrees, e.g. 135.73,34.95,135.77,34.97") from None
    check_crop((west, south, east, north))
    return west, south, east, north


def check_crop(crop: Crop) -> None:
    """Refuse a box that is none.

    Raises:
        MapError: Not in degrees, or its sides are in the wrong order.
    """
    west, south, east, north = crop
    text = format_crop(crop)
    if not all(np.isfinite(crop)):
        raise MapError(f"crop {text} has a value that is no number; give it as W,S,E,N in degrees")
    if max(abs(south), abs(north)) > 90.0 or max(abs(west), abs(east)) > 180.0:
        raise MapError(f"crop {text} is off the globe; give longitude first: W,S,E,N in degrees")
    if west >= east or south >= north:
        raise MapError(f"crop {text} is empty: it needs W < E and S < N; give it as W,S,E,N in degrees")


def format_crop(crop: Crop) -> str:
    """W,S,E,N as the command line takes it."""
    return ",".join(f"{value:.7g}" for value in crop)


def _check_overlap(crop: Crop, extent: Crop, path: Path) -> None:
    if _overlaps(crop, extent):
        return
    west, south, east, north = crop
    swapped = _overlaps((south, west, north, east), extent)
    hint = "latitude and longitude seem to be swapped" if swapped else "choose a crop within the map"
    raise MapError(f"crop {format_crop(crop)} lies outside of '{path}', which covers {format_crop(extent)}; {hint}")


def _overlaps(one: Crop, other: Crop) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _extent(elements: Elements) -> Crop:
    lonlat_deg = np.concatenate(
        [_points(elements.outlines, elements.lonlat_deg), _points(elements.roads, elements.lonlat_deg)]
    )
    if len(lonlat_deg) == 0:
        raise MapError("the map holds ways but none of their nodes; export it again with the nodes in it")
    low, high = lonlat_deg.min(axis=0), lonlat_deg.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _points(ways: Ways, lonlat_deg: Float64) -> Float64:
    return lonlat_deg[ways.node[ways.node >= 0]]
