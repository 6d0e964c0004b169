import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.localization_config import TrackerConfig
from geoloc_ros.core.types import Float32, Float64
from geoloc_ros.localization.camera_yaw.rotations import CameraYaw
from geoloc_ros.localization.camera_yaw.turning import BinLayout
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.maps.geomap import RoadGraph

from ..conftest import make_index, road_graph

CONFIG = TrackerConfig(score_exponent=0.5)


def turning_index(roads: RoadGraph, layout: BinLayout, channels: int, seed: int = 0) -> PlaceIndex:
    index, _, _ = make_index(roads)
    dimension = layout.num_bins * channels + 1
    index.descriptors = np.random.default_rng(seed).normal(size=(len(index), dimension)).astype(np.float16)
    index.config = {"descriptor": {"method": "learned"}}
    return index


def turned_query(index: PlaceIndex, layout: BinLayout, viewpoint: int, turn: int) -> Float32:
    """Of somebody at a viewpoint whose camera is turned left by so many bins: everything appears turned right."""
    descriptor = -index.descriptors[viewpoint : viewpoint + 1].astype(np.float32)
    descriptor[:, -1] = 0.0
    return layout.turned(descriptor)[0, -turn % layout.num_bins]


def scores_by_hand(index: PlaceIndex, layout: BinLayout, query: Float32) -> Float64:
    """(V, R), one product at a time."""
    products: Float64 = layout.turned(query[None])[0].astype(float) @ index.descriptors.astype(float).T
    return -CONFIG.score_exponent * products.T


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([8, 9, 10, 36]), st.integers(1, 6), st.booleans(), st.integers(0, 1000))
def test_all_turns_at_once_are_the_turns_one_by_one(num_bins: int, channels: int, bins_first: bool, seed: int) -> None:
    roads = road_graph([(0.0, 0.0), (400.0, 0.0), (400.0, 150.0)], [(0, 1), (1, 2)])
    layout = BinLayout(num_bins, bins_first)
    index = turning_index(roads, layout, channels, seed)
    rng = np.random.default_rng(seed)
    query = rng.normal(0.0, 0.3, index.dimension).astype(np.float32)
    belief = rng.dirichlet(np.ones(len(index))).astype(np.float32)
    camera_yaw = CameraYaw(index, layout, CONFIG)
    likelihood = np.exp(scores_by_hand(index, layout, query))
    for power in (1.0, 0.3):
        prior = camera_yaw.probability
        expected = -np.log(likelihood @ prior) / CONFIG.score_exponent
        assert camera_yaw.look(query, belief) == pytest.approx(expected, abs=5e-3)
        camera_yaw.learn(power)
        posterior = prior * (belief @ likelihood) ** power
        assert camera_yaw.probability == pytest.approx(posterior / posterior.sum(), abs=1e-3)


@pytest.mark.parametrize("turn", [0, 3, 20])
def test_a_camera_that_is_turned_left_is_learnt_from_a_place_that_is_known(tee: RoadGraph, turn: int) -> None:
    layout = BinLayout(36, True)
    index = turning_index(tee, layout, 2)
    camera_yaw, belief = CameraYaw(index, layout, CONFIG), np.zeros(len(index), np.float32)
    belief[5] = 1.0
    assert int(np.argmin(camera_yaw.look(turned_query(index, layout, 5, turn), belief))) == 5
    assert camera_yaw.sigma_rad > 1.5
    camera_yaw.learn(1.0)
    assert wrap_angle(camera_yaw.yaw_rad - np.radians(10.0 * turn)) == pytest.approx(0.0, abs=np.radians(5.0))
    assert camera_yaw.sigma_rad < np.radians(5.0)


def test_between_two_turns_it_says_so(tee: RoadGraph) -> None:
    layout = BinLayout(36, True)
    index = turning_index(tee, layout, 2)
    # Smooth round the circle, as descriptors are: half way between two turns lies half way between two queries.
    angle = np.radians(10.0) * np.arange(36)
    index.descriptors[:, :-1] = np.repeat(np.cos(angle), 2)
    query = np.append(-np.repeat(np.cos(angle + np.radians(23.0)), 2), 0.0).astype(np.float32)
    camera_yaw = CameraYaw(index, layout, CONFIG)
    camera_yaw.look(query, np.full(len(index), 1.0 / len(index), np.float32))
    camera_yaw.learn(1.0)
    assert camera_yaw.yaw_rad == pytest.approx(np.radians(23.0), abs=np.radians(0.3))


def test_without_learning_a_look_changes_nothing(tee: RoadGraph) -> None:
    layout = BinLayout(36, True)
    index = turning_index(tee, layout, 2)
    camera_yaw, belief = CameraYaw(index, layout, CONFIG), np.full(len(index), 1.0 / len(index), np.float32)
    camera_yaw.look(turned_query(index, layout, 5, 3), belief)
    assert camera_yaw.probability == pytest.approx(np.full(36, 1.0 / 36.0))
    camera_yaw.learn(1.0)
    assert camera_yaw.probability.max() > 0.5
    camera_yaw.reset()
    assert camera_yaw.probability == pytest.approx(np.full(36, 1.0 / 36.0))


def test_an_early_mistake_is_taken_back(tee: RoadGraph) -> None:
    layout = BinLayout(36, True)
    index = turning_index(tee, layout, 2)
    camera_yaw, belief = CameraYaw(index, layout, CONFIG), np.zeros(len(index), np.float32)
    belief[5] = 1.0
    for turn, frames in ((7, 200), (12, 5)):
        for _ in range(frames):
            camera_yaw.look(turned_query(index, layout, 5, turn), belief)
            camera_yaw.learn(1.0)
    assert np.argmax(camera_yaw.probability) == 12


def test_descriptors_that_tell_no_likelihood_are_refused(tee: RoadGraph) -> None:
    index = turning_index(tee, BinLayout(36, True), 2)
    index.config = {"descriptor": {"method": "handcrafted"}}
    with pytest.raises(ConfigError, match="does not tell how likely a turn is.*localizer.camera_yaw=known"):
        CameraYaw(index, BinLayout(36, True), CONFIG)
