import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.config import TrackerConfig
from geoloc_ros.localization.likelihood import log_likelihood


@given(st.integers(0, 1000), st.integers(2, 3000))
def test_the_more_alike_the_more_likely(seed: int, count: int) -> None:
    distances = np.random.default_rng(seed).normal(10.0, 2.0, count).astype(np.float32)
    likelihood = log_likelihood(distances, TrackerConfig())
    assert np.all(np.diff(likelihood[np.argsort(distances)]) <= 0.0)


def test_it_is_a_power_of_the_rank() -> None:
    distances = np.random.default_rng(0).uniform(5.0, 9.0, 20_000).astype(np.float32)
    config = TrackerConfig(rank_exponent=0.5, rank_softening=1.0)
    rank = np.argsort(np.argsort(distances))
    expected = -0.5 * np.log((rank + 1.5) / 20_001)
    assert log_likelihood(distances, config)[rank > 100] == pytest.approx(expected[rank > 100], abs=0.02)


@given(st.floats(0.01, 100.0), st.floats(0.0, 1000.0))
def test_the_scale_of_the_distances_does_not_matter(scale: float, offset: float) -> None:
    distances = np.linspace(1.0, 2.0, 500) ** 3
    scaled = log_likelihood((offset + scale * distances).astype(np.float32), TrackerConfig())
    assert scaled == pytest.approx(log_likelihood(distances.astype(np.float32), TrackerConfig()), abs=0.3)


def test_one_frame_can_cost_a_place_only_so_much() -> None:
    distances = np.arange(1000, dtype=np.float32)
    config = TrackerConfig(rank_exponent=0.8, rank_softening=10.0)
    likelihood = log_likelihood(distances, config)
    assert likelihood.max() - likelihood.min() <= 0.8 * np.log(1010 / 10)


def test_a_frame_that_saw_nothing_says_nothing() -> None:
    assert np.all(log_likelihood(np.zeros(100, np.float32), TrackerConfig()) == 0.0)
