"""Roads to places: where the vehicle may be, which way it looks, and where it can go from there."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Float64, Int32, Int64
from geoloc_ros.maps.geomap import PlaceGraph, RoadGraph


def build_places(roads: RoadGraph, spacing_m: float) -> PlaceGraph:
    """Places about `spacing_m` apart: n = max(1, round(length / spacing)) per edge, at (i + 1/2) length / n.

    The two directions of a road share their places. The road goes on over junctions in all directions but back; a
    U-turn is possible only at a dead end. A one-way road that leaves the map ends there.
    """
    piece_m = np.diff(roads.point_m, axis=0)
    travelled_m = np.concatenate([[0.0], np.cumsum(np.hypot(piece_m[:, 0], piece_m[:, 1]))])
    first, last = roads.point_start[:-1], roads.point_start[1:] - 1
    length_m = travelled_m[last] - travelled_m[first]
    count = np.maximum(1, np.rint(length_m / spacing_m)).astype(np.int64)
    start = np.concatenate([[0], np.cumsum(count)])
    edge = np.repeat(np.arange(len(roads)), count)
    step = np.arange(start[-1]) - start[edge]
    along_m = (step + 0.5) * (length_m / count)[edge]
    # The points of all edges lie in one array, so one search places every viewpoint on its piece of road.
    goal_m = travelled_m[first[edge]] + along_m
    piece = np.clip(np.searchsorted(travelled_m, goal_m, side="right") - 1, first[edge], last[edge] - 1)
    way_m = roads.point_m[piece + 1] - roads.point_m[piece]
    piece_length_m = np.hypot(way_m[:, 0], way_m[:, 1])
    ratio = (goal_m - travelled_m[piece]) / piece_length_m
    place, owner = _number_places(roads, count, start, edge, step)
    successor_start, successor, distance_m = _successors(roads, count, start, length_m / count)
    return PlaceGraph(
        position_m=(roads.point_m[piece] + ratio[:, None] * way_m)[owner],
        viewpoint_place=place.astype(np.int32),
        viewpoint_yaw_rad=np.arctan2(way_m[:, 1], way_m[:, 0]),
        viewpoint_edge=edge.astype(np.int32),
        viewpoint_along_m=along_m,
        successor_start=successor_start,
        successor=successor,
        successor_distance_m=distance_m.astype(np.float32),
    )


def _number_places(roads: RoadGraph, count: Int64, start: Int64, edge: Int64, step: Int64) -> tuple[Int64, Int64]:
    """Place of each viewpoint, and for each place the viewpoint that it was made from."""
    reverse = roads.edge_reverse.astype(np.int64)
    shares = (reverse >= 0) & (reverse < np.arange(len(roads)))
    owner = np.flatnonzero(~shares[edge])
    place = np.empty(len(edge), np.int64)
    place[owner] = np.arange(len(owner))
    sharing = np.flatnonzero(shares[edge])
    other = reverse[edge[sharing]]
    place[sharing] = place[start[other] + count[other] - 1 - step[sharing]]
    return place, owner


def _successors(roads: RoadGraph, count: Int64, start: Int64, gap_m: Float64) -> tuple[Int64, Int32, Float64]:
    """Rows of the graph: start per viewpoint, successors, distances."""
    order = np.argsort(roads.edge_from, kind="stable")
    leaving_start = np.searchsorted(roads.edge_from[order], np.arange(len(roads.node_m) + 1))
    num_leaving = np.diff(leaving_start)[roads.edge_to]
    from_edge = np.repeat(np.arange(len(roads)), num_leaving)
    rank = np.arange(len(from_edge)) - np.repeat(np.cumsum(num_leaving) - num_leaving, num_leaving)
    to_edge = order[leaving_start[roads.edge_to[from_edge]] + rank]
    is_dead_end = num_leaving[from_edge] == 1
    allowed = (to_edge != roads.edge_reverse[from_edge]) | is_dead_end
    from_edge, to_edge = from_edge[allowed], to_edge[allowed]
    ends = np.zeros(start[-1], bool)
    ends[start[1:] - 1] = True
    inner = np.flatnonzero(~ends)
    edge_of = np.repeat(np.arange(len(roads)), count)
    source = np.concatenate([inner, start[1:][from_edge] - 1])
    target = np.concatenate([inner + 1, start[to_edge]])
    distance_m = np.concatenate([gap_m[edge_of[inner]], (gap_m[from_edge] + gap_m[to_edge]) / 2.0])
    by_source = np.argsort(source, kind="stable")
    successor_start = np.searchsorted(source[by_source], np.arange(start[-1] + 1))
    return successor_start.astype(np.int64), target[by_source].astype(np.int32), distance_m[by_source]
