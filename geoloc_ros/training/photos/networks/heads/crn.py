"""CRN: NetVLAD whose local features count by their surroundings (Kim et al. 2017, sec. 3)."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn
from torch.nn.functional import normalize

from geoloc_ros.training.photos.networks.heads.context import ContextWeight
from geoloc_ros.training.photos.networks.heads.netvlad import NetVladHead

_FILTERS: Final = ((32, 3), (32, 5), (20, 7))


class CrnHead(nn.Module):
    """The weights are looked for on the map itself, which is small here; the paper pools photos to 13 x 13 first.

    They are positive by a softplus; the paper does not say what keeps them from turning residuals round.
    """

    def __init__(self, channels: int, clusters: int) -> None:
        super().__init__()
        self.vlad = NetVladHead(channels, clusters)
        self.weight = ContextWeight(channels, _FILTERS)

    def forward(self, maps: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """(N, K C)."""
        local = normalize(maps[-1], dim=1)
        return self.vlad.aggregate(local, self.weight(local))
