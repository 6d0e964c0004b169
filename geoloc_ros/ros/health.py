"""What a node tells about itself on /diagnostics: refused frames, latencies, what is wrong."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from rclpy.impl.rcutils_logger import RcutilsLogger

# A reason that repeats is logged once in this time; a refusal worries the diagnostics for as long.
_QUIET_S = 5.0
_LATENCIES_KEPT = 500


class Health:
    """Counts and times of one node; its methods may be called from any thread."""

    def __init__(self, name: str, logger: RcutilsLogger) -> None:
        self._name = name
        self._logger = logger
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._latencies_s: dict[str, deque[float]] = {}
        self._logged_s: dict[str, float] = {}
        self._refused_s = -_QUIET_S
        self._last_refusal = ""
        self._error = ""
        self._standing: dict[str, tuple[bytes, str]] = {}

    def count(self, what: str) -> None:
        """One more of something ordinary."""
        with self._lock:
            self._counts[what] += 1

    def refuse(self, reason: str, detail: object) -> None:
        """A frame that cannot be used: counted under `reason`, warned about now and then."""
        with self._lock:
            self._counts[f"refused: {reason}"] += 1
            self._last_refusal, self._refused_s = f"{reason}: {detail}", time.monotonic()
        if self._is_worth_a_line(reason):
            self._logger.warning(f"frame refused ({reason}): {detail}")

    def fail(self, detail: object) -> None:
        """Something that no later frame will mend; diagnostics say ERROR until `recover`."""
        with self._lock:
            self._error = str(detail)
        if self._is_worth_a_line(f"error: {detail}"):
            self._logger.error(str(detail))

    def recover(self) -> None:
        """Whatever failed is mended."""
        with self._lock:
            self._error = ""

    def stand(self, about: str, detail: object, level: bytes = DiagnosticStatus.WARN) -> None:
        """Something is not as it should be until `settle`; logged when it begins, in diagnostics all the while."""
        with self._lock:
            is_new = about not in self._standing
            self._standing[about] = level, str(detail)
        if is_new and level == DiagnosticStatus.ERROR:
            self._logger.error(str(detail))
        elif is_new:
            self._logger.warning(str(detail))

    def settle(self, about: str) -> None:
        """What stood is as it should be again; nothing happens if nothing stood."""
        with self._lock:
            was = self._standing.pop(about, None)
        if was is not None:
            self._logger.info(f"{about}: well again")

    def standing(self) -> tuple[str, ...]:
        """What is not as it should be."""
        with self._lock:
            return tuple(self._standing)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Adds the wall time of the block to the latencies of `stage`."""
        start_s = time.monotonic()
        yield
        self.took(stage, time.monotonic() - start_s)

    def took(self, stage: str, duration_s: float) -> None:
        """One more latency of `stage`, measured elsewhere."""
        with self._lock:
            self._latencies_s.setdefault(stage, deque(maxlen=_LATENCIES_KEPT)).append(duration_s)

    def counted(self, what: str) -> int:
        """How often so far."""
        with self._lock:
            return self._counts[what]

    def summary(self) -> str:
        """Everything counted so far, on one line."""
        with self._lock:
            return ", ".join(f"{what}: {count}" for what, count in self._counts.items()) or "no frames"

    def status(self, values: dict[str, Any]) -> DiagnosticStatus:
        """Diagnostics with the counts, the latencies and `values`."""
        with self._lock:
            level, message = self._verdict()
            shown = {**values, **dict(self._counts)}
            for stage, latencies_s in self._latencies_s.items():
                median_ms, p99_ms = np.percentile(np.array(latencies_s), (50, 99)) * 1e3
                shown[f"{stage} latency"] = f"median {median_ms:.1f} ms, p99 {p99_ms:.1f} ms"
        return DiagnosticStatus(
            level=level, name=self._name, message=message, hardware_id="geoloc_ros",
            values=[KeyValue(key=key, value=str(value)) for key, value in shown.items()],
        )

    def _verdict(self) -> tuple[bytes, str]:
        if self._error:
            return DiagnosticStatus.ERROR, self._error
        if self._standing:
            # The gravest first; as bytes the levels are ordered.
            told = sorted(self._standing.values(), key=lambda entry: entry[0], reverse=True)
            return told[0][0], "; ".join(detail for _, detail in told)
        if time.monotonic() - self._refused_s < _QUIET_S:
            return DiagnosticStatus.WARN, self._last_refusal
        return DiagnosticStatus.OK, "running"

    def _is_worth_a_line(self, reason: str) -> bool:
        # rclpy throttles per line of code, which would hide one reason behind another.
        now_s = time.monotonic()
        with self._lock:
            if now_s - self._logged_s.get(reason, -_QUIET_S) < _QUIET_S:
                return False
            self._logged_s[reason] = now_s
        return True
