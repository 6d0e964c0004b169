"""Which streets a drive takes."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geoloc_ros.core.errors import MapError
from geoloc_ros.core.types import Bool, Float64
from geoloc_ros.maps.geomap import RoadGraph

REVISIT_PENALTY = 0.02
"""How much less likely a street becomes with every time it was driven."""
STRAIGHT_ON_PER_RAD = 0.5


def choose_route(
    roads: RoadGraph, bounds_m: tuple[float, float, float, float], length_m: float, rng: np.random.Generator
) -> list[int]:
    """Directed edges of a random drive at least `length_m` long.

    Streets not yet driven are preferred, U-turns happen only at dead ends, and the drive keeps to the part of the
    network that can be left again and, where it can, away from the border of the map.

    Raises:
        MapError: If the map has no roads, or all are one-way into nowhere.
    """
    if not len(roads):
        raise MapError("the map has no drivable roads; choose a map file or a crop with roads")
    usable = _largest_circuit(roads) & _has_length(roads)
    if not usable.any():
        raise MapError(f"none of the {len(roads)} road edges of the map belongs to a circuit; choose a larger crop")
    lengths_m = np.array([_length_m(roads.polyline(edge)) for edge in range(len(roads))])
    inner = usable & _away_from_border(roads, bounds_m)
    start_weight = np.where(inner if inner.any() else usable, lengths_m, 0.0)
    route = [int(rng.choice(len(roads), p=start_weight / start_weight.sum()))]
    outgoing: dict[int, list[int]] = {}
    for edge in np.flatnonzero(usable):
        outgoing.setdefault(int(roads.edge_from[edge]), []).append(int(edge))
    visits = np.zeros(len(roads))
    while lengths_m[route].sum() < length_m:
        visits[_both_ways(roads, route[-1])] += 1
        route.append(_next_edge(roads, outgoing, route[-1], visits, inner, rng))
    return route


def _next_edge(
    roads: RoadGraph, outgoing: dict[int, list[int]], edge: int, visits: Float64, inner: Bool, rng: np.random.Generator
) -> int:
    options = outgoing[int(roads.edge_to[edge])]
    ahead = [option for option in options if option != roads.edge_reverse[edge]] or options
    arrival = _direction_rad(roads.polyline(edge)[-2:])
    turns = np.array([_direction_rad(roads.polyline(option)[:2]) - arrival for option in ahead])
    weight = REVISIT_PENALTY ** visits[ahead] * np.exp(STRAIGHT_ON_PER_RAD * np.cos(turns))
    weight *= np.where(inner[ahead], 1.0, 0.05)
    return ahead[int(rng.choice(len(ahead), p=weight / weight.sum()))]


def _both_ways(roads: RoadGraph, edge: int) -> list[int]:
    reverse = int(roads.edge_reverse[edge])
    return [edge] if reverse < 0 else [edge, reverse]


def _largest_circuit(roads: RoadGraph) -> Bool:
    """Edges (E,) within the largest set of junctions that can all reach each other."""
    shape = (len(roads.node_m), len(roads.node_m))
    graph = coo_array((np.ones(len(roads)), (roads.edge_from, roads.edge_to)), shape=shape)
    _, group = connected_components(graph, directed=True, connection="strong")
    within = group[roads.edge_from] == group[roads.edge_to]
    counts = np.bincount(group[roads.edge_from[within]], minlength=1)
    return np.asarray(within & (group[roads.edge_from] == counts.argmax()))


def _has_length(roads: RoadGraph) -> Bool:
    return np.array([_length_m(roads.polyline(edge)) > 0.1 for edge in range(len(roads))])


def _away_from_border(roads: RoadGraph, bounds_m: tuple[float, float, float, float]) -> Bool:
    west, south, east, north = bounds_m
    margin_m = min(100.0, 0.15 * min(east - west, north - south))
    low, high = np.array([west, south]) + margin_m, np.array([east, north]) - margin_m
    inside = np.all((roads.node_m > low) & (roads.node_m < high), axis=1)
    return np.asarray(inside[roads.edge_from] & inside[roads.edge_to])


def _length_m(line_m: Float64) -> float:
    return float(np.hypot(*np.diff(line_m, axis=0).T).sum())


def _direction_rad(line_m: Float64) -> float:
    dx, dy = line_m[-1] - line_m[0]
    return float(np.arctan2(dy, dx))
