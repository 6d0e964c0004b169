"""What fits into memory, and what is better left in its file."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from geoloc_ros.core.types import Float16

_MEMINFO = Path("/proc/meminfo")
_SHARE = 0.5


def fits_in_memory(num_bytes: int) -> bool:
    """Whether it is at most half of what is free, files that the system could forget counting as free."""
    return num_bytes <= _SHARE * _available_bytes()


def in_memory(descriptors: Float16) -> Float16:
    """Descriptors of a mapped file in memory of their own, if they fit; else as they are.

    A page that the system has dropped costs a read from disk, so what fits is better kept.
    """
    return np.array(descriptors) if fits_in_memory(descriptors.nbytes) else descriptors


def _available_bytes() -> int:
    if _MEMINFO.exists():
        for line in _MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
