"""One flat frame for photos from anywhere: metres east and north of UTM, zones side by side."""

from __future__ import annotations

import numpy as np
import pyproj

from geoloc_ros.core.types import Float64, Int64

ZONE_STEP_M = 2_000_000.0
"""Between the origins of neighbouring zones: no photo of one is near a photo of another."""
_WIDEST_ZONE_DEG = 12.0
"""A zone is 6 degrees wide; a region that lies across a border is put into one of the two as a whole."""
_GAP_DEG = 0.5
"""Of longitude without any photo, between two regions."""


def utm_zone(geodetic_deg: Float64) -> Int64:
    """Zones (N,) of latitudes and longitudes (N, 2): 1 to 60, negative south of the equator, 0 where they are NaN.

    By the longitude alone: the wider zones of Norway and Svalbard change no distance.
    """
    latitude_deg, longitude_deg = np.asarray(geodetic_deg, np.float64).reshape(-1, 2).T
    known = np.isfinite(latitude_deg) & np.isfinite(longitude_deg)
    turned = (np.where(known, longitude_deg, 0.0) + 180.0) % 360.0
    zone = np.minimum(60, 1 + np.floor(turned / 6.0).astype(np.int64))
    return np.asarray(np.where(known, np.where(latitude_deg < 0.0, -zone, zone), 0), np.int64)


def named_zone(number: str, letter: str) -> int:
    """Zone of its name, such as 17 T: negative for the latitude bands C to M; 0 where it names none."""
    band = letter.strip().upper()
    if not number.strip().isdigit() or not 1 <= int(number) <= 60 or len(band) != 1 or not "C" <= band <= "X":
        return 0
    return int(number) if band >= "N" else -int(number)


def utm_to_geodetic(utm_m: Float64, zone: Int64) -> Float64:
    """Latitudes and longitudes (N, 2) of UTM coordinates (N, 2); NaN where the zone (N,) is 0."""
    geodetic_deg = np.full((len(zone), 2), np.nan)
    for each in np.unique(zone[zone != 0]):
        rows = zone == each
        longitude_deg, latitude_deg = _utm(int(each))(utm_m[rows, 0], utm_m[rows, 1], inverse=True)
        geodetic_deg[rows] = np.stack([latitude_deg, longitude_deg], axis=-1)
    return geodetic_deg


def geodetic_to_utm(geodetic_deg: Float64, zone: int) -> Float64:
    """UTM coordinates (N, 2) in a zone, in which the points need not lie."""
    east_m, north_m = _utm(zone)(geodetic_deg[:, 1], geodetic_deg[:, 0])
    return np.stack([np.asarray(east_m, np.float64), np.asarray(north_m, np.float64)], axis=-1)


def flat_positions(utm_m: Float64, zone: Int64, geodetic_deg: Float64) -> Float64:
    """Positions (N, 2) in one flat frame; those of a single zone are its UTM coordinates as they are.

    Photos of a region, wherever a zone ends, are in one zone. Regions of other zones lie beside it, a step for each
    zone, so that distances hold within a region and are huge between regions.

    Args:
        utm_m: (N, 2), UTM as a collection gives it; NaN where it does not.
        zone: (N,), of that; 0 where nobody knows, which is taken to be the first region's.
        geodetic_deg: (N, 2); NaN where unknown, then `utm_m` is taken as it is.
    """
    flat_m = np.array(utm_m, np.float64)
    given = np.where(np.isfinite(utm_m[:, 0]), zone, 0)
    zone = np.where(given != 0, given, utm_zone(geodetic_deg))
    home = 0
    for rows in _regions(geodetic_deg):
        zones, counts = np.unique(zone[rows], return_counts=True)
        region = int(zones[np.argmax(counts)])
        foreign = rows[given[rows] != region]
        if len(foreign):
            flat_m[foreign] = geodetic_to_utm(geodetic_deg[foreign], region)
        home = home or abs(region)
        flat_m[rows, 0] += (abs(region) - home) * ZONE_STEP_M
    return flat_m


def _regions(geodetic_deg: Float64) -> list[Int64]:
    """Rows with a known place, by regions: no gap in longitude, and not wider than a plane zone serves."""
    known = np.flatnonzero(np.isfinite(geodetic_deg).all(axis=1))
    if not len(known):
        return []
    longitude_deg = geodetic_deg[known, 1]
    order = np.argsort(longitude_deg, kind="stable")
    cuts = np.flatnonzero(np.diff(longitude_deg[order]) > _GAP_DEG) + 1
    regions: list[Int64] = []
    for rows in np.split(known[order], cuts):
        if np.ptp(geodetic_deg[rows, 1]) <= _WIDEST_ZONE_DEG:
            regions.append(np.sort(rows))
            continue
        zone = np.abs(utm_zone(geodetic_deg[rows]))
        regions += [np.sort(rows[zone == each]) for each in np.unique(zone)]
    return regions


def _utm(zone: int) -> pyproj.Proj:
    return pyproj.Proj(proj="utm", zone=abs(zone), south=zone < 0, ellps="WGS84")
