import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.evaluation.consistency import (
    availability_curve,
    coverages,
    is_within_ellipse,
    mean_nees_bounds,
    median_nees,
    nees,
    reliability,
)

CORRELATED = np.array([[4.0, 1.0], [1.0, 2.0]])


def test_an_error_of_one_deviation_has_nees_one() -> None:
    assert nees(np.array([[2.0, 0.0]]), np.diag([4.0, 9.0])[None]) == pytest.approx([1.0])


def test_true_covariances_have_nees_of_the_degrees_of_freedom() -> None:
    rng = np.random.default_rng(0)
    values = nees(rng.multivariate_normal(np.zeros(2), CORRELATED, 4000), np.tile(CORRELATED, (4000, 1, 1)))
    low, high = mean_nees_bounds(2, 4000, 0.999)
    assert low < values.mean() < high and np.median(values) == pytest.approx(median_nees(2), rel=0.1)
    assert coverages(values, 2)[0.95] == pytest.approx(0.95, abs=0.02)


def test_a_covariance_half_as_wide_doubles_nees() -> None:
    error = np.array([[1.0, -2.0]])
    assert nees(error, CORRELATED[None] / 2.0) == pytest.approx(2.0 * nees(error, CORRELATED[None]))


def test_a_singular_covariance_holds_no_error() -> None:
    assert nees(np.ones((1, 2)), np.zeros((1, 2, 2))) == [np.inf]
    assert is_within_ellipse(np.array([np.inf, 1.0, np.nan]), 2, 0.95) == pytest.approx([0.0, 1.0, np.nan], nan_ok=True)


def test_what_is_not_known_is_not_judged() -> None:
    assert np.isnan(nees(np.array([[np.nan, 0.0]]), np.eye(2)[None])).all()
    assert np.isnan(nees(np.zeros((1, 2)), np.full((1, 2, 2), np.nan))).all()


@given(st.integers(1, 500), st.integers(1, 3))
def test_more_errors_bound_their_mean_closer(count: int, dof: int) -> None:
    low, high = mean_nees_bounds(dof, count)
    nearer_low, nearer_high = mean_nees_bounds(dof, 4 * count)
    assert low < nearer_low < dof < nearer_high < high


def test_nine_of_ten_right_at_nine_tenths_is_reliable() -> None:
    result = reliability(np.full(10, 0.9), np.arange(10) > 0)
    assert result.right[9] == pytest.approx(0.9) and result.mean_gap == pytest.approx(0.0)
    assert result.count.tolist() == [0] * 9 + [10]


def test_sure_and_wrong_is_as_far_off_as_can_be() -> None:
    assert reliability(np.array([1.0, np.nan]), np.array([False, True])).mean_gap == 1.0


def test_a_stricter_threshold_publishes_less_and_errs_less() -> None:
    curve = availability_curve(np.array([1.0, 2.0, 3.0, np.nan]), np.array([0.5, 1.0, 100.0, 0.0]), 25.0, quantile=1.0)
    assert curve.threshold.tolist() == [1.0, 2.0, 3.0] and curve.availability.tolist() == [0.25, 0.5, 0.75]
    assert curve.error_m.tolist() == [0.5, 1.0, 100.0] and curve.false_ratio == pytest.approx([0.0, 0.0, 1 / 3])


def test_frames_of_one_score_come_together() -> None:
    curve = availability_curve(np.array([1.0, 1.0]), np.array([0.0, 30.0]), 25.0)
    assert curve.availability.tolist() == [1.0] and curve.false_ratio.tolist() == [0.5]


def test_nothing_published_is_an_empty_curve() -> None:
    assert len(availability_curve(np.full(3, np.nan), np.zeros(3), 25.0).threshold) == 0
