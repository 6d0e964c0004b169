import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.evaluation.judged import drive_numbers, joined, judge_drive
from geoloc_ros.evaluation.trace import Trace

from .evaluations import FRAMES, START_NS, drive


def test_errors_are_distances_from_the_truth_at_the_same_stamp() -> None:
    judged = drive("a", np.linspace(0.0, 3.9, FRAMES))
    assert judged.error_m == pytest.approx(np.linspace(0.0, 3.9, FRAMES))
    assert judged.heading_error_deg == pytest.approx(np.zeros(FRAMES)) and judged.driven_m[-1] == pytest.approx(390.0)


def test_nees_is_of_fixes_alone() -> None:
    judged = drive("a", np.full(FRAMES, 3.0), first=30, sigma_m=1.5)
    assert np.isnan(judged.position_nees[:30]).all() and judged.position_nees[30:] == pytest.approx(np.full(10, 4.0))
    assert judged.pose_nees[30:] == pytest.approx(np.full(10, 4.0))


def test_frames_without_a_true_pose_are_left_out() -> None:
    whole = drive("a", np.zeros(FRAMES))
    trace = Trace(
        whole.stamp_ns, whole.pose, whole.covariance, whole.status, whole.probability, whole.chance,
        np.zeros(FRAMES + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32),
    )  # fmt: skip
    judged = judge_drive("a", trace, whole.stamp_ns, whole.stamp_ns[5:20], whole.truth[5:20])
    assert len(judged) == judged.metrics.frames == 15 and judged.metrics.fixes == 10
    with pytest.raises(DatasetError, match="no frame has a true pose"):
        judge_drive("a", trace, whole.stamp_ns, whole.stamp_ns + START_NS, whole.truth)


def test_drives_are_joined_in_order() -> None:
    drives = [drive("a", np.zeros(FRAMES)), drive("b", np.ones(FRAMES))]
    assert joined(drives, "error_m") == pytest.approx(drive_numbers(drives).astype(float))
