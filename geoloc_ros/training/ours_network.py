"""Our network: scan to angular bins, once as a place of the map and once as a query, compared by inner product."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn
from torch.nn import functional

from geoloc_ros.scan.features import NUM_NETWORK_CHANNELS

RAYS_PER_BIN: Final = 10
_DILATIONS: Final = (1, 2, 4, 6)


class OursNetwork(nn.Module):
    """Circular convolutions all the way: turning a scan by RAYS_PER_BIN rays turns its bins by one.

    Map and query share the trunk and differ in their heads. The inner product of a query with a place, plus the
    place's own bias, is the logarithm of how much likelier the place makes the query, up to a constant.
    """

    def __init__(self, width: int = 128, channels: int = 6) -> None:
        super().__init__()
        self.rays_to_pairs = _CircularConv(NUM_NETWORK_CHANNELS, width // 2, kernel=15, stride=5)
        self.pairs_to_bins = _CircularConv(width // 2, width, kernel=5, stride=2)
        self.blocks = nn.ModuleList([_Block(width, dilation) for dilation in _DILATIONS])
        self.query_head = nn.Conv1d(width, channels, 1)
        self.place_head = nn.Conv1d(width, channels, 1)
        self.bias_head = nn.Linear(width, 1)

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Descriptors and queries, each (N, D) with D = channels * B / RAYS_PER_BIN + 1, of features (N, C, B).

        Bins come one after the other, all channels of each together; the last number is the place's bias, or 1.
        """
        hidden = functional.relu(self.rays_to_pairs(features))
        hidden = self.pairs_to_bins(hidden)
        for block in self.blocks:
            hidden = block(hidden)
        hidden = functional.relu(hidden)
        bias = self.bias_head(hidden.mean(dim=2))
        place = self.place_head(hidden).transpose(1, 2).flatten(1)
        query = self.query_head(hidden).transpose(1, 2).flatten(1)
        return torch.cat([place, bias], dim=1), torch.cat([query, torch.ones_like(bias)], dim=1)


class _CircularConv(nn.Conv1d):
    """Convolution round the circle; as many outputs as strides fit."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride=stride, dilation=dilation)
        self._reach = dilation * (kernel - 1) // 2

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        wrapped = torch.cat([input[..., -self._reach :], input, input[..., : self._reach]], dim=-1)
        return super().forward(wrapped)


class _Block(nn.Module):
    """Residual: what is near in angle, and the mean of the whole turn. Begins as the identity."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.near = _CircularConv(width, width, kernel=3, dilation=dilation)
        self.mix = _CircularConv(width, width, kernel=3)
        self.whole = nn.Linear(width, width)
        for layer in (self.mix, self.whole):
            nn.init.zeros_(layer.weight)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """(N, width, bins) to the same."""
        active = functional.relu(hidden)
        near = self.mix(functional.relu(self.near(active)))
        whole: torch.Tensor = self.whole(active.mean(dim=2))
        mixed: torch.Tensor = hidden + near + whole[..., None]
        return mixed


def rotation_scores(query: torch.Tensor, place: torch.Tensor, num_bins: int) -> torch.Tensor:
    """Scores (Q, P, num_bins) of queries (Q, D) against places (P, D) turned right by every number of bins."""
    bins = torch.arange(num_bins, device=query.device)
    binned = place[:, :-1].reshape(len(place), num_bins, -1)
    turned = binned[:, (bins[:, None] + bins) % num_bins].reshape(len(place) * num_bins, -1)
    scores = (query[:, :-1] @ turned.T).reshape(len(query), len(place), num_bins)
    with_bias: torch.Tensor = scores + place[None, :, -1:]
    return with_bias
