"""Which arithmetic is fast here."""

from __future__ import annotations

from pathlib import Path

import torch


def is_bfloat16_fast() -> bool:
    """On a GPU, and on a CPU with instructions for it; elsewhere it is emulated."""
    if torch.cuda.is_available():
        return True
    cpu = Path("/proc/cpuinfo")
    return cpu.exists() and "avx512_bf16" in cpu.read_text()
