"""A map as an ordinary .osm file, so that a made-up city takes the same way in as a real one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.types import Float64
from geoloc_ros.maps.geomap import Buildings, GeoMap, RoadGraph


def write_osm(geomap: GeoMap, path: Path) -> None:
    """Write buildings with heights, roads and trees as OSM XML; positions keep 1 cm."""
    west, south, east, north = geomap.bounds_m
    (south_deg, north_deg), (west_deg, east_deg) = geomap.origin.to_geodetic(np.array([[west, south], [east, north]]))
    with write_beside(path) as partial, partial.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="geoloc_ros">\n')
        file.write(
            f'<bounds minlat="{south_deg:.7f}" minlon="{west_deg:.7f}" '
            f'maxlat="{north_deg:.7f}" maxlon="{east_deg:.7f}"/>\n'
        )
        writer = _Writer()
        # Readers of OSM files expect all nodes, then all ways, then all relations.
        roads, buildings = list(writer.roads(geomap.roads)), list(writer.buildings(geomap.buildings))
        for tree_m in geomap.tree_m:
            writer.node(tree_m, {"natural": "tree"})
        file.writelines(writer.nodes(geomap.origin))
        file.writelines(roads + buildings + writer.relations)
        file.write("</osm>\n")


class _Writer:
    """Numbers nodes, ways and relations as they come."""

    def __init__(self) -> None:
        self._num_ways = 0
        self._points_m: list[Float64] = []
        self._tags: list[str] = []
        self.relations: list[str] = []

    def node(self, point_m: Float64, tags: dict[str, str]) -> int:
        self._points_m.append(point_m)
        self._tags.append(_tags(tags))
        return len(self._tags)

    def nodes(self, origin: GeoOrigin) -> Iterator[str]:
        """All nodes so far."""
        latitude_deg, longitude_deg = origin.to_geodetic(np.array(self._points_m).reshape(-1, 2))
        for k, tags in enumerate(self._tags):
            position = f'lat="{latitude_deg[k]:.7f}" lon="{longitude_deg[k]:.7f}"'
            yield f'<node id="{k + 1}" version="1" {position}>{tags}</node>\n'

    def way(self, nodes: list[int], tags: dict[str, str]) -> str:
        self._num_ways += 1
        refs = "".join(f'<nd ref="{node}"/>' for node in nodes)
        return f'<way id="{self._num_ways}" version="1">{refs}{_tags(tags)}</way>\n'

    def roads(self, roads: RoadGraph) -> Iterator[str]:
        """One way for a street, tagged where it is one-way."""
        junctions = [self.node(point, {}) for point in roads.node_m]
        for edge in range(len(roads)):
            reverse = int(roads.edge_reverse[edge])
            if 0 <= reverse < edge:
                continue
            bends = [self.node(point, {}) for point in roads.polyline(edge)[1:-1]]
            nodes = [junctions[roads.edge_from[edge]], *bends, junctions[roads.edge_to[edge]]]
            yield self.way(nodes, {"highway": "residential", **({"oneway": "yes"} if reverse < 0 else {})})

    def buildings(self, buildings: Buildings) -> Iterator[str]:
        """A closed way for a plain building; one with courtyards is a multipolygon, put aside in `relations`."""
        first = np.searchsorted(buildings.ring_building, np.arange(len(buildings) + 1))
        for building in range(len(buildings)):
            tags = {"building": "yes", "height": f"{buildings.height_m[building]:.1f}"}
            if buildings.base_m[building] > 0.0:
                tags["min_height"] = f"{buildings.base_m[building]:.1f}"
            rings = []
            for ring in range(first[building], first[building + 1]):
                vertices = buildings.vertices_m[buildings.ring_start[ring] : buildings.ring_start[ring + 1]]
                nodes = [self.node(vertex, {}) for vertex in vertices]
                rings.append([*nodes, nodes[0]])
            if len(rings) == 1:
                yield self.way(rings[0], tags)
                continue
            members = []
            for number, ring_nodes in enumerate(rings):
                yield self.way(ring_nodes, {})
                role = "inner" if number else "outer"
                members.append(f'<member type="way" ref="{self._num_ways}" role="{role}"/>')
            tags = {"type": "multipolygon", **tags}
            self.relations.append(
                f'<relation id="{len(self.relations) + 1}" version="1">{"".join(members)}{_tags(tags)}</relation>\n'
            )


def _tags(tags: dict[str, str]) -> str:
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
