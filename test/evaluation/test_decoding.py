from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.types import Float32
from geoloc_ros.evaluation.decoding import PathDecoder
from geoloc_ros.maps.geomap import GeoMap, PlaceGraph
from geoloc_ros.maps.places import build_places


def _any_graph(rng: np.random.Generator) -> PlaceGraph:
    """Ten viewpoints of five places; one to three ways on from each, wherever to."""
    degree = rng.integers(1, 4, 10)
    successor = np.concatenate([rng.choice(10, count, replace=False) for count in degree]).astype(np.int32)
    return PlaceGraph(
        position_m=np.zeros((5, 2)), viewpoint_place=rng.permutation(np.repeat(np.arange(5, dtype=np.int32), 2)),
        viewpoint_yaw_rad=np.zeros(10), viewpoint_edge=np.zeros(10, np.int32), viewpoint_along_m=np.zeros(10),
        successor_start=np.concatenate([[0], np.cumsum(degree)]), successor=successor,
        successor_distance_m=np.ones(len(successor), np.float32),
    )  # fmt: skip


def _cost_of_best_path(places: PlaceGraph, dissimilarity: Float32) -> float:
    """By trying every path."""

    def cheapest(viewpoint: int, step: int) -> float:
        here = float(dissimilarity[step, places.viewpoint_place[viewpoint]])
        if step + 1 == len(dissimilarity):
            return here
        ways = places.successor[places.successor_start[viewpoint] : places.successor_start[viewpoint + 1]]
        return here + min(cheapest(int(way), step + 1) for way in ways)

    return min(cheapest(viewpoint, 0) for viewpoint in range(len(places.viewpoint_place)))


@given(seed=st.integers(0, 10_000))
def test_no_drivable_path_is_cheaper(seed: int) -> None:
    rng = np.random.default_rng(seed)
    places, dissimilarity = _any_graph(rng), rng.random((5, 5), np.float32)
    short, long = PathDecoder(places).decode(dissimilarity, (3, 5))
    for path, rows in ((short, dissimilarity[:3]), (long, dissimilarity)):
        assert rows[np.arange(len(rows)), path].sum() == pytest.approx(_cost_of_best_path(places, rows), rel=1e-5)


def test_steps_lead_from_place_to_neighbour(tiny_city: GeoMap) -> None:
    places = build_places(tiny_city.roads, 10.0)
    source = np.repeat(np.arange(len(places.viewpoint_place)), np.diff(places.successor_start))
    edges = set(map(tuple, np.stack([places.viewpoint_place[source], places.viewpoint_place[places.successor]]).T))
    dissimilarity = np.random.default_rng(0).random((20, len(places.position_m)), np.float32)
    (path,) = PathDecoder(places).decode(dissimilarity, (20,))
    assert set(pairwise(path)) <= edges
