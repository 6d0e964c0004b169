"""Ways to the directed road graph: cut at the crop, joined at shared nodes, one edge from junction to junction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.types import Bool, Float64, Int32, Int64
from geoloc_ros.maps.elements import Ways
from geoloc_ros.maps.geomap import RoadGraph

_STRIP_M = 200.0


@dataclass(frozen=True)
class _Segments:
    """S straight pieces of road between two nodes each; M nodes."""

    lonlat_deg: Float64
    """(M, 2)."""
    first: Int64
    """(S,)."""
    second: Int64
    """(S,)."""
    is_oneway: Bool
    """(S,), from first to second."""


def make_roads(
    roads: Ways,
    is_oneway: Bool,
    lonlat_deg: Float64,
    crop: tuple[float, float, float, float] | None,
    origin: GeoOrigin,
) -> RoadGraph:
    """Road graph within `crop` (west, south, east, north in degrees); roads are cut at its border.

    Nodes are junctions, dead ends and changes between one-way and two-way; ways that merely continue each other are
    one edge. Turn restrictions are not kept.
    """
    segments = _to_segments(roads, is_oneway, lonlat_deg)
    if crop is not None:
        segments = _clip(segments, crop)
    segments = _without_duplicates(segments)
    return _join(segments, origin.to_map(segments.lonlat_deg[:, 1], segments.lonlat_deg[:, 0]))


def _to_segments(roads: Ways, is_oneway: Bool, lonlat_deg: Float64) -> _Segments:
    way = np.repeat(np.arange(len(roads.osm_id)), np.diff(roads.start))
    follows = (way[1:] == way[:-1]) & (roads.node[:-1] >= 0) & (roads.node[1:] >= 0)
    first, second = roads.node[:-1][follows], roads.node[1:][follows]
    return _Segments(lonlat_deg, first, second, is_oneway[way[:-1][follows]])


def _clip(segments: _Segments, crop: tuple[float, float, float, float]) -> _Segments:
    """Liang-Barsky: the part of each segment within the box, with new nodes where it is cut."""
    low, high = np.array(crop[:2]), np.array(crop[2:])
    start, end = segments.lonlat_deg[segments.first], segments.lonlat_deg[segments.second]
    step = end - start
    with np.errstate(divide="ignore", invalid="ignore"):
        at_low, at_high = (low - start) / step, (high - start) / step
    flat, inside = step == 0.0, (start >= low) & (start <= high)
    enter = np.where(flat, np.where(inside, 0.0, np.inf), np.minimum(at_low, at_high)).max(axis=1)
    leave = np.where(flat, 1.0, np.maximum(at_low, at_high)).min(axis=1)
    enter, leave = np.maximum(enter, 0.0), np.minimum(leave, 1.0)
    kept = enter < leave
    start, step, enter, leave = start[kept], step[kept], enter[kept, None], leave[kept, None]
    first, second = segments.first[kept], segments.second[kept]
    cut_first, cut_second = enter[:, 0] > 0.0, leave[:, 0] < 1.0
    new_first, new_second = (start + enter * step)[cut_first], (start + leave * step)[cut_second]
    num_nodes = len(segments.lonlat_deg)
    first, second = first.copy(), second.copy()
    first[cut_first] = num_nodes + np.arange(len(new_first))
    second[cut_second] = num_nodes + len(new_first) + np.arange(len(new_second))
    lonlat_deg = np.concatenate([segments.lonlat_deg, new_first, new_second])
    return _Segments(lonlat_deg, first, second, segments.is_oneway[kept])


def _without_duplicates(segments: _Segments) -> _Segments:
    """Without segments of no length and without doubles; two-way wins over one-way, and so do two opposite one-ways."""
    same_place = (segments.lonlat_deg[segments.first] == segments.lonlat_deg[segments.second]).all(axis=1)
    first, second = segments.first[~same_place], segments.second[~same_place]
    is_oneway = segments.is_oneway[~same_place]
    num_nodes = len(segments.lonlat_deg)
    back = ~is_oneway
    arcs = np.unique(np.concatenate([first * num_nodes + second, second[back] * num_nodes + first[back]]))
    start, end = arcs // num_nodes, arcs % num_nodes
    has_reverse = np.isin(end * num_nodes + start, arcs, assume_unique=True)
    kept = ~has_reverse | (start < end)
    used, renamed = np.unique(np.concatenate([start[kept], end[kept]]), return_inverse=True)
    half = len(renamed) // 2
    return _Segments(segments.lonlat_deg[used], renamed[:half], renamed[half:], ~has_reverse[kept])


def _join(segments: _Segments, node_m: Float64) -> RoadGraph:
    """Walk from junction to junction. Edges come in strips from south to north, so neighbours are near in memory."""
    found = _Walker(segments, len(node_m)).chains()
    middle_m = node_m[np.array([chain[len(chain) // 2] for chain, _ in found], np.int64)]
    chains: list[list[int]] = []
    reverse: list[int] = []
    for row in np.lexsort((middle_m[:, 0], np.floor(middle_m[:, 1] / _STRIP_M))):
        chain, is_oneway = found[row]
        edge = len(chains)
        chains.append(chain)
        reverse.append(-1 if is_oneway else edge + 1)
        if not is_oneway:
            chains.append(chain[::-1])
            reverse.append(edge)
    ends = np.array([(chain[0], chain[-1]) for chain in chains], np.int64).reshape(-1, 2)
    used, renamed = np.unique(ends, return_inverse=True)
    from_to: Int32 = renamed.reshape(-1, 2).astype(np.int32)
    points = np.concatenate([np.empty(0, np.int64), *(np.array(chain, np.int64) for chain in chains)])
    return RoadGraph(
        node_m=node_m[used],
        edge_from=from_to[:, 0].copy(),
        edge_to=from_to[:, 1].copy(),
        edge_reverse=np.array(reverse, np.int32),
        point_m=node_m[points],
        point_start=np.concatenate([[0], np.cumsum([len(chain) for chain in chains], dtype=np.int64)]),
    )


class _Walker:
    """Joins segments to chains at the nodes where a road merely continues."""

    def __init__(self, segments: _Segments, num_nodes: int) -> None:
        first, second = segments.first, segments.second
        self._oneway = segments.is_oneway.tolist()
        self._ends = list(zip(first.tolist(), second.tolist(), strict=True))
        self._at: list[list[int]] = [[] for _ in range(num_nodes)]
        for segment, (a, b) in enumerate(self._ends):
            self._at[a].append(segment)
            self._at[b].append(segment)
        both = ~segments.is_oneway
        incoming = np.bincount(second[~both], minlength=num_nodes)
        outgoing = np.bincount(first[~both], minlength=num_nodes)
        two_way = np.bincount(np.concatenate([first[both], second[both]]), minlength=num_nodes)
        only_two_way = (two_way == 2) & (incoming + outgoing == 0)
        only_one_way = (two_way == 0) & (incoming == 1) & (outgoing == 1)
        self._continues: list[bool] = (only_two_way | only_one_way).tolist()
        self._walked = [False] * len(self._ends)

    def chains(self) -> list[tuple[list[int], bool]]:
        """Nodes of every chain in driving direction, and whether it is one-way."""
        found = [
            self._walk(node, segment)
            for node, goes_on in enumerate(self._continues)
            if not goes_on
            for segment in self._at[node]
            if self._may_start(node, segment)
        ]
        # What is left are rings without a junction: they begin anywhere.
        found += [
            self._walk(first, segment) for segment, (first, _) in enumerate(self._ends) if not self._walked[segment]
        ]
        return found

    def _may_start(self, node: int, segment: int) -> bool:
        return not self._walked[segment] and (not self._oneway[segment] or self._ends[segment][0] == node)

    def _walk(self, start: int, segment: int) -> tuple[list[int], bool]:
        chain, node = [start], start
        while not self._walked[segment]:
            self._walked[segment] = True
            first, second = self._ends[segment]
            node = second if node == first else first
            chain.append(node)
            if self._continues[node]:
                before, after = self._at[node]
                segment = after if before == segment else before
        return chain, self._oneway[segment]
