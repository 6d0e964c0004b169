"""The thread that computes."""

import threading
import time

import pytest

from geoloc_ros.ros.worker import LatestWorker


def test_the_newest_job_wins_and_the_one_it_replaces_is_told() -> None:
    done: list[int] = []
    may_go_on, is_at_work = threading.Event(), threading.Event()

    def process(job: int) -> None:
        is_at_work.set()
        may_go_on.wait(5.0)
        done.append(job)

    worker = LatestWorker("test", process, 1)
    assert not worker.submit(1)
    assert is_at_work.wait(5.0)
    assert [worker.submit(job) for job in (2, 3, 4)] == [False, True, True]
    may_go_on.set()
    _await(lambda: done == [1, 4])
    worker.close()


def test_a_longer_queue_loses_nothing_of_a_burst_and_keeps_the_order() -> None:
    done: list[int] = []
    may_go_on = threading.Event()

    def process(job: int) -> None:
        may_go_on.wait(5.0)
        done.append(job)

    worker = LatestWorker("test", process, 3)
    assert [worker.submit(job) for job in range(5)] == [False, False, False, False, True]
    may_go_on.set()
    _await(lambda: done == [0, 2, 3, 4])
    worker.close()


def test_a_thread_with_nothing_to_do_takes_a_job_before_the_next_can_replace_it() -> None:
    done: list[int] = []
    for burst in range(50):
        worker = LatestWorker("test", done.append, 1)
        assert not worker.submit(2 * burst)
        worker.submit(2 * burst + 1)
        _await(lambda burst=burst: done and done[-1] == 2 * burst + 1)
        worker.close()
    assert done == list(range(100))


def test_closing_finishes_the_job_at_hand_and_drops_what_waits() -> None:
    done: list[int] = []
    may_go_on, is_at_work = threading.Event(), threading.Event()

    def process(job: int) -> None:
        is_at_work.set()
        may_go_on.wait(5.0)
        done.append(job)

    worker = LatestWorker("test", process, 1)
    worker.submit(1)
    assert is_at_work.wait(5.0)
    worker.submit(2)
    closing = threading.Thread(target=worker.close)
    closing.start()
    may_go_on.set()
    closing.join(5.0)
    assert done == [1]


def test_a_bug_in_the_thread_comes_out_of_the_next_submit() -> None:
    failed = threading.Event()

    def process(job: int) -> None:
        failed.set()
        raise ZeroDivisionError(job)

    worker = LatestWorker("test", process, 1)
    worker.submit(1)
    assert failed.wait(5.0)
    with pytest.raises(ZeroDivisionError):
        _await(lambda: bool(worker.submit(2)) and False)


def _await(condition) -> None:  # noqa: ANN001
    deadline_s = time.monotonic() + 5.0
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.001)
