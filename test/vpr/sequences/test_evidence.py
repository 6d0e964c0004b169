import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.vpr.sequences.evidence import rank_log_ratio


@given(st.lists(st.integers(0, 50), min_size=2, max_size=40))
def test_ratios_average_to_one_whatever_the_distances(distances: list[int]) -> None:
    assert np.exp(rank_log_ratio(np.array(distances, np.float32))).mean() == pytest.approx(1.0)


def test_equal_distances_say_nothing() -> None:
    assert rank_log_ratio(np.full(5, 3.0, np.float32)) == pytest.approx(np.zeros(5))


def test_only_the_order_counts() -> None:
    distance = np.array([3.0, 1.0, 2.0], np.float32)
    assert (rank_log_ratio(distance) == rank_log_ratio(np.exp(5.0 * distance))).all()
    assert rank_log_ratio(distance).argsort().tolist() == [0, 2, 1]


def test_nine_times_the_rank_is_a_third_of_the_ratio() -> None:
    """Ranks (n - 0.5) / N: the first has 0.5 / N, the fifth 4.5 / N; the density falls with the root."""
    ratio = rank_log_ratio(np.arange(20, dtype=np.float32))
    assert ratio[0] - ratio[4] == pytest.approx(np.log(3.0))
