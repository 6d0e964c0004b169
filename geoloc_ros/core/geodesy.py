"""Between WGS 84 and the map frame, a local east-north-up tangent plane."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyproj

from geoloc_ros.core.types import Float64, Pose3


@dataclass(frozen=True)
class GeoOrigin:
    """Where the map frame touches the ellipsoid: x east, y north, z up from there."""

    latitude_deg: float
    longitude_deg: float
    height_m: float = 0.0

    @cached_property
    def _transformer(self) -> pyproj.Transformer:
        return pyproj.Transformer.from_pipeline(
            "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=WGS84 "
            f"+step +proj=topocentric +ellps=WGS84 +lat_0={self.latitude_deg!r} +lon_0={self.longitude_deg!r} "
            f"+h_0={self.height_m!r}"
        )

    @cached_property
    def _earth_from_map(self) -> Pose3:
        """In the geocentric frame: x through the meridian of Greenwich, z through the north pole."""
        transformer = pyproj.Transformer.from_pipeline(
            "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=WGS84"
        )
        at_m = np.array(transformer.transform(self.longitude_deg, self.latitude_deg, self.height_m), float)
        place_rad = np.radians((self.latitude_deg, self.longitude_deg))
        (cos_n, cos_e), (sin_n, sin_e) = np.cos(place_rad), np.sin(place_rad)
        east, north = (-sin_e, cos_e, 0.0), (-sin_n * cos_e, -sin_n * sin_e, cos_n)
        return Pose3(np.column_stack([east, north, np.cross(east, north)]), at_m)

    def map_from(self, other: GeoOrigin) -> Pose3:
        """The map frame of another origin in the one of this: tilted, too, since the earth is round."""
        return self._earth_from_map.inverse() @ other._earth_from_map

    def to_map(self, latitude_deg: Float64, longitude_deg: Float64) -> Float64:
        """Map coordinates (..., 2) in metres of points on the origin's height."""
        latitude_deg, longitude_deg = np.broadcast_arrays(latitude_deg, longitude_deg)
        height_m = np.full(latitude_deg.shape, self.height_m)
        east_m, north_m, _ = self._transformer.transform(longitude_deg, latitude_deg, height_m)
        return np.stack([np.asarray(east_m, float), np.asarray(north_m, float)], axis=-1)

    def to_geodetic(self, points_m: Float64) -> tuple[Float64, Float64]:
        """Latitude and longitude in degrees (...,) of map points (..., 2) on the tangent plane."""
        east_m, north_m = points_m[..., 0], points_m[..., 1]
        longitude_deg, latitude_deg, _ = self._transformer.transform(
            east_m, north_m, np.zeros_like(east_m), direction="INVERSE"
        )
        return np.asarray(latitude_deg, float), np.asarray(longitude_deg, float)
