"""The places of a city with the scans that its map shows there: what queries are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from geoloc_ros.core.config import Config, ScanConfig
from geoloc_ros.core.types import Float64, Int64, SemanticScan
from geoloc_ros.maps.geomap import GeoMap, PlaceGraph
from geoloc_ros.maps.osm import Crop, load_map
from geoloc_ros.maps.places import build_places
from geoloc_ros.maps.raycast import RayCaster


@dataclass(frozen=True)
class PlaceDatabase:
    """N places; one scan each, aligned with the map: ray 0 looks east."""

    geomap: GeoMap
    places: PlaceGraph
    scan: SemanticScan
    """(N, B)."""
    scan_config: ScanConfig

    def __len__(self) -> int:
        """N."""
        return len(self.places.position_m)

    @cached_property
    def tree(self) -> cKDTree:
        """The positions of the places, to be searched."""
        return cKDTree(self.places.position_m)

    def nearest(self, position_m: Float64) -> Int64:
        """The place (Q,) nearest to each position (Q, 2): the true place of a query there."""
        rows: Int64 = self.tree.query(position_m)[1].astype(np.int64)
        return rows

    def num_buildings(self) -> Int64:
        """How many buildings (N,) the map shows at each place."""
        ordered = np.sort(self.scan.instance, axis=1)
        is_new = np.diff(ordered, axis=1, prepend=np.int32(-1)) > 0
        count: Int64 = is_new.sum(axis=1, dtype=np.int64)
        return count


def build_database(path: Path, crop: Crop | None, config: Config) -> PlaceDatabase:
    """Read a map and scan its places.

    Raises:
        MapError: If the map cannot be read or holds no roads or buildings in the crop.
    """
    return scan_places(load_map(path, crop, config.map), config)


def scan_places(geomap: GeoMap, config: Config) -> PlaceDatabase:
    """The database of a map that was read already."""
    places = build_places(geomap.roads, config.map.place_spacing_m)
    poses = np.column_stack([places.position_m, np.zeros(len(places.position_m))])
    scan = RayCaster(geomap.buildings.walls()).cast(poses, config.scan.num_rays, config.scan.max_range_m)
    return PlaceDatabase(geomap, places, scan, config.scan)
