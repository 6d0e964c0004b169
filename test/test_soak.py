"""What the soak counts, without nodes."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy")

SECOND = 1_000_000_000
FIX, LOST = 3, 4


@pytest.fixture
def log(root: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(root / "benchmarks")
    return importlib.import_module("_soak_log").Log()


def answer(log: Any, second: int, state: int, x_m: float | None = None) -> None:
    """A frame at the origin of the map and what is said of it."""
    log.sent(second * SECOND, float(second), 0.0, 0.0)
    if x_m is not None:
        log.heard_pose(second * SECOND, x_m, 0.0)
    log.heard_state(second * SECOND, state, "as the test has it")


def test_a_fix_that_nobody_took_away_and_that_is_lost_counts_once(log: Any) -> None:
    log.begin("teleport", 0, 0.0)
    answer(log, 1, FIX, 1.0)
    for second in (2, 3, 4):
        answer(log, second, LOST)
    assert log.losses_unasked == 1
    assert [row["kind"] for row in log.rows()] == ["teleport", "lost"]


def test_after_a_teleport_nothing_counts_until_the_next_right_fix(log: Any) -> None:
    log.begin("teleport", 0, 0.0)
    answer(log, 1, FIX, 1.0)
    log.begin("teleport", 1, 1.5)
    answer(log, 2, FIX, 500.0)  # it has not noticed yet
    answer(log, 4, LOST)
    answer(log, 9, FIX, 2.0)
    answer(log, 10, FIX, 2.0)
    assert log.losses_unasked == 0
    assert [frame.is_excused for frame in log.frames] == [True, True, True, True, False]
    assert (log.mishaps[1].lost_after_s, log.mishaps[1].recovered_s) == pytest.approx((2.5, 7.5))


def test_a_camera_that_pauses_excuses_nothing(log: Any) -> None:
    log.begin("teleport", 0, 0.0)
    answer(log, 1, FIX, 1.0)
    log.begin("camera pauses", 0, 1.0)
    answer(log, 21, LOST)
    assert log.losses_unasked == 1 and log.mishaps[1].recovered_s is None


def test_memory_that_grows_by_a_mebibyte_a_minute_once_it_is_warm_is_told(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(root / "benchmarks")
    memory = importlib.import_module("_soak_nodes").Memory()
    assert memory.slope_mib_per_h() is None
    for second in np.arange(0.0, 600.0, 2.0):
        memory.at_s.append(float(second))
        memory.held_mib.append(min(float(second), 50.0) * 10.0 + max(0.0, second - 120.0) / 60.0)
    assert memory.slope_mib_per_h() == pytest.approx(60.0)
