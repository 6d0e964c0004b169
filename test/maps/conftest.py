"""Hand-written map files, in metres around one point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import pytest

from geoloc_ros.core.geodesy import GeoOrigin

CENTRE = GeoOrigin(35.0, 135.0)

Point = tuple[float, float]


class OsmText:
    """A map file in the making; points are metres east and north of `CENTRE`, equal points are one node."""

    def __init__(self) -> None:
        self._nodes: dict[Point, int] = {}
        self._tags_of_node: dict[int, dict[str, str]] = {}
        self._ways: list[str] = []
        self._relations: list[str] = []

    def node(self, point: Point, **tags: str) -> int:
        number = self._nodes.setdefault(point, len(self._nodes) + 1)
        self._tags_of_node.setdefault(number, {}).update(tags)
        return number

    def way(self, points: Sequence[Point], tags: dict[str, str]) -> int:
        refs = "".join(f'<nd ref="{self.node(point)}"/>' for point in points)
        number = 1000 + len(self._ways)
        self._ways.append(f'<way id="{number}" version="1">{refs}{_tags(tags)}</way>')
        return number

    def ring(self, points: Sequence[Point], **tags: str) -> int:
        return self.way([*points, points[0]], tags)

    def box(self, west: float, south: float, east: float, north: float, **tags: str) -> int:
        return self.ring([(west, south), (east, south), (east, north), (west, north)], **tags)

    def road(self, points: Sequence[Point], **tags: str) -> int:
        return self.way(points, {"highway": "residential", **tags})

    def multipolygon(self, members: Sequence[tuple[int, str]], **tags: str) -> int:
        refs = "".join(f'<member type="way" ref="{way}" role="{role}"/>' for way, role in members)
        number = 2000 + len(self._relations)
        tags = {"type": "multipolygon", **tags}
        self._relations.append(f'<relation id="{number}" version="1">{refs}{_tags(tags)}</relation>')
        return number

    def text(self) -> str:
        nodes = []
        for point, number in self._nodes.items():
            latitude_deg, longitude_deg = CENTRE.to_geodetic(np.array([point]))
            position = f'lat="{latitude_deg[0]:.7f}" lon="{longitude_deg[0]:.7f}"'
            nodes.append(f'<node id="{number}" version="1" {position}>{_tags(self._tags_of_node[number])}</node>')
        return "\n".join(['<osm version="0.6">', *nodes, *self._ways, *self._relations, "</osm>"])

    def write(self, path: Path) -> Path:
        path.write_text(self.text())
        return path


@pytest.fixture
def osm() -> OsmText:
    return OsmText()


@pytest.fixture
def village(osm: OsmText) -> OsmText:
    """One 20 x 10 m house beside a straight street of 100 m that crosses the frame from west to east."""
    osm.box(-10.0, 10.0, 10.0, 20.0, building="yes", height="7")
    osm.road([(-50.0, 0.0), (50.0, 0.0)])
    return osm


@pytest.fixture
def degrees() -> Callable[[float, float, float, float], tuple[float, float, float, float]]:
    """A box in metres as a crop in degrees."""

    def convert(west: float, south: float, east: float, north: float) -> tuple[float, float, float, float]:
        latitude_deg, longitude_deg = CENTRE.to_geodetic(np.array([[west, south], [east, north]]))
        return float(longitude_deg[0]), float(latitude_deg[0]), float(longitude_deg[1]), float(latitude_deg[1])

    return convert


def _tags(tags: dict[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
