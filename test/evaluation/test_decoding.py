from itertools import pairwise

import numpy as np
import pytest

from geoloc_ros.core.types import Float32
from geoloc_ros.evaluation.decoding import PathDecoder
from geoloc_ros.maps.geomap import GeoMap, PlaceGraph
from geoloc_ros.maps.places import build_places


@pytest.fixture(scope="module")
def places(tiny_city: GeoMap) -> PlaceGraph:
    return build_places(tiny_city.roads, 10.0)


def _cost_of_best_path(places: PlaceGraph, dissimilarity: Float32) -> float:
    """By trying every path."""

    def cheapest(viewpoint: int, step: int) -> float:
        here = float(dissimilarity[step, places.viewpoint_place[viewpoint]])
        if step + 1 == len(dissimilarity):
            return here
        ways = places.successor[places.successor_start[viewpoint] : places.successor_start[viewpoint + 1]]
        return here + min((cheapest(int(way), step + 1) for way in ways), default=np.inf)

    return min(cheapest(viewpoint, 0) for viewpoint in range(len(places.viewpoint_place)))


@pytest.mark.parametrize("seed", range(3))
def test_no_drivable_path_is_cheaper(places: PlaceGraph, seed: int) -> None:
    dissimilarity = np.random.default_rng(seed).random((6, len(places.position_m)), np.float32)
    short, long = PathDecoder(places).decode(dissimilarity, (4, 6))
    for path, rows in ((short, dissimilarity[:4]), (long, dissimilarity)):
        assert rows[np.arange(len(rows)), path].sum() == pytest.approx(_cost_of_best_path(places, rows), rel=1e-5)


def test_steps_lead_from_place_to_neighbour(places: PlaceGraph) -> None:
    source = np.repeat(np.arange(len(places.viewpoint_place)), np.diff(places.successor_start))
    edges = set(map(tuple, np.stack([places.viewpoint_place[source], places.viewpoint_place[places.successor]]).T))
    dissimilarity = np.random.default_rng(0).random((20, len(places.position_m)), np.float32)
    (path,) = PathDecoder(places).decode(dissimilarity, (20,))
    assert set(pairwise(path)) <= edges
