"""What the benchmarks of speed share: one core, and methods that take turns, since others may use the machine too."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Rounds = dict[str, NDArray[np.float64]]
"""Seconds of every method in every round."""

_WARM_UP = 2


def keep_to_one_core() -> None:
    """Start again on one core: libraries count the cores when they are loaded."""
    cores = os.sched_getaffinity(0)
    if len(cores) > 1:
        os.sched_setaffinity(0, {max(cores)})
        os.execv(sys.executable, [sys.executable, *sys.argv])


def take_turns(
    methods: Mapping[str, Callable[[], object]], num_rounds: int, clock: Callable[[], float] = time.perf_counter
) -> Rounds:
    """Run every method once per round; two more rounds before warm up and do not count."""
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    for turn in range(num_rounds + _WARM_UP):
        for name, method in methods.items():
            before = clock()
            method()
            if turn >= _WARM_UP:
                seconds[name].append(clock() - before)
    return {name: np.array(values) for name, values in seconds.items()}
