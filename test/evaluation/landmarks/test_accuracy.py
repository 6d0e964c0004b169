import numpy as np
import pytest

from geoloc_ros.evaluation.landmarks.accuracy import accuracy_of
from geoloc_ros.evaluation.landmarks.errors import PoseErrors


def of(position_m: list[float], angle_deg: list[float], distance_m: float = 10.0) -> PoseErrors:
    return PoseErrors(np.array(position_m), np.array(angle_deg), np.full(len(position_m), distance_m))


def test_medians_and_shares_count_views_that_were_not_found() -> None:
    errors = of([0.01, 0.04, 0.08, np.inf], [0.1, 0.6, 0.2, np.inf])
    accuracy = accuracy_of(errors, np.random.default_rng(0))
    assert accuracy.views == 4 and accuracy.found_ratio.value == 0.75
    assert accuracy.median_m.value == pytest.approx(0.06)
    assert accuracy.median_deg.value == pytest.approx(0.4)
    assert accuracy.median_ratio.value == pytest.approx(0.006)
    assert accuracy.fine_ratio.value == 0.5, "8 cm is too far"
    assert accuracy.aim_ratio.value == 0.5, "0.6 degrees are too many"
    assert accuracy.wrong_ratio == 0.0, "not found is no wrong pose"


def test_the_median_is_infinite_where_most_are_not_found() -> None:
    accuracy = accuracy_of(of([0.01, np.inf, np.inf], [0.1, np.inf, np.inf]), np.random.default_rng(0))
    assert accuracy.median_m.value == np.inf and accuracy.found_ratio.interval[0] <= 1 / 3


def test_a_pose_of_another_place_is_told_apart_from_one_that_is_inexact() -> None:
    accuracy = accuracy_of(of([2.5, 0.5, 0.1], [0.1, 20.0, 0.1]), np.random.default_rng(0))
    assert accuracy.wrong_ratio == pytest.approx(2 / 3)


def test_without_a_distance_only_what_needs_none_is_said() -> None:
    accuracy = accuracy_of(of([0.01, 0.02], [0.1, 20.0], np.nan), np.random.default_rng(0))
    assert np.isnan(accuracy.median_ratio.value) and np.isnan(accuracy.aim_ratio.value)
    assert accuracy.median_m.value == pytest.approx(0.015) and accuracy.wrong_ratio == 0.5


def test_intervals_hold_the_value_and_shrink_with_the_number_of_views() -> None:
    rng = np.random.default_rng(0)
    widths = []
    for count in (20, 2000):
        estimate = accuracy_of(of(rng.exponential(1.0, count).tolist(), [0.0] * count), rng).median_m
        assert estimate.interval[0] <= estimate.value <= estimate.interval[1]
        widths.append(estimate.interval[1] - estimate.interval[0])
    assert widths[1] < 0.3 * widths[0]
