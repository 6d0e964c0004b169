"""Which arithmetic is fast here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch


@dataclass(frozen=True)
class Precision:
    """What networks compute in; weights, gradients and losses stay in single precision."""

    dtype: torch.dtype | None
    """None is single precision throughout."""

    @property
    def needs_scaling(self) -> bool:
        """Half precision has no exponent for small gradients."""
        return self.dtype is torch.float16

    def autocast(self, device_type: str) -> torch.autocast:
        """Compute in this precision inside of the block, where that is safe."""
        return torch.autocast(device_type, self.dtype or torch.bfloat16, enabled=self.dtype is not None)


def choose_precision() -> Precision:
    """bfloat16 where it is fast, float16 on older GPUs, else single precision."""
    if torch.cuda.is_available() and not torch.cuda.is_bf16_supported(including_emulation=False):
        return Precision(torch.float16)
    return Precision(torch.bfloat16 if is_bfloat16_fast() else None)


def is_bfloat16_fast() -> bool:
    """On a GPU, and on a CPU with instructions for it; elsewhere it is emulated."""
    if torch.cuda.is_available():
        return True
    cpu = Path("/proc/cpuinfo")
    return cpu.exists() and "avx512_bf16" in cpu.read_text()
