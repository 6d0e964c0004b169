"""One thread that computes while the executor's thread takes messages."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Job = TypeVar("Job")

_HAND_OVER_S = 0.1


class LatestWorker(Generic[Job]):
    """Calls `process` with one job after the other; where more than `length` wait, the oldest is dropped.

    An exception out of `process` is a bug: it ends the thread and comes out of the next `submit`.
    """

    def __init__(self, name: str, process: Callable[[Job], None], length: int) -> None:
        self._process = process
        self._changed = threading.Condition()
        self._waiting: deque[Job] = deque(maxlen=length)
        self._closed = False
        self._is_busy = False
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> bool:
        """Hand over a job; True if it pushed out one that waited."""
        with self._changed:
            if self._failure is not None:
                raise self._failure
            dropped = len(self._waiting) == self._waiting.maxlen
            self._waiting.append(job)
            self._changed.notify_all()
            # A thread that has nothing to do takes the job before the caller goes on: after a stall of the machine
            # messages come in bursts, and the second of two must not take the place of the first.
            self._changed.wait_for(lambda: self._is_busy or not self._waiting, timeout=_HAND_OVER_S)
        return dropped

    def close(self) -> None:
        """Wait for the job at hand; what waits behind it is dropped."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._is_busy = False
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                job = self._waiting.popleft()
                self._is_busy = True
                self._changed.notify_all()
            try:
                self._process(job)
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that can tell somebody
                with self._changed:
                    self._failure = error
                    self._is_busy = False
                return
