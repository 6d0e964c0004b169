"""What came of the frames and mishaps of a soak."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from _soak_road import FORGETTING, Mishap

from geoloc_ros.core.types import LocalizationStatus

RIGHT_M = 25.0
_FIX_STATES = (LocalizationStatus.INITIALIZED, LocalizationStatus.DEGRADED)


@dataclass
class Frame:
    """One scan and the answer to it."""

    at_s: float
    """Simulated time since the start; stamps may go back."""
    x_m: float
    y_m: float
    """Where the vehicle really is."""
    sent_s: float
    """Wall time."""
    is_excused: bool
    """After something that took the fix away, and before the next right one."""
    latency_s: float | None = None
    error_m: float | None = None


@dataclass
class MishapRecord:
    """Something that went wrong on purpose."""

    kind: Mishap
    leg: int
    at_s: float
    lost_after_s: float | None = None
    """Simulated time until no fix was said."""
    recovered_s: float | None = None
    """Simulated time until the next right fix."""


@dataclass
class Log:
    """Everything of a run; its methods may be called from any thread."""

    frames: list[Frame] = field(default_factory=list)
    mishaps: list[MishapRecord] = field(default_factory=list)
    losses_unasked: int = 0
    crashes: int = 0
    driven_s: float = 0.0
    wall_s: float = 0.0
    num_carried: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[int, Frame] = {}
        self._had_fix = self._is_excused = False
        self._losses: list[dict[str, Any]] = []

    def begin(self, kind: Mishap, leg: int, at_s: float) -> None:
        """Something goes wrong now."""
        with self._lock:
            self.mishaps.append(MishapRecord(kind, leg, at_s))
            if kind in FORGETTING:
                self._had_fix, self._is_excused = False, True
                self._open.clear()

    def sent(self, stamp_ns: int, at_s: float, x_m: float, y_m: float) -> None:
        """A scan is about to be published."""
        with self._lock:
            frame = Frame(at_s, x_m, y_m, time.monotonic(), self._is_excused)
            self.frames.append(frame)
            self._open[stamp_ns] = frame

    def heard_state(self, stamp_ns: int, state: int, reason: str) -> None:
        """The state after a frame, or one without a frame."""
        with self._lock:
            frame, is_fix = self._open.get(stamp_ns), state in _FIX_STATES
            if frame is not None:
                frame.latency_s = time.monotonic() - frame.sent_s
                for mishap in self.mishaps:
                    if not is_fix and mishap.lost_after_s is None and mishap.recovered_s is None:
                        mishap.lost_after_s = frame.at_s - mishap.at_s
            if self._had_fix and not is_fix and not self._is_excused:
                self.losses_unasked += 1
                at_s = self.frames[-1].at_s if self.frames else 0.0
                self._losses.append({"kind": "lost", "at_s": at_s, "reason": reason})
            self._had_fix = is_fix

    def heard_pose(self, stamp_ns: int, x_m: float, y_m: float) -> None:
        """The fix of a frame."""
        with self._lock:
            frame = self._open.get(stamp_ns)
            if frame is None:
                return
            frame.error_m = ((x_m - frame.x_m) ** 2 + (y_m - frame.y_m) ** 2) ** 0.5
            if frame.error_m > RIGHT_M:
                return
            self._is_excused = False
            for mishap in self.mishaps:
                if mishap.recovered_s is None and frame.at_s > mishap.at_s:
                    mishap.recovered_s = frame.at_s - mishap.at_s

    def carried(self) -> None:
        """One more `odometry/global`."""
        with self._lock:
            self.num_carried += 1

    def speed_reached(self) -> float:
        """Simulated over wall time."""
        return self.driven_s / max(self.wall_s, 1e-9)

    def carried_hz(self) -> float:
        """Messages of `odometry/global` per simulated second with a fix."""
        with self._lock:
            with_fix = sum(frame.error_m is not None for frame in self.frames)
            return self.num_carried / max(self.driven_s * with_fix / max(len(self.frames), 1), 1e-9)

    def summary(self) -> str:
        """One line of progress."""
        with self._lock:
            recovered = sum(one.recovered_s is not None for one in self.mishaps)
            fixes = [frame.error_m for frame in self.frames if frame.error_m is not None]
            return (
                f"{self.driven_s / 60.0:.1f} min at {self.speed_reached():.1f} x: {len(self.frames)} frames, "
                f"{len(fixes)} fixes, {self.losses_unasked} losses unasked, {recovered} of {len(self.mishaps)} mishaps "
                f"overcome, {self.crashes} crashes"
            )

    def rows(self) -> list[dict[str, Any]]:
        """The mishaps, and the losses that nobody asked for."""
        return [*map(asdict, self.mishaps), *self._losses]
