"""NetVLAD: residuals to learnt words, summed (Arandjelovic et al. 2018, eq. 4)."""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import nn
from torch.nn.functional import normalize

_RATIO_OF_NEAREST: Final = 100.0


class NetVladHead(nn.Module):
    """V_k = sum over places x of a_k(x) (x - c_k), a being the soft assignment; each V_k of unit length.

    Local features are of unit length before. `start` must give the words a sensible place; random ones learn slowly.
    """

    def __init__(self, channels: int, clusters: int) -> None:
        super().__init__()
        self.assignment = nn.Conv2d(channels, clusters, 1)
        self.centre = nn.Parameter(normalize(torch.randn(clusters, channels), dim=1))

    def start(self, centre: torch.Tensor, gap: float) -> None:
        """Put the words at centres of clusters.

        The weights follow from the distances (eq. 3), 2 alpha c and -alpha |c|^2; alpha is such that on the average
        the nearest word counts a hundred times the second.

        Args:
            centre: (K, C).
            gap: Mean difference of the squared distances to the second and the nearest centre.
        """
        alpha = math.log(_RATIO_OF_NEAREST) / max(gap, 1e-6)
        with torch.no_grad():
            self.centre.copy_(centre)
            self.assignment.weight.copy_(2.0 * alpha * centre[:, :, None, None])
            assert self.assignment.bias is not None
            self.assignment.bias.copy_(-alpha * centre.square().sum(dim=1))

    def forward(self, maps: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """(N, K C), word by word."""
        return self.aggregate(normalize(maps[-1], dim=1), None)

    def aggregate(self, local: torch.Tensor, weight: torch.Tensor | None) -> torch.Tensor:
        """(N, K C) of unit local features (N, C, h, w), which count as much as `weight` (N, 1, h, w) says."""
        share = self.assignment(local).softmax(dim=1)
        if weight is not None:
            share = share * weight
        share, local = share.flatten(2), local.flatten(2)
        residual = share @ local.transpose(1, 2) - share.sum(dim=2, keepdim=True) * self.centre
        return normalize(residual, dim=2).flatten(1)
