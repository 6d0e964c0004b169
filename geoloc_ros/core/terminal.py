"""What a command does with its terminal: bars or lines of progress, log lines, signals."""

from __future__ import annotations

import logging
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from geoloc_ros.core.progress import ProgressCallback

_PATIENCE_S = 3.0


class Interruption:
    """SIGINT and SIGTERM as KeyboardInterrupt, and which of them it was."""

    def __init__(self) -> None:
        self.signum: int | None = None
        self._last_s = 0.0

    def listen(self) -> None:
        """Catch both from now on."""
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, self._on_signal)

    def check(self) -> None:
        """Python drops an exception that is raised inside a finalizer; raise it where it cannot be."""
        if self.signum is not None:
            raise KeyboardInterrupt

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:
        # An impatient second Ctrl-C must not stop the removal of half-written files.
        impatient = self.signum is not None and time.monotonic() - self._last_s < _PATIENCE_S
        self.signum, self._last_s = signum, time.monotonic()
        if not impatient:
            raise KeyboardInterrupt


INTERRUPTION = Interruption()
"""Of this process."""


class _StderrHandler(logging.Handler):
    """Writes to whatever `sys.stderr` is at that time: a progress bar lends it, to keep lines and bars apart."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr)


def log_to_stderr() -> None:
    """Our INFO and other libraries' warnings."""
    logging.basicConfig(handlers=[_StderrHandler()], format="%(message)s")
    logging.getLogger("geoloc_ros").setLevel(logging.INFO)


@contextmanager
def progress_bar() -> Iterator[ProgressCallback]:
    """A bar for the stage at work in a terminal; elsewhere a line per stage."""
    if not sys.stderr.isatty():
        yield _progress_lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<28}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    tasks: dict[str, TaskID] = {}
    console = Console(stderr=True)
    # Lines for people are printed above the bars; results that go to a file stay out of stderr.
    lent = sys.stdout.isatty()
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True, redirect_stdout=lent) as bars:

        def show(stage: str, ratio: float) -> None:
            INTERRUPTION.check()
            if stage not in tasks:
                for before in tasks.values():
                    bars.update(before, visible=False)
                tasks[stage] = bars.add_task(stage, total=1.0)
            # A finished bar goes away: child processes write where it would be redrawn.
            bars.update(tasks[stage], completed=ratio, visible=ratio < 1.0)

        yield show


def _progress_lines() -> ProgressCallback:
    """Says each stage once, when it begins, with the seconds since the first."""
    stages: set[str] = set()
    began_s = time.monotonic()

    def show(stage: str, ratio: float) -> None:
        INTERRUPTION.check()
        if stage not in stages:
            stages.add(stage)
            print(f"[{time.monotonic() - began_s:6.1f} s] {stage}", file=sys.stderr, flush=True)

    return show
