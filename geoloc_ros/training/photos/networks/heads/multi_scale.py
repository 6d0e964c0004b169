"""S4's head: attention by filters of several sizes, and GeM of two stages (Paolicelli et al. 2022, sec. 3.1)."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn
from torch.nn.functional import interpolate

from geoloc_ros.training.photos.networks.backbones.features import scaled
from geoloc_ros.training.photos.networks.heads.context import ContextWeight
from geoloc_ros.training.photos.networks.heads.gem import GeneralizedMean

_FILTERS: Final = 64
_SIZES: Final = (3, 5, 7)
_LEAST: Final = 1e-6


class MultiScaleHead(nn.Module):
    """GeM of f4 and f5, both weighted by the map M that the attention makes of f4; each part can be left out.

    The paper writes that weighted features are "L2-normalized" before they are pooled. Cell by cell that would undo
    the weights; here it is done by the map: each is divided by the root mean square of its values, so that f4 and f5
    count alike and cells as M says.
    """

    def __init__(
        self, channels: tuple[int, ...], *, has_attention: bool, has_two_scales: bool, width_ratio: float
    ) -> None:
        super().__init__()
        assert len(channels) == 2, channels
        filters = tuple((scaled(_FILTERS, width_ratio), size) for size in _SIZES)
        self.attention = ContextWeight(channels[0], filters) if has_attention else None
        self.pools = nn.ModuleList(GeneralizedMean() for _ in range(2 if has_two_scales else 1))

    def weight(self, maps: tuple[torch.Tensor, ...]) -> torch.Tensor | None:
        """The map M (N, 1, h, w), of the size of f4, which also guides the segmentation; None without attention."""
        return None if self.attention is None else self.attention(maps[-2])

    def forward(self, maps: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """(N, C4 + C5), or (N, C5) with one scale."""
        return self.pool(maps, self.weight(maps))

    def pool(self, maps: tuple[torch.Tensor, ...], weight: torch.Tensor | None) -> torch.Tensor:
        """The same with the map M that `weight` gave."""
        size = maps[-2].shape[2:]
        pooled = []
        for features, pool in zip(maps[-len(self.pools) :], self.pools, strict=True):
            if weight is not None:
                raised = interpolate(features, size=size, mode="bilinear", align_corners=False)
                features = raised * weight
            scale = features.square().mean((1, 2, 3), keepdim=True).clamp(min=_LEAST).sqrt()
            pooled.append(pool(features / scale))
        return torch.cat(pooled, dim=1)
