import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.config import TrackerConfig
from geoloc_ros.core.types import Float32, Float64
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.localization.rotations import CameraYaw
from geoloc_ros.localization.turning import BinLayout
from geoloc_ros.maps.geomap import RoadGraph

from .conftest import make_index

CONFIG = TrackerConfig(score_exponent=0.5)


def turning_index(tee: RoadGraph, layout: BinLayout, channels: int, seed: int = 0) -> PlaceIndex:
    index, _, _ = make_index(tee)
    dimension = layout.num_bins * channels + 1
    index.descriptors = np.random.default_rng(seed).normal(size=(len(index), dimension)).astype(np.float16)
    return index


def scores_by_hand(index: PlaceIndex, layout: BinLayout, query: Float32) -> Float64:
    """(V, R), one product at a time."""
    products: Float64 = layout.turned(query[None])[0].astype(float) @ index.descriptors.astype(float).T
    return -CONFIG.score_exponent * products.T


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([8, 9, 10, 36]), st.integers(1, 6), st.booleans(), st.integers(0, 1000))
def test_all_turns_at_once_are_the_turns_one_by_one(num_bins: int, channels: int, bins_first: bool, seed: int) -> None:
    tee = road_of_a_tee()
    layout = BinLayout(num_bins, bins_first)
    index = turning_index(tee, layout, channels, seed)
    rng = np.random.default_rng(seed)
    query = rng.normal(0.0, 0.3, index.dimension).astype(np.float32)
    belief = rng.dirichlet(np.ones(len(index))).astype(np.float32)
    camera_yaw = CameraYaw(index, layout, CONFIG)
    likelihood = np.exp(scores_by_hand(index, layout, query))
    for _ in range(2):
        prior = camera_yaw.probability
        expected = -np.log(likelihood @ prior) / CONFIG.score_exponent
        assert camera_yaw.look(query, belief) == pytest.approx(expected, abs=5e-3)
        camera_yaw.learn(1.0)
        posterior = prior * (belief @ likelihood)
        assert camera_yaw.probability == pytest.approx(posterior / posterior.sum(), abs=1e-3)


def road_of_a_tee() -> RoadGraph:
    from .conftest import road_graph

    return road_graph([(0.0, -200.0), (0.0, 0.0), (-200.0, 0.0), (200.0, 0.0)], [(0, 1), (1, 2), (1, 3)])
