import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.localization_config import TrackerConfig
from geoloc_ros.core.types import Float32
from geoloc_ros.localization.likelihood import FrameScorer, FrameScores, rank_log_ratios, score_log_ratios
from geoloc_ros.maps.geomap import RoadGraph

from .conftest import make_index

COUNTS = st.integers(2, 3000)


def scores(dissimilarity: np.ndarray, exponent: float = 0.7, floor: float = 0.1) -> Float32:
    out = np.empty(len(dissimilarity), np.float32)
    score_log_ratios(dissimilarity.astype(np.float32), exponent, floor, out)
    return out


def ranks(dissimilarity: np.ndarray, exponent: float = 0.8, softening: float = 15.0) -> Float32:
    out = np.empty(len(dissimilarity), np.float32)
    rank_log_ratios(dissimilarity.astype(np.float32), exponent, softening, out)
    return out


@given(st.integers(0, 1000), COUNTS)
def test_the_more_alike_the_more_likely(seed: int, count: int) -> None:
    dissimilarity = np.random.default_rng(seed).normal(10.0, 2.0, count)
    order = np.argsort(dissimilarity.astype(np.float32), kind="stable")
    assert np.all(np.diff(ranks(dissimilarity)[order]) <= 0.0)
    assert np.all(np.diff(scores(dissimilarity)[order]) <= 1e-6)


@given(st.integers(0, 1000), COUNTS, st.floats(0.1, 30.0))
def test_a_frame_from_anywhere_multiplies_the_belief_by_one_on_average(seed: int, count: int, spread: float) -> None:
    dissimilarity = np.random.default_rng(seed).normal(0.0, spread, count)
    for log_ratio in (ranks(dissimilarity), scores(dissimilarity)):
        assert np.exp(log_ratio.astype(float)).mean() == pytest.approx(1.0, abs=1e-4)


@given(st.integers(0, 1000), COUNTS, st.floats(0.1, 2.0), st.floats(0.001, 0.9))
def test_scores_are_what_the_formula_says(seed: int, count: int, exponent: float, floor: float) -> None:
    dissimilarity = np.random.default_rng(seed).normal(-5.0, 8.0, count)
    score = np.exp(-exponent * dissimilarity.astype(np.float32).astype(float))
    expected = np.log((1.0 - floor) * score / score.mean() + floor)
    assert scores(dissimilarity, exponent, floor) == pytest.approx(expected, abs=1e-4)


def test_a_network_that_is_right_about_two_places_is_believed() -> None:
    # Seen from the first place three times as likely as from the second: 1.5 and 0.5 of the average.
    assert np.exp(scores(np.array([0.0, np.log(3.0)]), 1.0, 1e-6)) == pytest.approx([1.5, 0.5], abs=1e-5)


def test_ranks_are_a_power_of_the_share_that_is_nearer() -> None:
    dissimilarity = np.random.default_rng(0).uniform(5.0, 9.0, 20_000)
    rank = np.argsort(np.argsort(dissimilarity))
    # The mean of u^-1/2 over 0 to 1 is 2.
    expected = -0.5 * np.log((rank + 1.5) / 20_001) - np.log(2.0)
    assert ranks(dissimilarity, 0.5, 1.0)[rank > 100] == pytest.approx(expected[rank > 100], abs=0.03)


@given(st.floats(0.01, 100.0), st.floats(0.0, 1000.0))
def test_the_scale_of_dissimilarities_does_not_matter_to_ranks(scale: float, offset: float) -> None:
    dissimilarity = np.linspace(1.0, 2.0, 500) ** 3
    assert ranks(offset + scale * dissimilarity) == pytest.approx(ranks(dissimilarity), abs=0.3)


def test_one_frame_can_cost_a_place_only_so_much() -> None:
    far = np.append(np.zeros(999), 1e4)
    assert scores(far, floor=0.05).min() == pytest.approx(np.log(0.05), abs=1e-5)
    spread = ranks(np.arange(1000), 0.8, 10.0)
    assert spread.max() - spread.min() <= 0.8 * np.log(1010 / 10)


@pytest.mark.parametrize("of", [scores, ranks])
def test_a_frame_that_saw_nothing_says_nothing(of: type) -> None:
    assert of(np.full(100, 3.0)) == pytest.approx(np.zeros(100), abs=1e-6)


def test_only_the_learned_descriptor_is_taken_by_its_word(tee: RoadGraph) -> None:
    index, encoder, signature = make_index(tee)
    config, query = TrackerConfig(), encoder.query(signature[3])
    dissimilarity = index.dissimilarities(query)
    assert np.array_equal(FrameScorer(index, config).score(query).log_ratio, ranks(dissimilarity))
    index.config = {"descriptor": {"method": "learned"}}
    expected = scores(dissimilarity, config.score_exponent, config.score_floor)
    assert np.array_equal(FrameScorer(index, config).score(query).log_ratio, expected)


def test_frames_are_scored_in_the_same_memory(tee: RoadGraph) -> None:
    index, encoder, signature = make_index(tee)
    scorer = FrameScorer(index, TrackerConfig())
    first, second = (scorer.score(encoder.query(signature[row])) for row in (3, 4))
    assert first.dissimilarity is second.dissimilarity
    assert first.log_ratio is second.log_ratio
    assert second.nearest(1).tolist() == [4]


def test_information_is_the_log_ratio_to_expect_where_a_frame_was_seen(tee: RoadGraph) -> None:
    index, _, _ = make_index(tee)
    index.config = {"descriptor": {"method": "learned"}}
    scorer = FrameScorer(index, TrackerConfig(score_exponent=1.0, score_floor=1e-6))
    dissimilarity = np.repeat(np.float32([0.0, np.log(3.0)]), len(index) // 2)
    expected = 0.75 * np.log(1.5) + 0.25 * np.log(0.5)
    assert scorer.score_dissimilarity(dissimilarity).information == pytest.approx(expected, abs=1e-4)
    assert scorer.score_dissimilarity(np.zeros_like(dissimilarity)).information == pytest.approx(0.0, abs=1e-6)


@given(st.integers(0, 1000), COUNTS, st.integers(1, 50))
def test_the_nearest_are_those_of_a_stable_sort(seed: int, count: int, wanted: int) -> None:
    dissimilarity = np.random.default_rng(seed).integers(0, 40, count).astype(np.float32)
    expected = np.argsort(dissimilarity, kind="stable")[:wanted]
    assert np.array_equal(FrameScores(dissimilarity, dissimilarity, 0.0).nearest(wanted), expected)
