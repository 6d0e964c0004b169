"""Segmentation for training only, in the manner of DeepLabv2 and of PSPNet (Paolicelli et al. 2022, sec. 3.2)."""

from __future__ import annotations

from typing import Final, Literal

import torch
from torch import nn
from torch.nn.functional import interpolate

from geoloc_ros.core.classes import NUM_CLASSES
from geoloc_ros.training.photos.networks.heads.conv_ap import mean_of_cells

DecoderName = Literal["deeplab", "psp"]

_RATES: Final = (6, 12, 18, 24)
_CELLS: Final = (1, 2, 3, 6)
_SPREAD: Final = 0.01


class DeepLabDecoder(nn.Module):
    """The sum of four convolutions that look 6 to 24 cells far (Chen et al. 2018, DeepLabv2, fig. 4)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Conv2d(channels, NUM_CLASSES, 3, padding=rate, dilation=rate) for rate in _RATES
        )
        _start(self)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Scores (N, classes, h, w) of features (N, C, h, w)."""
        return torch.stack([branch(features) for branch in self.branches]).sum(dim=0)


class PspDecoder(nn.Module):
    """Means of the map's 1, 4, 9 and 36 parts beside the map itself (Zhao et al. 2017, PSPNet, fig. 3)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        part = max(8, channels // len(_CELLS))
        self.branches = nn.ModuleList(nn.Conv2d(channels, part, 1) for _ in _CELLS)
        joined = channels + part * len(_CELLS)
        self.classify = nn.Sequential(nn.Conv2d(joined, part, 3, padding=1), nn.ReLU(), nn.Conv2d(part, NUM_CLASSES, 1))
        _start(self)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Scores (N, classes, h, w) of features (N, C, h, w)."""
        height, width = int(features.shape[2]), int(features.shape[3])
        seen = [features]
        for cells, branch in zip(_CELLS, self.branches, strict=True):
            rows, columns = (mean_of_cells(size, min(size, cells)).to(features) for size in (height, width))
            means = torch.relu(branch(rows @ features @ columns.T))
            seen.append(interpolate(means, size=(height, width), mode="bilinear", align_corners=False))
        scores: torch.Tensor = self.classify(torch.cat(seen, dim=1))
        return scores


def make_decoder(name: DecoderName, channels: int) -> nn.Module:
    """Of torch's generator as it is; see `training.recipe.seeded_weights`."""
    return DeepLabDecoder(channels) if name == "deeplab" else PspDecoder(channels)


def join_stages(maps: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """What a decoder gets, (N, C4 + C5, h, w) of the size of the finer one.

    The paper gives it f5 alone, which is 24 x 14 of photos of 768 x 432; of small photos it would be 5 x 4.
    """
    fine, coarse = maps[-2], maps[-1]
    return torch.cat([fine, interpolate(coarse, size=fine.shape[2:], mode="bilinear", align_corners=False)], dim=1)


def _start(decoder: nn.Module) -> None:
    """Normally distributed (sec. 7.1)."""
    for layer in decoder.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.weight, std=_SPREAD)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
