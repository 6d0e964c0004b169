"""Stamps that go back."""

from geoloc_ros.ros.stamps import StampGuard, StampVerdict

NEW, OLD, RESTARTED = StampVerdict.NEW, StampVerdict.OLD, StampVerdict.RESTARTED


def test_stamps_that_ascend_are_new_and_one_that_does_not_is_old() -> None:
    guard = StampGuard()
    assert [guard.judge(stamp) for stamp in (5, 6, 6, 2, 7)] == [NEW, NEW, OLD, OLD, NEW]


def test_a_source_that_starts_again_is_noticed_after_a_few_frames() -> None:
    guard = StampGuard()
    guard.judge(1000)
    assert [guard.judge(stamp) for stamp in range(1, 8)] == [OLD, OLD, OLD, OLD, RESTARTED, NEW, NEW]


def test_scattered_old_stamps_are_no_start() -> None:
    guard = StampGuard()
    guard.judge(1000)
    assert {guard.judge(stamp) for stamp in (9, 8, 7, 6, 5, 4, 3, 2, 1)} == {OLD}
