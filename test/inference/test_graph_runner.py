import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.types import Float32
from geoloc_ros.inference.graph_runner import GraphRunner


class CountingSession:
    """Doubles what it gets; a graph doubles as many items as there were when it was recorded."""

    input_name, output_names, output_shapes = "x", ("y",), ((3,),)

    def __init__(self, refusals: int = 0, fails: bool = False) -> None:
        self.said: list[str] = []
        self._refusals, self._fails = refusals, fails
        self._given = self._done = np.empty((0, 3), np.float32)

    def upload(self, batch: Float32) -> None:
        self._given = batch.copy()
        self._done = np.full_like(batch, np.nan)

    def enqueue(self, count: int) -> None:
        self.said.append(f"enqueue {count}")
        self._done[:count] = 2.0 * self._given[:count]

    def capture(self, count: int) -> "Recorded | None":
        if self._fails:
            raise BackendError("operation not permitted when stream is capturing")
        if self._refusals:
            self._refusals -= 1
            return None
        self.said.append(f"capture {count}")
        return Recorded(self, count)

    def replay(self, count: int) -> None:
        self.said.append(f"launch {count}")
        self._done[:count] = 2.0 * self._given[:count]

    def download(self, count: int) -> tuple[Float32, ...]:
        return (self._done[:count].copy(),)


class Recorded:
    def __init__(self, session: CountingSession, count: int) -> None:
        self._session, self._count = session, count

    def launch(self) -> None:
        self._session.replay(self._count)


def run(runner: GraphRunner, *counts: int) -> None:
    for count in counts:
        batch = np.random.default_rng(count).normal(size=(count, 3)).astype(np.float32)
        (output,) = runner.run(batch)
        assert np.array_equal(output, 2.0 * batch)


def test_work_is_recorded_when_it_comes_again_and_replayed_from_then_on() -> None:
    session = CountingSession()
    run(GraphRunner(session, 8), 1, 1, 1, 1)
    assert session.said == ["enqueue 1", "capture 1", "launch 1", "launch 1", "launch 1"]


def test_another_size_is_recorded_anew() -> None:
    session = CountingSession()
    run(GraphRunner(session, 8), 1, 1, 3, 1, 1)
    assert session.said == ["enqueue 1", "capture 1", "launch 1", "enqueue 3", "enqueue 1", "capture 1", "launch 1"]


def test_what_cannot_be_recorded_runs_without_and_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    session = CountingSession(fails=True)
    runner = GraphRunner(session, 8)
    run(runner, 2, 2, 2, 2)
    assert session.said == ["enqueue 2"] * 4 and not runner.is_recorded
    assert caplog.text.count("cannot be recorded") == 1


def test_an_engine_that_is_not_ready_to_be_recorded_is_asked_again() -> None:
    session = CountingSession(refusals=2)
    runner = GraphRunner(session, 8)
    run(runner, 1, 1, 1, 1)
    assert session.said == ["enqueue 1"] * 3 + ["capture 1", "launch 1"] and runner.is_recorded


def test_more_than_fits_runs_in_parts() -> None:
    session = CountingSession()
    run(GraphRunner(session, 4), 10)
    assert session.said == ["enqueue 4", "capture 4", "launch 4", "enqueue 2"]


@given(counts=st.lists(st.integers(0, 11), max_size=8), max_batch=st.integers(1, 5), refusals=st.integers(0, 3))
def test_outputs_do_not_depend_on_how_they_were_computed(counts: list[int], max_batch: int, refusals: int) -> None:
    run(GraphRunner(CountingSession(refusals), max_batch), *counts)
