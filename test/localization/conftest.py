"""Small road networks and an index whose descriptors are made up."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.types import Float32, SemanticScan
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.maps.geomap import Buildings, GeoMap, MapSource, PlaceGraph, RoadGraph
from geoloc_ros.maps.places import build_places


class SignatureEncoder:
    """A plain Euclidean embedding of D numbers; its scans do not matter."""

    def __init__(self, size: int, name: str = "signature") -> None:
        self.size, self.encoder_id, self.dimension = size, name, size + 2

    def encode(self, scan: SemanticScan) -> Float32:
        raise NotImplementedError

    def encode_query(self, scan: SemanticScan) -> Float32:
        raise NotImplementedError

    def descriptors(self, signature: np.ndarray) -> Float32:
        square = np.sum(signature**2, axis=-1, keepdims=True)
        return np.concatenate([signature, square, np.ones_like(square)], axis=-1).astype(np.float32)

    def query(self, signature: np.ndarray) -> Float32:
        square = np.sum(signature**2, axis=-1, keepdims=True)
        return np.concatenate([-2.0 * signature, np.ones_like(square), square], axis=-1).astype(np.float32)


def road_graph(node_m: Sequence[tuple[float, float]], streets: Sequence[tuple[int, int]]) -> RoadGraph:
    """Straight two-way streets between nodes."""
    nodes = np.array(node_m, float)
    ends = np.array([pair for a, b in streets for pair in ((a, b), (b, a))], np.int32)
    edges = np.arange(len(ends))
    return RoadGraph(
        nodes, ends[:, 0].copy(), ends[:, 1].copy(), (edges ^ 1).astype(np.int32), nodes[ends].reshape(-1, 2),
        np.arange(0, 2 * len(ends) + 1, 2),
    )


def places_of(roads: RoadGraph) -> PlaceGraph:
    return build_places(roads, 10.0)


def empty_map(roads: RoadGraph) -> GeoMap:
    buildings = Buildings(
        np.array([[0.0, 50.0], [10.0, 50.0], [10.0, 60.0]]), np.array([0, 3]), np.zeros(1, np.int32),
        np.ones(1, np.float32), np.zeros(1, np.float32), np.zeros(1, np.int64),
    )
    source = MapSource("made up", "0" * 64, "", "nobody")
    return GeoMap(GeoOrigin(52.0, 0.0), (-500.0, -500.0, 500.0, 500.0), buildings, roads, np.empty((0, 2)), source)


@pytest.fixture
def straight_road() -> RoadGraph:
    """400 m to the east."""
    return road_graph([(0.0, 0.0), (400.0, 0.0)], [(0, 1)])


@pytest.fixture
def tee() -> RoadGraph:
    """From the south into a crossing of streets to west and east, 200 m each."""
    return road_graph([(0.0, -200.0), (0.0, 0.0), (-200.0, 0.0), (200.0, 0.0)], [(0, 1), (1, 2), (1, 3)])


@pytest.fixture
def grid_city() -> RoadGraph:
    """Five by five crossings, blocks of 100 m by 70 m."""
    nodes = [(100.0 * column, 70.0 * row) for row in range(5) for column in range(5)]
    across = [(5 * row + column, 5 * row + column + 1) for row in range(5) for column in range(4)]
    along = [(5 * row + column, 5 * row + column + 5) for row in range(4) for column in range(5)]
    return road_graph(nodes, across + along)


def make_index(roads: RoadGraph, size: int = 6, seed: int = 0) -> tuple[PlaceIndex, SignatureEncoder, np.ndarray]:
    """Index whose viewpoints have random signatures (V, size), smooth along nothing."""
    places, encoder = places_of(roads), SignatureEncoder(size)
    signature = np.random.default_rng(seed).normal(size=(len(places.viewpoint_place), size))
    index = PlaceIndex.build([encoder.descriptors(signature)], encoder, places, empty_map(roads), {"made": "up"})
    return index, encoder, signature


@pytest.fixture
def saved_index(tmp_path: Path, tee: RoadGraph) -> Path:
    index, _, _ = make_index(tee)
    index.save(tmp_path / "tee.index")
    return tmp_path / "tee.index"
