"""Binary semantic descriptors: four bits per viewpoint, with simulated classifiers, as the paper compares them.

Panphattarasap and Calway, "Automated map reading" (2018); Yan et al., "Global localization on OpenStreetMap using 4-bit
semantic descriptors" (2019). A bit each for a junction ahead and one behind, and for a gap between buildings on the
left and on the right. The paper (section 5) puts classifiers of 75 % accuracy in place of the learned ones.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from geoloc_ros.core.types import Bool, Float32, Float64, Int32, Int64, SemanticScan
from geoloc_ros.evaluation.database import PlaceDatabase
from geoloc_ros.evaluation.retrieval import Queries
from geoloc_ros.maps.geomap import PlaceGraph, RoadGraph

Reading = Literal["bit", "joint"]

JUNCTION_REACH_M = 30.0
"""A junction nearer than this along the road is ahead, or behind."""
GAP_DEPTH_M = 30.0
"""A gap is where nothing stands nearer than this."""
GAP_WIDTH_RAD = float(np.radians(6.0))
"""A gap is at least this wide."""
GAP_SECTOR_RAD = float(np.radians(30.0))
"""Gaps are looked for this far to either side of the perpendicular to the road."""
ACCURACY = 0.75

_NUM_BITS = 4
_ONES = np.array([bin(code).count("1") for code in range(1 << _NUM_BITS)], np.float32)


class BinaryDescriptors:
    """Hamming distances of four bits; implements `evaluation.retrieval.Method`.

    The code of a query is that of the true viewpoint, read from the map, with errors; its scan is not used, so no noise
    of the observation matters. The code of a place is that of its viewpoint whose direction is nearest to the heading
    that the query believes in; where none is believed, the most alike of its viewpoints counts.
    """

    tells_heading = False

    def __init__(self, database: PlaceDatabase, reading: Reading, seed: int) -> None:
        """`reading`: each bit is right in 75 % of cases ("bit"), or the whole code is, else it is any other one."""
        places = database.places
        self._code = viewpoint_codes(database.geomap.roads, places, database.scan)
        self._reading, self._seed = reading, seed
        self._viewpoints = _viewpoints_of_places(places)
        yaw_rad = places.viewpoint_yaw_rad
        self._direction = np.stack([np.cos(yaw_rad), np.sin(yaw_rad)]).astype(np.float32)

    def compare(self, queries: Queries) -> Float32:
        """Hamming distances (q, 1, N)."""
        observed = self._observe(queries)
        known = np.isfinite(queries.believed_yaw_rad)
        first, second = self._viewpoints
        distance = [_ONES[observed[:, None] ^ self._code[viewpoint]] for viewpoint in (first, second)]
        follows_first = self._along(queries.believed_yaw_rad, first) >= self._along(queries.believed_yaw_rad, second)
        chosen = np.where(follows_first, distance[0], distance[1])
        distances: Float32 = np.where(known[:, None], chosen, np.minimum(*distance))[:, None]
        return distances

    def _along(self, yaw_rad: Float64, viewpoint: Int64) -> Float32:
        """Cosine (q, N) between headings (q,) and viewpoints (N,)."""
        heading = np.stack([np.cos(yaw_rad), np.sin(yaw_rad)], axis=1).astype(np.float32)
        cosine: Float32 = heading @ self._direction[:, viewpoint]
        return cosine

    def _observe(self, queries: Queries) -> Int32:
        """Codes (q,) of the true viewpoints with the errors of the classifiers."""
        first, second = (viewpoint[queries.place] for viewpoint in self._viewpoints)
        yaw_rad = queries.pose[:, 2]
        heading = np.stack([np.cos(yaw_rad), np.sin(yaw_rad)])
        gain = ((self._direction[:, first] - self._direction[:, second]) * heading).sum(axis=0)
        code = self._code[np.where(gain >= 0.0, first, second)]
        errors = [_draw_error(np.random.default_rng([self._seed, number]), self._reading) for number in queries.number]
        return np.asarray(code ^ np.array(errors, np.int32))


def viewpoint_codes(roads: RoadGraph, places: PlaceGraph, scan: SemanticScan) -> Int32:
    """Codes (V,) of all viewpoints: 1 junction ahead, 2 junction behind, 4 gap on the left, 8 gap on the right.

    Args:
        roads: Tell junctions: nodes where three or more roads meet.
        places: V viewpoints of N places.
        scan: (N, B) of the map at the places, ray 0 looking east.
    """
    edge, along_m = places.viewpoint_edge, places.viewpoint_along_m
    piece_m = np.hypot(*np.diff(roads.point_m, axis=0).T)
    travelled_m = np.concatenate([[0.0], np.cumsum(piece_m)])
    length_m = travelled_m[roads.point_start[1:] - 1] - travelled_m[roads.point_start[:-1]]
    is_junction = _is_junction(roads)
    ahead = is_junction[roads.edge_to[edge]] & (length_m[edge] - along_m < JUNCTION_REACH_M)
    behind = is_junction[roads.edge_from[edge]] & (along_m < JUNCTION_REACH_M)
    is_open = ~(scan.range_m < GAP_DEPTH_M)
    left, right = (
        _has_gap(is_open, places.viewpoint_place, places.viewpoint_yaw_rad + side) for side in (np.pi / 2, -np.pi / 2)
    )
    code: Int32 = (ahead + 2 * behind + 4 * left + 8 * right).astype(np.int32)
    return code


def _is_junction(roads: RoadGraph) -> Bool:
    once = (roads.edge_reverse < 0) | (roads.edge_reverse > np.arange(len(roads)))
    ends = np.concatenate([roads.edge_from[once], roads.edge_to[once]])
    meets: Bool = np.bincount(ends, minlength=len(roads.node_m)) >= 3
    return meets


def _has_gap(is_open: Bool, place: Int32, direction_rad: Float64) -> Bool:
    """Whether (V,) enough rays in a row are open around a direction (V,); is_open (N, B)."""
    num_rays = is_open.shape[1]
    reach, width = (max(1, round(angle / (2.0 * np.pi) * num_rays)) for angle in (GAP_SECTOR_RAD, GAP_WIDTH_RAD))
    centre = np.rint(direction_rad / (2.0 * np.pi) * num_rays).astype(np.int64)
    run = np.zeros(len(place), np.int32)
    longest = np.zeros(len(place), np.int32)
    for ray in range(-reach, reach + 1):
        run = np.where(is_open[place, (centre + ray) % num_rays], run + 1, 0)
        longest = np.maximum(longest, run)
    return np.asarray(longest >= width)


def _viewpoints_of_places(places: PlaceGraph) -> tuple[Int64, Int64]:
    """A viewpoint (N,) of each place and its other one, which is the same on one-way roads."""
    order = np.argsort(places.viewpoint_place, kind="stable")
    bounds = np.searchsorted(places.viewpoint_place[order], np.arange(len(places.position_m) + 1))
    return order[bounds[:-1]], order[bounds[1:] - 1]


def _draw_error(rng: np.random.Generator, reading: Reading) -> int:
    """Bits to be flipped."""
    if reading == "bit":
        wrong = rng.random(_NUM_BITS) >= ACCURACY
        return int(wrong @ (1 << np.arange(_NUM_BITS)))
    return 0 if rng.random() < ACCURACY else int(rng.integers(1, 1 << _NUM_BITS))
