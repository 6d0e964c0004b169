import numpy as np

from geoloc_ros.core.types import HeadingFix, PositionFix
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
