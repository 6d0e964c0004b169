"""VGG16 without its classifier (Simonyan and Zisserman 2015), the backbone that NetVLAD was published with."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn

from geoloc_ros.training.photos.networks.backbones.features import Backbone, scaled

_BLOCKS: Final = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))


class _Vgg(nn.Module):
    """Blocks of convolutions, with pooling between them: the last map is at 1/16, as is usual for retrieval.

    Normalised after each convolution, for from random weights it does not learn otherwise.
    """

    def __init__(self, num_blocks: int, width_ratio: float) -> None:
        super().__init__()
        blocks, before = [], 3
        for number, (published, depth) in enumerate(_BLOCKS[:num_blocks]):
            layers: list[nn.Module] = [nn.MaxPool2d(2)] if number else []
            channels = scaled(published, width_ratio)
            for _ in range(depth):
                layers += [nn.Conv2d(before, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
                before = channels
            blocks.append(nn.Sequential(*layers))
        self.blocks = nn.ModuleList(blocks)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Maps of the last two blocks."""
        maps = [image]
        for block in self.blocks:
            maps.append(block(maps[-1]))
        return tuple(maps[-2:])


def make_vgg(cut: str, width_ratio: float) -> Backbone:
    """Of torch's generator as it is; see `training.recipe.seeded_weights`."""
    return Backbone(_Vgg(4 if cut == "conv4" else 5, width_ratio))
