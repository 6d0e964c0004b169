"""What is worth looking at, by filters of several sizes: shared by CRN and S4's attention."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import softplus


class ContextWeight(nn.Module):
    """Filters of several sizes side by side, then one 1x1 filter and a softplus: one positive weight per cell.

    Between them is what CRN has and S4 does not mention, a ReLU; without it all would be one filter of 7x7.
    """

    def __init__(self, channels: int, filters: tuple[tuple[int, int], ...]) -> None:
        """Filters are (how many, their size in cells)."""
        super().__init__()
        self.filters = nn.ModuleList(nn.Conv2d(channels, count, size, padding=size // 2) for count, size in filters)
        self.join = nn.Conv2d(sum(count for count, _ in filters), 1, 1)
        for layer in (*self.filters, self.join):
            assert isinstance(layer, nn.Conv2d) and layer.bias is not None
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, 1, h, w) of features (N, C, h, w)."""
        seen = torch.cat([layer(features) for layer in self.filters], dim=1)
        return softplus(self.join(torch.relu(seen)))
