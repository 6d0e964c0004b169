"""The map as arrays: building outlines and a directed road graph in the map frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.types import Float32, Float64, Int32, Int64


@dataclass(frozen=True)
class Walls:
    """Every building edge as a directed segment with the building to its left."""

    start_m: Float64
    """(S, 2)."""
    end_m: Float64
    """(S, 2)."""
    building: Int32
    """(S,)."""


@dataclass(frozen=True)
class Buildings:
    """Outlines of N buildings as R rings; ring i holds vertices `ring_start[i]` up to `ring_start[i + 1]`.

    A ring does not repeat its first vertex. Outer rings run counter-clockwise, courtyards clockwise, so that the
    building is always to the left.
    """

    vertices_m: Float64
    """(V, 2)."""
    ring_start: Int64
    """(R + 1,)."""
    ring_building: Int32
    """(R,), ascending."""
    height_m: Float32
    """(N,), of the roof over the ground."""
    base_m: Float32
    """(N,), of the underside over the ground; 0 for all but overhanging parts."""
    osm_id: Int64
    """(N,); negative for relations, 0 where made up."""

    def __len__(self) -> int:
        return len(self.height_m)

    def walls(self) -> Walls:
        """Segments in the order of the vertices; segment i starts at vertex i."""
        following = np.arange(1, len(self.vertices_m) + 1)
        following[self.ring_start[1:] - 1] = self.ring_start[:-1]
        counts = np.diff(self.ring_start)
        return Walls(self.vertices_m, self.vertices_m[following], np.repeat(self.ring_building, counts))


@dataclass(frozen=True)
class RoadGraph:
    """Drivable roads: E directed edges between junctions; a two-way road is two edges, `reverse` of each other."""

    node_m: Float64
    """(M, 2)."""
    edge_from: Int32
    """(E,) node."""
    edge_to: Int32
    """(E,) node."""
    edge_reverse: Int32
    """(E,) edge that runs the other way, -1 on one-way roads."""
    point_m: Float64
    """(P, 2), the bends of all edges; edge i holds `point_start[i]` up to `point_start[i + 1]`, ends included."""
    point_start: Int64
    """(E + 1,)."""

    def __len__(self) -> int:
        return len(self.edge_from)

    def polyline(self, edge: int) -> Float64:
        """Points (P_i, 2) of one edge in driving direction."""
        return self.point_m[self.point_start[edge] : self.point_start[edge + 1]]


@dataclass(frozen=True)
class MapSource:
    """Where a map came from."""

    name: str
    sha256: str
    date: str
    """Of the data, ISO 8601; empty where the file does not say."""
    attribution: str


@dataclass(frozen=True)
class GeoMap:
    """One city."""

    origin: GeoOrigin
    bounds_m: tuple[float, float, float, float]
    """West, south, east, north of what is complete, in the map frame."""
    buildings: Buildings
    roads: RoadGraph
    tree_m: Float64
    """(T, 2)."""
    source: MapSource


@dataclass(frozen=True)
class PlaceGraph:
    """P places along the roads and V viewpoints: a place with the heading of a directed edge through it."""

    position_m: Float64
    """(P, 2)."""
    viewpoint_place: Int32
    """(V,)."""
    viewpoint_yaw_rad: Float64
    """(V,), driving direction."""
    viewpoint_edge: Int32
    """(V,), of the road graph; viewpoints of one edge are consecutive rows in driving order."""
    viewpoint_along_m: Float64
    """(V,), from the start of the edge."""
    successor_start: Int64
    """(V + 1,); viewpoints that can be driven to next from i are `successor[successor_start[i]:successor_start[i+1]]`.
    A U-turn is a successor only at a dead end."""
    successor: Int32
    """(K,)."""
    successor_distance_m: Float32
    """(K,), along the road."""

    def poses(self) -> Float64:
        """Viewpoints as (V, 3): x_m, y_m, yaw_rad."""
        return np.column_stack([self.position_m[self.viewpoint_place], self.viewpoint_yaw_rad])
