"""Clusters as lines on a map."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np
import shapely

from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.types import Float64
from geoloc_ros.datasets.curation.sequence_facts import SequenceFacts
from geoloc_ros.datasets.curation.tables_out import cluster_centre_deg
from geoloc_ros.evaluation.accuracy_page import svg
from geoloc_ros.maps.road_kinds import RoadKinds

MAX_CLUSTERS, _MAX_SEQUENCES, _MAX_ROADS = 2000, 8, 40_000
_TOLERANCE_M = 1.0
_WIDTH, _HEIGHT = 1000.0, 640.0
_MARGIN_M = 50.0
_METRES_PER_DEGREE = 111_195.0
_DATES = (2, 3, 5)
"""Least dates of a colour, from the second on."""


@dataclass(frozen=True)
class ClusterDrawing:
    """What the page keeps of a cluster."""

    number: int
    num_sequences: int
    num_frames: int
    dates: tuple[str, ...]
    """Ascending."""
    facing: str
    road: str
    centre_deg: tuple[float, float]
    """Latitude, longitude."""
    lines_deg: tuple[Float64, ...]
    """Some of the sequences, each (N, 2) latitude, longitude."""


class ClusterDrawings:
    """The clusters of most sequences, as many as a page can hold."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, ClusterDrawing]] = []

    def add(self, cluster: list[SequenceFacts]) -> None:
        """Keep a cluster, or drop the smallest for it."""
        entry = (len(cluster), -cluster[0].cluster, _drawing(cluster))
        if len(self._heap) < MAX_CLUSTERS:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heappushpop(self._heap, entry)

    def largest(self) -> list[ClusterDrawing]:
        """Kept ones, those of most sequences first."""
        return [drawing for *_, drawing in sorted(self._heap, reverse=True)]


def _drawing(cluster: list[SequenceFacts]) -> ClusterDrawing:
    largest = max(cluster, key=lambda each: len(each.frames))
    return ClusterDrawing(
        cluster[0].cluster, len(cluster), sum(len(each.frames) for each in cluster),
        tuple(sorted({each.date for each in cluster})), largest.facing, largest.road, cluster_centre_deg(cluster),
        tuple(_line_deg(each) for each in cluster[:_MAX_SEQUENCES]),
    )  # fmt: skip


def _line_deg(sequence: SequenceFacts) -> Float64:
    """The way of a sequence without points that do not bend it."""
    places_deg = np.stack([sequence.frames["latitude_deg"], sequence.frames["longitude_deg"]], axis=-1)
    origin = GeoOrigin(*places_deg[0].tolist())
    line_m = shapely.LineString(origin.to_map(places_deg[:, 0], places_deg[:, 1]))
    latitude_deg, longitude_deg = origin.to_geodetic(shapely.get_coordinates(line_m.simplify(_TOLERANCE_M)))
    return np.stack([latitude_deg, longitude_deg], axis=-1)


def draw_map(clusters: list[ClusterDrawing], roads: RoadKinds | None) -> str:
    """Drawing of the clusters, north up, over the roads for cars where they are known and not too many."""
    if not clusters:
        return "<p>No cluster.</p>"
    frame = _Frame(np.concatenate([line for cluster in clusters for line in cluster.lines_deg]))
    parts = [_roads(roads, frame)] if roads is not None else []
    parts += [_cluster(cluster, frame) for cluster in reversed(clusters)]
    return svg.picture(_WIDTH, frame.height, *parts, label="clusters, north up", class_="clusters")


class _Frame:
    """Pixels of places, by degrees: a table may hold cities of several continents."""

    def __init__(self, places_deg: Float64) -> None:
        low, high = places_deg.min(axis=0), places_deg.max(axis=0)
        shrinking = max(0.01, math.cos(math.radians(float(low[0] + high[0]) / 2.0)))
        self._stretch = np.array([_METRES_PER_DEGREE, _METRES_PER_DEGREE * shrinking])
        self._low = low * self._stretch - _MARGIN_M
        size_m = high * self._stretch + _MARGIN_M - self._low
        self._scale = float(min(_HEIGHT / size_m[0], _WIDTH / size_m[1]))
        self.height = max(200.0, float(size_m[0] * self._scale))
        self._shift = (np.array([self.height, _WIDTH]) - size_m * self._scale) / 2.0

    def pixels(self, places_deg: Float64) -> Float64:
        """(..., 2) from the left and the upper edge, of latitudes and longitudes (..., 2)."""
        up_right = (places_deg * self._stretch - self._low) * self._scale + self._shift
        return np.stack([up_right[..., 1], self.height - up_right[..., 0]], axis=-1)


def _roads(roads: RoadKinds, frame: _Frame) -> str:
    ends = frame.pixels(roads.drivable_lonlat_deg()[..., ::-1])
    inside = ((ends >= 0.0) & (ends <= [_WIDTH, frame.height])).all(axis=-1).any(axis=-1)
    ends = ends[inside]
    if len(ends) > _MAX_ROADS:
        return ""
    return svg.tag("path", d="".join(svg.path(piece) for piece in ends), class_="road")


def _cluster(cluster: ClusterDrawing, frame: _Frame) -> str:
    told = (
        f"cluster {cluster.number}: {cluster.num_sequences} sequences, {cluster.num_frames} frames, "
        f"{len(cluster.dates)} dates, {cluster.dates[0]} to {cluster.dates[-1]}, {cluster.facing}"
        f"{', ' + cluster.road if cluster.road else ''}"
    )
    data = "".join(_precise_path(frame.pixels(line)) for line in cluster.lines_deg)
    return svg.tag("path", svg.title(told), d=data, class_=f"cluster dates-{_colour(len(cluster.dates))}")


def _precise_path(points: Float64) -> str:
    """Path data to a hundredth of a pixel: one looks closer."""
    return "M" + "L".join(f"{x:.2f},{y:.2f}" for x, y in points)


def _colour(num_dates: int) -> int:
    return int(np.searchsorted(_DATES, num_dates, side="right"))


def date_legend() -> str:
    """What the colours mean."""
    names = ("1 date", "2 dates", "3 or 4", "5 and more")
    return "".join(f'<span><i class="swatch dates-{number}"></i>{name}</span>' for number, name in enumerate(names))
