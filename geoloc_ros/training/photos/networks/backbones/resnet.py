"""ResNet-18, 50 and 101, from random weights, whole or cut at conv4 (He et al. 2016)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import nn
from transformers import ResNetBackbone, ResNetConfig

from geoloc_ros.training.photos.networks.backbones.features import Backbone, scaled

_STAGES: Final = {"conv4": 3, "conv5": 4, "": 4}


@dataclass(frozen=True)
class _Published:
    depths: tuple[int, ...]
    channels: tuple[int, ...]
    layer: str


_PUBLISHED: Final[Mapping[str, _Published]] = {
    "resnet18": _Published((2, 2, 2, 2), (64, 128, 256, 512), "basic"),
    "resnet50": _Published((3, 4, 6, 3), (256, 512, 1024, 2048), "bottleneck"),
    "resnet101": _Published((3, 4, 23, 3), (256, 512, 1024, 2048), "bottleneck"),
}
RESNETS: Final = tuple(_PUBLISHED)


class _LastTwo(nn.Module):
    """The last two stages of a ResNet."""

    def __init__(self, config: ResNetConfig) -> None:
        super().__init__()
        self.model = ResNetBackbone(config)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Maps at 1/8 and 1/16, or at 1/16 and 1/32, of normalised photos."""
        return tuple(self.model(image).feature_maps)


def make_resnet(name: str, cut: str, width_ratio: float) -> Backbone:
    """Of torch's generator as it is; see `training.recipe.seeded_weights`."""
    published, stages = _PUBLISHED[name], _STAGES[cut]
    config = ResNetConfig(
        embedding_size=scaled(64, width_ratio), depths=list(published.depths[:stages]),
        hidden_sizes=[scaled(channels, width_ratio, 32) for channels in published.channels[:stages]],
        layer_type=published.layer, out_features=[f"stage{stages - 1}", f"stage{stages}"],
    )  # fmt: skip
    return Backbone(_LastTwo(config))
