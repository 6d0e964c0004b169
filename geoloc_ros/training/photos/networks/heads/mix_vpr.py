"""MixVPR: each channel's map as a vector, mixed by perceptrons (Ali-bey et al. 2023, sec. 3)."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn

ROWS: Final = 4
"""Of the map's cells that are left of each channel."""
_MIXERS: Final = 4


class _Mixer(nn.Module):
    """X + W2 relu(W1 norm(X)), along the cells (eq. 2)."""

    def __init__(self, cells: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(cells)
        self.first, self.second = nn.Linear(cells, cells), nn.Linear(cells, cells)
        for layer in (self.first, self.second):
            # Near nothing: it begins as the identity.
            nn.init.trunc_normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Rows (N, C, h w) of the same size."""
        mixed: torch.Tensor = self.second(torch.relu(self.first(self.norm(rows))))
        return rows + mixed


class MixVprHead(nn.Module):
    """The dimension is ROWS times the channels that a projection leaves."""

    def __init__(self, channels: int, grid: tuple[int, int], dimension: int) -> None:
        super().__init__()
        cells = grid[0] * grid[1]
        self.mix = nn.Sequential(*(_Mixer(cells) for _ in range(_MIXERS)))
        self.across_channels = nn.Linear(channels, dimension // ROWS)
        self.across_cells = nn.Linear(cells, ROWS)

    def forward(self, maps: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """(N, D)."""
        mixed = self.mix(maps[-1].flatten(2))
        fewer: torch.Tensor = self.across_cells(self.across_channels(mixed.transpose(1, 2)).transpose(1, 2))
        return fewer.flatten(1)
