"""Nodes under a soak: processes that may be killed and started again, and how much memory each of them holds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from geoloc_ros.ros.environment import PARENT_VARIABLE

_PATIENCE_S = 10.0
# What a process needs until it has seen everything once is no leak.
_WARM_UP_S = 120.0
_LEAST_SAMPLES = 60
_DRAWN = 100


@dataclass
class Memory:
    """Of one process, from its start to its end."""

    at_s: list[float] = field(default_factory=list)
    """Wall time."""
    held_mib: list[float] = field(default_factory=list)
    """Anonymous memory that is resident: without the pages of files, which the system takes back when it likes."""

    def row(self, name: str) -> dict[str, Any]:
        """What it held now and then, for whoever wants to draw it."""
        step = max(1, len(self.at_s) // _DRAWN)
        return {"kind": "memory", "node": name, "at_s": self.at_s[::step], "held_mib": self.held_mib[::step]}

    def slope_mib_per_h(self) -> float | None:
        """Of a straight line through what it held once it was warm; None where it did not run for long enough."""
        at_s, held_mib = np.array(self.at_s), np.array(self.held_mib)
        warm = at_s > (at_s[0] if len(at_s) else 0.0) + _WARM_UP_S
        if np.count_nonzero(warm) < _LEAST_SAMPLES:
            return None
        return float(np.polyfit(at_s[warm] / 3600.0, held_mib[warm], 1)[0])


class NodeProcess:
    """A node of ours in a process of its own."""

    def __init__(self, name: str, arguments: list[str]) -> None:
        """Start `geoloc_ros.ros.NAME` with ROS arguments."""
        self.name = name
        module = f"geoloc_ros.ros.{name}"
        self._command = [sys.executable, "-m", module, "--ros-args", "--log-level", "error", *arguments]
        self.memories: list[Memory] = []
        self.start()

    def start(self) -> None:
        """Begin a process, with memory that is measured by itself."""
        environment = {**os.environ, PARENT_VARIABLE: str(os.getpid())}
        self._process = subprocess.Popen(self._command, env=environment)
        self.memories.append(Memory())

    def kill(self) -> None:
        """As by a lack of memory: without a chance to say good-bye."""
        self._process.kill()
        self._process.wait()

    def is_alive(self) -> bool:
        """Has it not ended by itself?"""
        return self._process.poll() is None

    def sample(self, at_s: float) -> None:
        """Measure its memory."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                self.memories[-1].at_s.append(at_s)
                self.memories[-1].held_mib.append(int(line.split()[1]) / 1024.0)

    def close(self) -> None:
        """End it, politely first."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
