import numpy as np
import pytest

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import HeadingFix, PlaceEvidence, PositionFix
from geoloc_ros.localization.fix_queue import FixQueue


def position(stamp_ns: int) -> PositionFix:
    return PositionFix(stamp_ns, np.zeros(2), np.eye(2))


def stamps(queue: FixQueue, until_ns: int) -> list[int]:
    return [fix.stamp_ns for fix in queue.take(until_ns)]


def test_fixes_wait_for_their_frame_and_are_taken_once() -> None:
    queue = FixQueue()
    for stamp_ns in (30, 10, 20):
        queue.add(position(stamp_ns))
    queue.add(HeadingFix(15, 0.0, 0.1))
    assert stamps(queue, 20) == [10, 15, 20]
    assert stamps(queue, 20) == []
    assert stamps(queue, 30) == [30]


def test_the_oldest_make_room_where_nobody_takes_any() -> None:
    queue = FixQueue()
    for stamp_ns in range(1000):
        queue.add(position(stamp_ns))
    assert stamps(queue, 1000) == list(range(900, 1000))


def test_clearing_forgets_them() -> None:
    queue = FixQueue()
    queue.add(position(1))
    queue.clear()
    assert stamps(queue, 10) == []


def test_what_is_too_old_is_forgotten() -> None:
    queue = FixQueue()
    for stamp_ns in (1, 2, 3):
        queue.add(position(stamp_ns))
    queue.forget(2)
    assert stamps(queue, 10) == [2, 3]


def test_what_is_no_number_is_refused_but_a_yaw_that_nobody_said() -> None:
    queue, unknown = FixQueue(), np.array([np.nan])
    queue.add(PlaceEvidence(1, np.zeros((1, 2)), unknown, np.zeros(1), 5.0))
    for bad in (
        HeadingFix(1, np.nan, 0.1), PositionFix(1, np.array([np.inf, 0.0]), np.eye(2)),
        PositionFix(1, np.zeros(2), np.full((2, 2), np.nan)), PlaceEvidence(1, np.zeros((1, 2)), unknown, unknown, 5.0),
    ):
        with pytest.raises(ObservationError, match="not finite"):
            queue.add(bad)
