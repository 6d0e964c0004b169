"""The road network cut into cells a few metres long: the states of the tracker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.types import Float32, Float64, Int32, Int64
from geoloc_ros.maps.geomap import PlaceGraph

_CURVE_SAMPLES = 9


@dataclass(frozen=True)
class RoadCells:
    """C cells on L links. A link is one way to drive from a viewpoint to a successor; its cells are consecutive.

    Cell k of n lies the share k / n along its link, so cell 0 at the viewpoint it comes from. Between viewpoints a
    vehicle is taken to drive a smooth curve that leaves and arrives along their headings: roads in OpenStreetMap meet
    at sharp corners, but nobody drives one.
    """

    link_start: Int64
    """(L + 1,) first cell."""
    link_from: Int32
    """(L,) viewpoint, ascending."""
    link_to: Int32
    """(L,) viewpoint; -1 where the map ends."""
    origin_m: Float64
    """(2,), where x_m and y_m start: float32 would not resolve a whole country."""
    x_m: Float32
    """(C,)."""
    y_m: Float32
    """(C,)."""
    yaw_rad: Float32
    """(C,)."""
    cell_turn_rad: Float32
    """(C,), to the left, from the cell before it on the same link; 0 for first cells."""
    exit_turn_rad: Float32
    """(L,), to the left, from the last cell to the viewpoint at the end."""
    out_share: Float32
    """(V,), 1 / number of links that leave a viewpoint: without knowing better, every way on is as likely."""

    def __len__(self) -> int:
        return len(self.x_m)


def cut_cells(places: PlaceGraph, cell_length_m: float) -> RoadCells:
    """Cells of about `cell_length_m` on every link of a place graph; each link has a whole number, at least one."""
    link_from, link_to = _links(places)
    start, end = _poses_at(places, link_from), _poses_at(places, np.where(link_to < 0, link_from, link_to))
    turn_rad = wrap_angle(end[:, 2] - start[:, 2])
    counts = np.maximum(1, np.rint(_curve_length(start, end) / cell_length_m)).astype(np.int64)
    counts[link_to < 0] = 1
    link_start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    link = np.repeat(np.arange(len(counts)), counts)
    share = (np.arange(link_start[-1]) - link_start[link]) / counts[link]
    origin_m = start[:, :2].mean(axis=0)
    xy_m = _curve(start[link], end[link], share) - origin_m
    step_turn_rad = turn_rad / counts
    return RoadCells(
        link_start=link_start, link_from=link_from.astype(np.int32), link_to=link_to.astype(np.int32),
        origin_m=origin_m,
        x_m=np.ascontiguousarray(xy_m[:, 0], np.float32), y_m=np.ascontiguousarray(xy_m[:, 1], np.float32),
        yaw_rad=wrap_angle(start[link, 2] + share * turn_rad[link]).astype(np.float32),
        cell_turn_rad=np.where(share > 0.0, step_turn_rad[link], 0.0).astype(np.float32),
        exit_turn_rad=step_turn_rad.astype(np.float32),
        out_share=(1.0 / np.bincount(link_from, minlength=len(places.viewpoint_place))).astype(np.float32),
    )


def _links(places: PlaceGraph) -> tuple[Int64, Int64]:
    """Ends (L,), (L,) of all links; a viewpoint without successor gets one to nowhere, so that it has a cell."""
    viewpoints = len(places.viewpoint_place)
    successors = np.diff(places.successor_start)
    ending = np.flatnonzero(successors == 0)
    link_from = np.concatenate([np.repeat(np.arange(viewpoints), successors), ending])
    link_to = np.concatenate([places.successor.astype(np.int64), np.full(len(ending), -1)])
    order = np.argsort(link_from, kind="stable")
    return link_from[order], link_to[order]


def _poses_at(places: PlaceGraph, viewpoint: Int64) -> Float64:
    position_m = places.position_m[places.viewpoint_place[viewpoint]]
    return np.column_stack([position_m, places.viewpoint_yaw_rad[viewpoint]])


def _curve(start: Float64, end: Float64, share: Float64) -> Float64:
    """Points (n, 2) of the cubic that leaves pose `start` (n, 3) along its yaw and arrives at `end` along its own."""
    chord_m = np.hypot(*(end[:, :2] - start[:, :2]).T)[:, None]
    leaving, arriving = (
        chord_m * np.column_stack([np.cos(pose[:, 2]), np.sin(pose[:, 2])]) for pose in (start, end)
    )
    t = share[:, None]
    points: Float64 = (
        (2 * t**3 - 3 * t**2 + 1) * start[:, :2] + (t**3 - 2 * t**2 + t) * leaving
        + (3 * t**2 - 2 * t**3) * end[:, :2] + (t**3 - t**2) * arriving
    )
    return points


def _curve_length(start: Float64, end: Float64) -> Float64:
    shares = np.linspace(0.0, 1.0, _CURVE_SAMPLES)
    points = np.stack([_curve(start, end, np.full(len(start), share)) for share in shares])
    length_m: Float64 = np.linalg.norm(np.diff(points, axis=0), axis=-1).sum(axis=0)
    return length_m
