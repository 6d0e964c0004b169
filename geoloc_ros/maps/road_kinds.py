"""Which kind of road a place is on: all of them, also those where no car may drive."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osmium
import shapely

from geoloc_ros.core.errors import MapError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.types import Float64, Int64
from geoloc_ros.maps.reader import SUFFIXES, WayTable, read_nodes, with_keys
from geoloc_ros.maps.tags import DRIVABLE

_NOT_YET = frozenset(["proposed", "construction", "planned", "abandoned", "razed", "no"])
_BESIDE_DEG = 0.01
"""How far from all roads a place may be to be looked at."""


@dataclass(frozen=True)
class RoadKinds:
    """S straight pieces of road, each of a kind."""

    kinds: tuple[str, ...]
    """Values of OpenStreetMap's key `highway`, ascending."""
    kind: Int64
    """(S,), number in `kinds`."""
    lonlat_deg: Float64
    """(S, 2, 2), ends of the pieces: longitude, latitude."""
    origin: GeoOrigin
    tree: shapely.STRtree
    """Of the pieces, in metres around `origin`."""

    def nearest(self, latitude_deg: Float64, longitude_deg: Float64, limit_m: float) -> Int64:
        """Kind (N,) of the nearest road within `limit_m` of places; -1 where there is none."""
        lonlat_deg = np.stack([longitude_deg, latitude_deg], axis=-1)
        low, high = self.lonlat_deg.min(axis=(0, 1)) - _BESIDE_DEG, self.lonlat_deg.max(axis=(0, 1)) + _BESIDE_DEG
        # The other side of the globe lies in the same places of a tangent plane.
        rows = np.flatnonzero(((lonlat_deg >= low) & (lonlat_deg <= high)).all(axis=1))
        points = shapely.points(self.origin.to_map(latitude_deg[rows], longitude_deg[rows]))
        place, piece = self.tree.query_nearest(points, max_distance=limit_m, all_matches=False)
        found = np.full(len(lonlat_deg), -1, np.int64)
        found[rows[place]] = self.kind[piece]
        return found

    def drivable_lonlat_deg(self) -> Float64:
        """Pieces (K, 2, 2) of the roads for cars."""
        is_drivable = np.array([kind in DRIVABLE for kind in self.kinds], bool)
        pieces: Float64 = self.lonlat_deg[is_drivable[self.kind]]
        return pieces


def load_road_kinds(path: Path) -> RoadKinds:
    """Roads of a `.osm.pbf`, `.osm`, `.osm.gz` or `.osm.bz2` file; closed areas are none.

    Raises:
        MapError: The file cannot be read, or holds no road.
    """
    if not path.name.endswith(SUFFIXES):
        raise MapError(f"'{path}' is not a map file that we read; its name should end in one of {', '.join(SUFFIXES)}")
    try:
        ways, names = _read_ways(path)
        node_id, lonlat_deg = read_nodes(path, np.unique(np.asarray(ways.ref, np.int64)))
    except (RuntimeError, OSError) as error:  # RuntimeError is all that libosmium throws
        raise MapError(f"cannot read the map '{path}': {error}; is it complete? download or export it again") from error
    lines = ways.finish(node_id)
    way = np.repeat(np.arange(len(lines.osm_id)), np.diff(lines.start))
    follows = (way[1:] == way[:-1]) & (lines.node[:-1] >= 0) & (lines.node[1:] >= 0)
    if not follows.any():
        raise MapError(f"'{path}' holds no roads; export the map again with highways in it")
    ends = np.stack([lonlat_deg[lines.node[:-1][follows]], lonlat_deg[lines.node[1:][follows]]], axis=1)
    kinds, kind_of_way = np.unique(np.array(names), return_inverse=True)
    longitude_deg, latitude_deg = ends.reshape(-1, 2).mean(axis=0).tolist()
    origin = GeoOrigin(latitude_deg, longitude_deg)
    pieces = shapely.linestrings(origin.to_map(ends[..., 1], ends[..., 0]))
    kind: Int64 = kind_of_way[way[:-1][follows]].astype(np.int64)
    return RoadKinds(tuple(kinds.tolist()), kind, ends, origin, shapely.STRtree(pieces))


def _read_ways(path: Path) -> tuple[WayTable, list[str]]:
    """Roads as lines, and the kind of each."""
    ways, names = WayTable(), []
    for way in with_keys(path, osmium.osm.WAY, ["highway"]):
        kind = way.tags["highway"]
        if kind not in _NOT_YET and way.tags.get("area") != "yes":
            ways.add(way.id, [node.ref for node in way.nodes])
            names.append(kind)
    return ways, names
