"""A compact convolutional transformer from random weights (Hassani et al. 2021): CCT-14/7x2, narrower by a ratio."""

from __future__ import annotations

import torch
from torch import nn

from geoloc_ros.training.photos.networks.backbones.features import Backbone, scaled

_CHANNELS, _HEADS, _LAYERS, _WIDENING = 384, 6, 14, 3


class _Cct(nn.Module):
    """Convolutions make the tokens, so that it learns from few photos; their places are learnt beside."""

    def __init__(self, size: tuple[int, int], width_ratio: float) -> None:
        super().__init__()
        heads = max(1, round(_HEADS * width_ratio))
        channels = heads * scaled(_CHANNELS // _HEADS, 1.0)
        first = scaled(64, width_ratio)
        self.tokenizer = nn.Sequential(
            nn.Conv2d(3, first, 7, 2, 3, bias=False), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
            nn.Conv2d(first, channels, 7, 2, 3, bias=False), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
        )  # fmt: skip
        with torch.no_grad():
            grid = self.tokenizer(torch.zeros(1, 3, *size)).shape[2:]
        self.position = nn.Parameter(0.02 * torch.randn(1, grid[0] * grid[1], channels))
        # No dropout: a loss draws nothing at random (training.recipe).
        self.layers = nn.Sequential(
            *(
                nn.TransformerEncoderLayer(
                    channels, heads, _WIDENING * channels, dropout=0.0, activation="gelu", batch_first=True,
                    norm_first=True,
                )
                for _ in range(_LAYERS)
            )
        )  # fmt: skip
        self.norm = nn.LayerNorm(channels)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """One map, at 1/16, of normalised photos."""
        features = self.tokenizer(image)
        tokens = features.flatten(2).transpose(1, 2) + self.position
        return (self.norm(self.layers(tokens)).transpose(1, 2).reshape(features.shape),)


def make_cct(size: tuple[int, int], width_ratio: float) -> Backbone:
    """For photos of `size` (H, W). Of torch's generator as it is; see `training.recipe.seeded_weights`."""
    return Backbone(_Cct(size, width_ratio))
