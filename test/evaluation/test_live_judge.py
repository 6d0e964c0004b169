import numpy as np
import pytest

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import LocalizationStatus, Pose2
from geoloc_ros.evaluation.live_judge import LiveJudge

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
FIX, SEARCHING = LocalizationStatus.INITIALIZED, LocalizationStatus.INITIALIZING


def say(judge: LiveJudge, second: int, north_m: float | None, state: LocalizationStatus = FIX) -> None:
    """A frame of a vehicle that drives 10 m/s east, with a pose so far north of it."""
    stamp_ns = START + second * SECOND
    if north_m is not None:
        judge.hear_pose(stamp_ns, Pose2(10.0 * second, north_m, 0.0), np.diag([4.0, 4.0, 0.01]))
    judge.hear_state(stamp_ns, state, 0.9, 1e-3)


def show_truth(judge: LiveJudge, *seconds: float) -> None:
    for second in seconds:
        judge.hear_truth(START + round(second * SECOND), Pose2(10.0 * second, 0.0, 0.0))


def test_a_frame_waits_for_the_truth_and_for_the_next_state() -> None:
    judge = LiveJudge()
    say(judge, 1, 3.0)
    show_truth(judge, 0.5)
    assert judge.newly_judged() is None
    show_truth(judge, 1.5)
    assert judge.newly_judged() is None  # its pose may still be on the way
    say(judge, 2, 3.0)
    judged = judge.newly_judged()
    assert judged is not None and judged.error_m == pytest.approx([3.0])
    assert judged.position_nees == pytest.approx([2.25])
    assert judge.newly_judged() is None


def test_a_pose_that_comes_after_its_state_counts() -> None:
    judge = LiveJudge()
    show_truth(judge, 0.0, 3.0)
    say(judge, 1, None)
    judge.hear_pose(START + SECOND, Pose2(10.0, 1.0, 0.0), np.eye(3))
    say(judge, 2, None, SEARCHING)
    judged = judge.newly_judged()
    assert judged is not None and judged.error_m == pytest.approx([1.0])


def test_the_drive_holds_the_last_frame_too() -> None:
    judge = LiveJudge()
    show_truth(judge, 0.0, 1.0, 2.0, 3.0)
    for second, state in enumerate((SEARCHING, SEARCHING, FIX, FIX)):
        say(judge, second, 2.0 if state is FIX else None, state)
    judge.newly_judged()
    drive = judge.drive("live")
    assert drive is not None and len(drive) == 4 and drive.metrics.availability == 0.5
    assert drive.metrics.first_fix_m == pytest.approx(20.0) and np.isnan(drive.error_m[0])


def test_frames_before_all_truth_are_left_out_and_without_truth_there_is_nothing() -> None:
    judge = LiveJudge()
    say(judge, 1, 0.0)
    assert judge.drive("live") is None
    show_truth(judge, 1.5, 2.5)
    say(judge, 2, 0.0)
    drive = judge.drive("live")
    assert drive is not None and drive.stamp_ns.tolist() == [START + 2 * SECOND]


def test_a_localizer_that_has_no_frame_yet_is_not_judged() -> None:
    judge = LiveJudge()
    show_truth(judge, 0.0, 3.0)
    say(judge, 1, None, LocalizationStatus.UNINITIALIZED)
    assert judge.drive("live") is None


def test_truth_that_goes_back_is_refused() -> None:
    judge = LiveJudge()
    show_truth(judge, 2.0)
    with pytest.raises(ObservationError, match="not newer"):
        show_truth(judge, 1.0)
