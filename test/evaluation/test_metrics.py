import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.evaluation.metrics import Metrics, evaluate_poses, interpolate_poses

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
FRAMES = START + np.arange(11) * SECOND
EAST = np.column_stack([10.0 * np.arange(11), np.zeros(11), np.zeros(11)])


def metrics(pose: np.ndarray, frames: slice = slice(None)) -> Metrics:
    return evaluate_poses(FRAMES, FRAMES[frames], pose[frames], FRAMES, EAST)


def beside(metres: float) -> np.ndarray:
    return EAST + [0.0, metres, 0.0]


def test_the_truth_has_no_error() -> None:
    result = metrics(EAST)
    assert (result.ate_rmse_m, result.ate_median_m, result.heading_median_deg) == (0.0, 0.0, 0.0)
    assert set(result.recall.values()) == {1.0}
    assert result.found and result.availability == 1.0 and result.driven_m == pytest.approx(100.0)


def test_four_metres_beside_is_within_five_and_not_within_three() -> None:
    result = metrics(beside(4.0))
    assert result.recall == {"1": 0.0, "3": 0.0, "5": 1.0, "10": 1.0}
    assert result.ate_rmse_m == pytest.approx(4.0)


def test_frames_without_a_fix_count_as_misses() -> None:
    result = metrics(EAST, slice(5, None))
    assert result.recall["1"] == pytest.approx(6 / 11)
    assert result.availability == pytest.approx(6 / 11)
    assert (result.fixes, result.frames) == (6, 11)


def test_first_fix_counts_time_and_distance_from_the_first_frame() -> None:
    result = metrics(EAST, slice(5, None))
    assert (result.first_fix_s, result.first_fix_m) == (pytest.approx(5.0), pytest.approx(50.0))


def test_rmse_feels_one_bad_fix_and_the_median_does_not() -> None:
    pose = EAST.copy()
    pose[4, 1] = 110.0
    result = metrics(pose)
    assert result.ate_rmse_m == pytest.approx(110.0 / np.sqrt(11))
    assert result.ate_median_m == 0.0
    assert result.false_fix_ratio == pytest.approx(1 / 11)


def test_headings_are_compared_the_short_way_round() -> None:
    result = metrics(EAST + [0.0, 0.0, 2.0 * np.pi - np.radians(3.0)])
    assert result.heading_median_deg == pytest.approx(3.0)


def test_found_must_last_to_the_end() -> None:
    lost = EAST.copy()
    lost[-1, 1] = 50.0
    assert not metrics(lost).found
    assert not metrics(EAST, slice(0, 10)).found
    late = EAST.copy()
    late[:5, 1] = 500.0
    assert metrics(late).found


def test_found_must_stay() -> None:
    often_wrong = EAST.copy()
    often_wrong[[3, 7], 1] = 50.0  # 9 of the 11 since the first good fix
    assert not metrics(often_wrong).found


def test_without_any_fix_there_is_no_error_to_tell() -> None:
    result = metrics(EAST, slice(0, 0))
    assert np.isnan(result.ate_rmse_m) and result.first_fix_s == np.inf and not result.found
    assert result.recall["10"] == 0.0


def test_truth_is_interpolated_between_its_stamps() -> None:
    halves = START + SECOND // 2 + np.arange(10) * SECOND
    expected = EAST[:-1] + [5.0, 0.0, 0.0]
    assert evaluate_poses(halves, halves, expected, FRAMES, EAST).ate_rmse_m == pytest.approx(0.0, abs=1e-6)


def test_frames_outside_of_the_truth_do_not_count() -> None:
    frames = START + np.arange(-5, 11) * SECOND
    assert evaluate_poses(frames, FRAMES, EAST, FRAMES, EAST).frames == 11


def test_rounded_stamps_find_their_frames() -> None:
    assert evaluate_poses(FRAMES, FRAMES + 400_000, EAST, FRAMES, EAST).fixes == 11


def test_a_trajectory_of_another_drive_is_refused() -> None:
    with pytest.raises(DatasetError, match="10 of 10 poses have the stamp of no frame"):
        evaluate_poses(FRAMES, FRAMES[:10] + SECOND // 3, EAST[:10], FRAMES, EAST)
    with pytest.raises(DatasetError, match="no frame has a true pose"):
        evaluate_poses(FRAMES + 1000 * SECOND, FRAMES, EAST, FRAMES, EAST)


@given(st.floats(-20.0, 20.0), st.floats(0.0, 1.0))
def test_yaw_is_interpolated_the_short_way_round(yaw: float, share: float) -> None:
    poses = np.array([[0.0, 0.0, yaw], [0.0, 0.0, yaw + 0.4]])
    poses[:, 2] = (poses[:, 2] + np.pi) % (2.0 * np.pi) - np.pi
    stamps = np.array([START, START + SECOND])
    between = interpolate_poses(stamps, poses, np.array([START + int(share * SECOND)]))[0, 2]
    assert (between - yaw - 0.4 * share + np.pi) % (2.0 * np.pi) - np.pi == pytest.approx(0.0, abs=1e-6)
