"""OpenStreetMap bytes to elements."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import re
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import osmium

from geoloc_ros.core.errors import MapError
from geoloc_ros.core.types import Float64, Int32, Int64
from geoloc_ros.maps import tags as meaning
from geoloc_ros.maps.elements import BuildingTags, Elements, Multipolygons, Ways

# libosmium's fixed point, and what it writes where a node has no place.
_PER_DEGREE = 1e7
_NOWHERE = 2**31 - 1
_BLOCK = 1 << 20

SUFFIXES = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2")


def read_elements(path: Path, level_height_m: float) -> Elements:
    """Read what we need of an OpenStreetMap file, in several passes so that only that much is held in memory.

    Raises:
        MapError: The file is missing, cut off, empty, or no OpenStreetMap file.
    """
    if not path.name.endswith(SUFFIXES):
        raise MapError(f"'{path}' is not a map file that we read; its name should end in one of {', '.join(SUFFIXES)}")
    try:
        return _read(path, level_height_m)
    except (RuntimeError, OSError) as error:  # RuntimeError is all that libosmium throws
        raise MapError(f"cannot read the map '{path}': {error}; is it complete? download or export it again") from error


def _read(path: Path, level_height_m: float) -> Elements:
    sha256 = _sha256(path)
    header = osmium.FileProcessor(path, osmium.osm.NOTHING).header
    relations = _read_relations(path, level_height_m)
    outlines, roads, tree_rows, members = _read_ways(path, level_height_m, set(relations.member))
    tables = (outlines.ways, roads.ways, tree_rows, members)
    node_id, lonlat_deg = read_nodes(path, np.unique(np.concatenate([np.asarray(t.ref, np.int64) for t in tables])))
    return Elements(
        lonlat_deg=lonlat_deg,
        outlines=outlines.ways.finish(node_id),
        outline_tags=outlines.finish_tags(),
        multipolygons=relations.finish(members.finish(node_id)),
        roads=roads.ways.finish(node_id),
        is_oneway=np.array(roads.is_oneway, bool),
        tree_rows=tree_rows.finish(node_id),
        tree_lonlat_deg=_read_trees(path),
        date=header.get("osmosis_replication_timestamp", "") or _date_from_overpass(path),
        generator=header.get("generator", ""),
        sha256=sha256,
    )


@dataclass
class WayTable:
    """Lines in the making, as ids of nodes."""

    osm_id: array[int] = field(default_factory=lambda: array("q"))
    size: array[int] = field(default_factory=lambda: array("q"))
    ref: array[int] = field(default_factory=lambda: array("q"))

    def add(self, osm_id: int, refs: list[int]) -> None:
        """One more line."""
        self.osm_id.append(osm_id)
        self.size.append(len(refs))
        self.ref.extend(refs)

    def finish(self, node_id: Int64) -> Ways:
        """Lines as rows of the sorted ids (N,) of nodes."""
        ref = np.asarray(self.ref, np.int64)
        row = np.searchsorted(node_id, ref)
        row[row == len(node_id)] = 0
        found = node_id[row] == ref if len(node_id) else np.zeros(len(ref), bool)
        start = np.concatenate([[0], np.cumsum(np.asarray(self.size, np.int64))])
        return Ways(np.asarray(self.osm_id, np.int64), start, np.where(found, row, -1))


@dataclass
class _BuildingTable:
    ways: WayTable = field(default_factory=WayTable)
    height_m: array[float] = field(default_factory=lambda: array("d"))
    base_m: array[float] = field(default_factory=lambda: array("d"))
    is_part: list[bool] = field(default_factory=list)

    def add_tags(self, tags: meaning.Tags, level_height_m: float) -> None:
        self.height_m.append(meaning.roof_height_m(tags, level_height_m))
        self.base_m.append(meaning.base_height_m(tags, level_height_m))
        self.is_part.append(meaning.is_building_part(tags))

    def finish_tags(self) -> BuildingTags:
        return BuildingTags(np.array(self.height_m, float), np.array(self.base_m, float), np.array(self.is_part, bool))


@dataclass
class _RoadTable:
    ways: WayTable = field(default_factory=WayTable)
    is_oneway: list[bool] = field(default_factory=list)

    def add(self, osm_id: int, refs: list[int], direction: meaning.Direction) -> None:
        self.ways.add(osm_id, refs[::-1] if direction == "backward" else refs)
        self.is_oneway.append(direction != "both")


@dataclass
class _RelationTable:
    osm_id: list[int] = field(default_factory=list)
    tags: _BuildingTable = field(default_factory=_BuildingTable)
    member: list[int] = field(default_factory=list)
    member_of: list[int] = field(default_factory=list)
    is_inner: list[bool] = field(default_factory=list)

    def finish(self, ways: Ways) -> Multipolygons:
        row_of = {int(way): row for row, way in enumerate(ways.osm_id)}
        rows = np.array([row_of.get(way, -1) for way in self.member], np.int64)
        member_of = np.array(self.member_of, np.int64)
        is_complete = np.ones(len(self.osm_id), bool)
        is_complete[member_of[rows < 0]] = False
        kept = rows[rows >= 0]
        nodes = [ways.nodes(int(row)) for row in kept]
        member = Ways(
            ways.osm_id[kept],
            np.concatenate([[0], np.cumsum([len(line) for line in nodes], dtype=np.int64)]),
            np.concatenate([np.empty(0, np.int64), *nodes]),
        )
        return Multipolygons(
            np.array(self.osm_id, np.int64),
            self.tags.finish_tags(),
            member,
            member_of[rows >= 0],
            np.array(self.is_inner, bool)[rows >= 0],
            is_complete,
        )


def _all(path: Path, kind: Any) -> Iterator[Any]:
    yield from osmium.FileProcessor(path, kind)


def with_keys(path: Path, kind: Any, keys: Iterable[str]) -> Iterator[Any]:
    """Elements of a kind of `osmium.osm` that have one of the keys; each is gone with the next."""
    yield from osmium.FileProcessor(path, kind).with_filter(osmium.filter.KeyFilter(*keys))


def _read_relations(path: Path, level_height_m: float) -> _RelationTable:
    table = _RelationTable()
    for relation in with_keys(path, osmium.osm.RELATION, ["building", "building:part"]):
        tags = dict(relation.tags)
        wanted = meaning.is_building(tags) or meaning.is_building_part(tags)
        if tags.get("type") != "multipolygon" or not wanted:
            continue
        row = len(table.osm_id)
        table.osm_id.append(relation.id)
        table.tags.add_tags(tags, level_height_m)
        for member in relation.members:
            if member.type == "w":
                table.member.append(member.ref)
                table.member_of.append(row)
                table.is_inner.append(member.role == "inner")
    return table


def _read_ways(
    path: Path, level_height_m: float, members: set[int]
) -> tuple[_BuildingTable, _RoadTable, WayTable, WayTable]:
    """Outlines, roads, rows of trees and the members of relations."""
    buildings, roads, tree_rows, member_table = _BuildingTable(), _RoadTable(), WayTable(), WayTable()
    for way in with_keys(path, osmium.osm.WAY, ["building", "building:part", "highway", "natural"]):
        tags = dict(way.tags)
        if meaning.is_building(tags) or meaning.is_building_part(tags):
            buildings.ways.add(way.id, [node.ref for node in way.nodes])
            buildings.add_tags(tags, level_height_m)
        elif (direction := meaning.drivable_direction(tags)) != "none":
            roads.add(way.id, [node.ref for node in way.nodes], direction)
        elif tags.get("natural") == "tree_row":
            tree_rows.add(way.id, [node.ref for node in way.nodes])
    if members:
        for way in _all(path, osmium.osm.WAY):
            if way.id in members:
                member_table.add(way.id, [node.ref for node in way.nodes])
    return buildings, roads, tree_rows, member_table


def read_nodes(path: Path, wanted: Int64) -> tuple[Int64, Float64]:
    """Sorted ids (N,) and longitude, latitude (N, 2) of the wanted nodes (sorted) that the file holds."""
    ids, places = [np.empty(0, np.int64)], [np.empty((0, 2), np.int32)]
    for node_id, place in _node_blocks(path) if len(wanted) else ():
        row = np.minimum(np.searchsorted(wanted, node_id), len(wanted) - 1)
        found = (wanted[row] == node_id) & (place != _NOWHERE).all(axis=1)
        ids.append(node_id[found])
        places.append(place[found])
    sorted_id, row = np.unique(np.concatenate(ids), return_index=True)
    return sorted_id, np.concatenate(places)[row] / _PER_DEGREE


def _node_blocks(path: Path) -> Iterator[tuple[Int64, Int32]]:
    """Ids (n,) and fixed-point places (n, 2) of all nodes, a million at a time.

    Not by osmium.filter.IdFilter: its bit field grows to more than a gigabyte with the node ids of today.
    """
    node_id, place = array("q"), array("i")
    for node in _all(path, osmium.osm.NODE):
        location = node.location
        node_id.append(node.id)
        place.append(location.x)
        place.append(location.y)
        if len(node_id) == _BLOCK:
            yield np.array(node_id, np.int64), np.array(place, np.int32).reshape(-1, 2)
            node_id, place = array("q"), array("i")
    yield np.array(node_id, np.int64), np.array(place, np.int32).reshape(-1, 2)


def _read_trees(path: Path) -> Float64:
    trees = [
        (node.location.lon, node.location.lat)
        for node in with_keys(path, osmium.osm.NODE, ["natural"])
        if node.tags.get("natural") == "tree" and node.location.valid()
    ]
    return np.array(trees, float).reshape(-1, 2)


def _date_from_overpass(path: Path) -> str:
    """Date that an Overpass server writes into the first lines; empty where it did not."""
    openers: dict[str, Callable[..., Any]] = {".osm": open, ".gz": gzip.open, ".bz2": bz2.open}
    if path.suffix not in openers:
        return ""
    with openers[path.suffix](path, "rb") as stream:
        found = re.search(rb'<meta osm_base="([^"]+)"', stream.read(2048))
    return found[1].decode() if found else ""


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
