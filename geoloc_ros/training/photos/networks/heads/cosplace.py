"""CosPlace: GeM of unit local features, and a fully connected layer (Berton et al. 2022, sec. 3.4)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import normalize

from geoloc_ros.training.photos.networks.heads.gem import GeneralizedMean


class CosPlaceHead(nn.Module):
    """As many dimensions as asked for."""

    def __init__(self, channels: int, dimension: int) -> None:
        super().__init__()
        self.pool = GeneralizedMean()
        self.project = nn.Linear(channels, dimension)

    def forward(self, maps: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """(N, D)."""
        projected: torch.Tensor = self.project(self.pool(normalize(maps[-1], dim=1)))
        return projected
