"""Where queries are seen from: poses of vehicles in their lanes, drawn at random or read from a file."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import shapely

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.types import Bool, Float64, Int64
from geoloc_ros.maps.geomap import Buildings, GeoMap, PlaceGraph

ALONG_M = 5.0
"""Half of what is between places: a query is anywhere on the road."""
RIGHT_M = (0.5, 3.5)
"""Of the centre line. Where people drive on the left this is the other side of the lane, no farther from the line."""
YAW_SIGMA_RAD = float(np.radians(3.0))
"""A vehicle does not look exactly along its road."""
_COLUMNS = ("lat", "lon", "yaw_deg")
_DRAWS = 20


def draw_poses(geomap: GeoMap, places: PlaceGraph, count: int, rng: np.random.Generator) -> Float64:
    """Poses (count, 3) x_m, y_m, yaw_rad of vehicles on roads: every metre of road, and both ways, equally likely.

    Of a place drawn at random: up to 5 m along the road, 0.5 to 3.5 m to the right of its centre line, heading along
    it within some degrees. Where that is inside a building of the map, offsets are drawn again; after twenty draws the
    vehicle is on the centre line.
    """
    place = rng.integers(len(places.position_m), size=count)
    viewpoint = _any_viewpoint(places, place, rng)
    road_yaw = places.viewpoint_yaw_rad[viewpoint]
    ahead = np.stack([np.cos(road_yaw), np.sin(road_yaw)], axis=1)
    right = np.stack([ahead[:, 1], -ahead[:, 0]], axis=1)
    inside = _Inside(geomap.buildings)
    position_m = places.position_m[place].copy()
    open_rows = np.arange(count)
    for _ in range(_DRAWS):
        along_m = rng.uniform(-ALONG_M, ALONG_M, (len(open_rows), 1))
        aside_m = rng.uniform(*RIGHT_M, (len(open_rows), 1))
        drawn_m = places.position_m[place[open_rows]] + along_m * ahead[open_rows] + aside_m * right[open_rows]
        free = ~inside(drawn_m)
        position_m[open_rows[free]] = drawn_m[free]
        open_rows = open_rows[~free]
    yaw_rad = np.asarray(wrap_angle(road_yaw + rng.normal(0.0, YAW_SIGMA_RAD, count)))
    return np.column_stack([position_m, yaw_rad])


def read_poses(path: Path, geomap: GeoMap) -> Float64:
    """Poses (N, 3) of a CSV file with columns lat, lon (degrees, WGS 84) and yaw_deg (counter-clockwise from east).

    Raises:
        DatasetError: If the file cannot be read, a column is missing, or a value is not a number or outside the map.
    """
    try:
        with path.open(newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or [])]
            if missing:
                names = ", ".join(missing)
                raise DatasetError(f"'{path}' has no column {names}; its first line must be lat,lon,yaw_deg")
            rows = [[_number(path, reader.line_num, row[name]) for name in _COLUMNS] for row in reader]
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot read query poses '{path}': {error}") from error
    if not rows:
        raise DatasetError(f"'{path}' holds no poses; write one per line below lat,lon,yaw_deg")
    latitude_deg, longitude_deg, yaw_deg = np.array(rows, np.float64).T
    position_m = geomap.origin.to_map(latitude_deg, longitude_deg)
    _refuse_outside(path, position_m, geomap)
    return np.column_stack([position_m, np.asarray(wrap_angle(np.radians(yaw_deg)))])


def _number(path: Path, line: int, text: str | None) -> float:
    try:
        value = float(text if text is not None else "")
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise DatasetError(f"'{path}' line {line}: {text!r} is not a number; write lat,lon,yaw_deg in degrees")
    return value


def _refuse_outside(path: Path, position_m: Float64, geomap: GeoMap) -> None:
    west, south, east, north = geomap.bounds_m
    beyond = (position_m < np.array([west, south])) | (position_m > np.array([east, north]))
    outside: Bool = np.asarray(beyond.any(axis=1))
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise DatasetError(
            f"'{path}': {int(outside.sum())} of {len(outside)} poses are outside the map, the first in row {row + 1}; "
            "leave them out or choose another --crop"
        )


def _any_viewpoint(places: PlaceGraph, place: Int64, rng: np.random.Generator) -> Int64:
    """A viewpoint (N,) of each place, either direction of a two-way road equally likely."""
    order = np.argsort(places.viewpoint_place, kind="stable")
    start = np.searchsorted(places.viewpoint_place[order], np.arange(len(places.position_m) + 1))
    count = np.diff(start)[place]
    chosen: Int64 = order[start[place] + (rng.random(len(place)) * count).astype(np.int64)]
    return chosen


class _Inside:
    """Tells which points (N, 2) are in a building that stands on the ground."""

    def __init__(self, buildings: Buildings) -> None:
        ring_of_vertex = np.repeat(np.arange(len(buildings.ring_building)), np.diff(buildings.ring_start))
        rings = shapely.linearrings(buildings.vertices_m, indices=ring_of_vertex)
        self._tree = shapely.STRtree(shapely.polygons(rings, indices=buildings.ring_building))

    def __call__(self, points_m: Float64) -> Bool:
        inside = np.zeros(len(points_m), bool)
        inside[self._tree.query(shapely.points(points_m), predicate="within")[0]] = True
        return inside
