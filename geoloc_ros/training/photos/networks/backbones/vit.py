"""A vision transformer from random weights (Dosovitskiy et al. 2021): ViT-B/16, narrower by a ratio."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn
from transformers import ViTConfig, ViTModel

from geoloc_ros.training.photos.networks.backbones.features import Backbone, grid_of_tokens, scaled

_PATCH: Final = 16
_CHANNELS, _HEADS, _LAYERS = 768, 12, 12


class _Vit(nn.Module):
    def __init__(self, size: tuple[int, int], width_ratio: float) -> None:
        super().__init__()
        heads = max(1, round(_HEADS * width_ratio))
        channels = heads * scaled(_CHANNELS // _HEADS, 1.0)
        # Whole patches only; what is left at the right and the lower edge is not looked at.
        self.grid = size[0] // _PATCH, size[1] // _PATCH
        config = ViTConfig(
            image_size=(self.grid[0] * _PATCH, self.grid[1] * _PATCH), patch_size=_PATCH, hidden_size=channels,
            num_attention_heads=heads, num_hidden_layers=_LAYERS, intermediate_size=4 * channels,
            hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        )  # fmt: skip
        self.model = ViTModel(config, add_pooling_layer=False)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """One map, at 1/16, of normalised photos."""
        whole = image[:, :, : self.grid[0] * _PATCH, : self.grid[1] * _PATCH]
        return (grid_of_tokens(self.model(pixel_values=whole).last_hidden_state, self.grid),)


def make_vit(size: tuple[int, int], width_ratio: float) -> Backbone:
    """For photos of `size` (H, W). Of torch's generator as it is; see `training.recipe.seeded_weights`."""
    return Backbone(_Vit(size, width_ratio), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
