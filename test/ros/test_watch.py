"""Lines for a person, without nodes; the demo's test runs them with nodes."""

import numpy as np
import pytest

from geoloc_ros.core.types import LocalizationStatus, Pose2

pytest.importorskip("rclpy", reason="rclpy cannot be imported")

from geoloc_ros.ros.watch import Commentary

START_NS = 1_750_000_000_000_000_000
SEARCHING, FIXED = LocalizationStatus.INITIALIZING, LocalizationStatus.INITIALIZED


def stamp_ns(time_s: float) -> int:
    return START_NS + round(time_s * 1e9)


@pytest.fixture
def commentary() -> Commentary:
    made = Commentary()
    made.hear_truth(START_NS, Pose2(0.0, 0.0, 0.0))
    return made


def test_a_fix_is_announced_once_with_its_error(commentary: Commentary) -> None:
    commentary.hear_truth(stamp_ns(21.0), Pose2(100.0, 50.0, 0.0))
    commentary.hear_pose(stamp_ns(21.0), Pose2(103.0, 54.0, 0.0))
    line = commentary.hear_state(stamp_ns(21.0), FIXED, 0.93)
    assert line == "t =  21.0 s  FOUND         belief 0.93, error 5.0 m"
    assert "INITIALIZED" in str(commentary.hear_state(stamp_ns(22.0), FIXED, 0.95))


def test_an_old_pose_is_no_error_of_this_frame(commentary: Commentary) -> None:
    commentary.hear_pose(START_NS, Pose2(3.0, 4.0, 0.0))
    assert "error" not in str(commentary.hear_state(stamp_ns(1.0), SEARCHING, 0.2))


def test_without_a_change_there_is_one_line_a_second(commentary: Commentary) -> None:
    lines = [commentary.hear_state(stamp_ns(0.2 * frame), SEARCHING, 0.1) for frame in range(11)]
    assert [frame for frame, line in enumerate(lines) if line is not None] == [0, 5, 10]


def test_a_change_is_told_at_once(commentary: Commentary) -> None:
    commentary.hear_state(stamp_ns(0.0), SEARCHING, 0.1)
    assert "LOST" in str(commentary.hear_state(stamp_ns(0.2), LocalizationStatus.LOST, 0.1))


def test_half_the_belief_here_and_the_rest_in_four_equal_parts_takes_five_for_90_percent(
    commentary: Commentary,
) -> None:
    commentary.hear_belief(START_NS, np.array([0.125, 0.125, 0.5, 0.125, 0.125], np.float32))
    assert "90 % of it in 5 viewpoints" in str(commentary.hear_state(START_NS, SEARCHING, 0.5))


def test_waiting_for_the_first_frame_is_no_news(commentary: Commentary) -> None:
    assert commentary.hear_state(0, LocalizationStatus.UNINITIALIZED, 0.0) is None
