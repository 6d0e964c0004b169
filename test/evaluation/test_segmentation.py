import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.types import SemanticScan
from geoloc_ros.evaluation.segmentation import (
    DepthErrors,
    Matches,
    between_buildings,
    boundaries,
    confusion,
    depth_errors,
    iou_ratios,
    match_boundaries,
    mean_iou,
)


def rows(*numbers: int) -> np.ndarray:
    return np.array(numbers)


def test_iou_of_a_class_is_what_both_call_so_over_what_either_does() -> None:
    truth = np.array([[1, 1, 1, 3, 3, 255]], np.uint8)
    said = np.array([[1, 1, 3, 3, 1, 7]], np.uint8)

    pixels = confusion(said, truth)

    assert pixels.sum() == 5 and pixels[1].tolist() == [0, 2, 0, 1, 0, 0, 0, 0]
    assert iou_ratios(pixels)[[1, 3]] == pytest.approx([2 / 4, 1 / 3])
    assert np.isnan(iou_ratios(pixels)[[0, 7]]).all()
    assert mean_iou(pixels) == pytest.approx((2 / 4 + 1 / 3) / 2)


def test_a_class_that_is_not_there_does_not_lower_the_mean() -> None:
    pixels = confusion(np.array([[1, 6]], np.uint8), np.array([[1, 1]], np.uint8))
    assert iou_ratios(pixels)[6] == 0.0 and mean_iou(pixels) == 0.5


def test_depth_errors_are_relative_and_what_was_not_told_is_counted_apart() -> None:
    true_m = np.array([10.0, 20.0, 40.0, np.nan, 5.0], np.float32)
    found_m = np.array([11.0, 18.0, np.nan, 3.0, 50.0], np.float32)

    errors = depth_errors(found_m, true_m, np.array([True, True, True, True, False]))

    assert errors.absrel == pytest.approx(0.1) and errors.num_pixels == 2
    assert errors.missing_ratio == pytest.approx(1 / 3)
    assert (errors + DepthErrors(0.4, 2, 0)).absrel == pytest.approx(0.15)


def test_a_boundary_is_where_the_building_changes_between_observed_rays() -> None:
    instance = np.array([4, 4, 5, -1, -1, 5, 5, 4], np.int32)
    observed = np.array([True, True, True, True, False, True, True, True])
    scan = SemanticScan(np.full(8, 9.0, np.float32), instance, observed)
    assert boundaries(scan).tolist() == [1, 2, 6]
    assert boundaries(scan, np.arange(8) != 2).tolist() == [6]
    assert between_buildings(scan).tolist() == [1, 6]


def test_boundaries_match_one_to_one_within_two_rays_round_the_circle() -> None:
    assert match_boundaries(rows(0, 100), rows(358, 103), 360) == Matches(1, 2, 2)
    assert match_boundaries(rows(10, 11), rows(12), 360) == Matches(1, 2, 1)
    # The nearest pair first would leave one without a partner.
    assert match_boundaries(rows(10, 12), rows(11, 9), 360) == Matches(2, 2, 2)
    assert match_boundaries(rows(), rows(3), 360) == Matches(0, 0, 1)


@given(st.sets(st.integers(0, 359)), st.integers(-2, 2))
def test_boundaries_that_are_all_a_little_off_all_match(true: set[int], shift: int) -> None:
    rays = np.array(sorted(true), np.int64)
    found = match_boundaries((rays + shift) % 360, rays, 360)
    assert found.matched == len(true) and (not true or found.f1 == 1.0)


def test_f1_is_between_precision_and_recall() -> None:
    matches = Matches(3, 4, 6) + Matches(1, 1, 1)
    assert (matches.precision, matches.recall) == (4 / 5, 4 / 7)
    assert matches.f1 == pytest.approx(2 / (5 / 4 + 7 / 4))
