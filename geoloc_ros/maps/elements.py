"""What an OpenStreetMap file holds of interest: buildings, roads and trees as arrays of node numbers."""

from __future__ import annotations

from dataclasses import dataclass

from geoloc_ros.core.types import Bool, Float64, Int64


@dataclass(frozen=True)
class Ways:
    """W lines; way i holds the nodes `node[start[i]:start[i + 1]]`."""

    osm_id: Int64
    """(W,)."""
    start: Int64
    """(W + 1,)."""
    node: Int64
    """(K,), a row of the node arrays of `Elements`; -1 where the file lacks the node."""

    def nodes(self, way: int) -> Int64:
        """Nodes of one way."""
        return self.node[self.start[way] : self.start[way + 1]]


@dataclass(frozen=True)
class BuildingTags:
    """What the tags of N buildings say."""

    height_m: Float64
    """(N,), NaN where unknown."""
    base_m: Float64
    """(N,)."""
    is_part: Bool
    """(N,), of a building:part that is not an outline."""


@dataclass(frozen=True)
class Multipolygons:
    """N building relations as lines, to be joined to rings; the lines of relation i have `member_of == i`."""

    osm_id: Int64
    """(N,), positive as in the file."""
    tags: BuildingTags
    member: Ways
    """(M,) members that the file holds, with the ids of their ways."""
    member_of: Int64
    """(M,)."""
    is_inner: Bool
    """(M,)."""
    is_complete: Bool
    """(N,), False where the file lacks a member."""


@dataclass(frozen=True)
class Elements:
    """What a file holds of interest, with N nodes."""

    lonlat_deg: Float64
    """(N, 2)."""
    outlines: Ways
    outline_tags: BuildingTags
    multipolygons: Multipolygons
    roads: Ways
    """In driving direction where one-way."""
    is_oneway: Bool
    tree_rows: Ways
    tree_lonlat_deg: Float64
    """(T, 2)."""
    date: str
    generator: str
    """Program that wrote the file, as it says itself."""
    sha256: str
