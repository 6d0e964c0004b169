"""GeM: the generalised mean of each channel (Radenovic et al. 2019, eq. 3)."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn

_LEAST: Final = 1e-6


class GeneralizedMean(nn.Module):
    """(mean of f^p)^(1/p) over a map; p, which is learnt, leads from the mean (1) to the maximum (infinity).

    One p for all channels; the definition allows each its own.
    """

    def __init__(self, power: float = 3.0) -> None:
        super().__init__()
        self.power = nn.Parameter(torch.tensor([power]))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, C) of a map (N, C, h, w); what is negative counts as nothing."""
        pooled: torch.Tensor = features.clamp(min=_LEAST).pow(self.power).mean((2, 3)).pow(1.0 / self.power)
        return pooled


class GemHead(nn.Module):
    """The generalised mean of the last map."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = GeneralizedMean()

    def forward(self, maps: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """(N, C)."""
        pooled: torch.Tensor = self.pool(maps[-1])
        return pooled
