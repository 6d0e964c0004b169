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


def lines(commentary: Commentary, states: list[tuple[float, LocalizationStatus]]) -> list[str]:
    """What is said about each of some frames, the last one aside."""
    said = [commentary.hear_state(stamp_ns(time_s), status, 0.5) for time_s, status in states]
    return [line for line in said if line is not None]


def test_a_fix_is_announced_with_its_error_though_that_came_late(commentary: Commentary) -> None:
    assert commentary.hear_state(stamp_ns(21.0), FIXED, 0.93) is None
    commentary.hear_pose(stamp_ns(21.0), Pose2(103.0, 54.0, 0.0))
    commentary.hear_truth(stamp_ns(21.0), Pose2(100.0, 50.0, 0.0))
    line = commentary.hear_state(stamp_ns(21.2), FIXED, 0.95)
    assert line == "t =  21.0 s  FOUND         belief 0.93, error 5.0 m"


def test_a_wrong_fix_is_not_found(commentary: Commentary) -> None:
    commentary.hear_truth(stamp_ns(1.0), Pose2(0.0, 0.0, 0.0))
    commentary.hear_pose(stamp_ns(1.0), Pose2(0.0, 900.0, 0.0))
    (line,) = lines(commentary, [(1.0, FIXED), (1.2, FIXED)])
    assert line == "t =   1.0 s  INITIALIZED   belief 0.50, error 900.0 m"


def test_found_is_said_once(commentary: Commentary) -> None:
    said = lines(commentary, [(1.0, FIXED), (2.0, SEARCHING), (3.0, FIXED), (4.0, FIXED)])
    assert [line.split()[4] for line in said] == ["FOUND", "INITIALIZING", "INITIALIZED"]


def test_an_old_pose_is_no_error_of_this_frame(commentary: Commentary) -> None:
    commentary.hear_pose(START_NS, Pose2(3.0, 4.0, 0.0))
    assert "error" not in lines(commentary, [(1.0, SEARCHING), (1.2, SEARCHING)])[0]


def test_searching_is_told_every_second_and_a_fix_every_five(commentary: Commentary) -> None:
    searching = lines(commentary, [(0.2 * frame, SEARCHING) for frame in range(11)])
    fixed = lines(commentary, [(10.0 + 0.2 * frame, FIXED) for frame in range(52)])
    assert len(searching) == 2
    assert [line[:12] for line in fixed[1:]] == ["t =  10.0 s ", "t =  15.0 s ", "t =  20.0 s "]


def test_half_the_belief_here_and_the_rest_in_four_equal_parts_takes_five_for_90_percent(
    commentary: Commentary,
) -> None:
    commentary.hear_belief(START_NS, np.array([0.125, 0.125, 0.5, 0.125, 0.125], np.float32))
    assert "90 % of it in 5 viewpoints" in lines(commentary, [(0.0, SEARCHING), (0.2, SEARCHING)])[0]


def test_waiting_for_the_first_frame_is_no_news(commentary: Commentary) -> None:
    assert lines(commentary, [(0.0, LocalizationStatus.UNINITIALIZED)] * 3) == []


def test_the_last_frame_is_told_at_the_end(commentary: Commentary) -> None:
    lines(commentary, [(0.0, SEARCHING), (0.2, SEARCHING)])
    assert str(commentary.last_line()).startswith("t =   0.2 s")
