"""The network that learns by S4's recipe, with what serves its training only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from geoloc_ros.core.classes import NUM_CLASSES
from geoloc_ros.core.errors import ConfigError
from geoloc_ros.training.photos.networks.heads.multi_scale import MultiScaleHead
from geoloc_ros.training.photos.networks.photo_network import PhotoNetwork
from geoloc_ros.training.photos.s4_decoders import DecoderName, join_stages, make_decoder
from geoloc_ros.training.photos.s4_domains import Discriminator
from geoloc_ros.training.recipe import seeded_weights

Segmentation = Literal["none", "plain", "guided"]
"""Guided: scores are weighted by the attention's map."""


@dataclass(frozen=True)
class Seen:
    """What the network makes of N photos."""

    descriptor: torch.Tensor
    """(N, D), of unit length."""
    scores: torch.Tensor | None
    """(N, classes, h, w); None if nothing learns from them."""


class S4Network(nn.Module):
    """Network, decoder, discriminator; only the first is exported.

    Adaptation without segmentation has a decoder, too, which only the other domain teaches.
    """

    def __init__(
        self, network: PhotoNetwork, segmentation: Segmentation, decoder: DecoderName, adapts: bool, seed: int
    ) -> None:
        """Decoder and discriminator draw their weights from `seed`.

        Raises:
            ConfigError: The network has no two stages to segment, or no attention to guide it.
        """
        super().__init__()
        spec = network.spec
        if len(network.channels) < 2:
            raise ConfigError(f"'{spec.method}' makes one map of features; S4 needs two, as resnets have")
        self.is_guided = segmentation == "guided"
        if self.is_guided and not (isinstance(network.head, MultiScaleHead) and network.head.attention is not None):
            raise ConfigError(
                f"head '{spec.head}' has no attention to guide the segmentation; use msatt or attgem, or do not guide "
                "it (s4-plain)"
            )
        self.network = network
        with seeded_weights(seed):
            has_decoder = adapts or segmentation != "none"
            self.decoder = make_decoder(decoder, sum(network.channels[-2:])) if has_decoder else None
            self.discriminator = Discriminator(NUM_CLASSES, spec.width_ratio) if adapts else None

    def forward(self, image: torch.Tensor) -> Seen:
        """Of photos (N, 3, H, W)."""
        maps = self.network.features(image)
        head = self.network.head
        if isinstance(head, MultiScaleHead):
            weight = head.weight(maps)
            descriptor = self.network.finish(head.pool(maps, weight))
        else:
            weight, descriptor = None, self.network.describe(maps)
        if self.decoder is None:
            return Seen(descriptor, None)
        scores = self.decoder(join_stages(maps))
        if self.is_guided:
            assert weight is not None
            # Only places teach the attention (sec. 3.3).
            scores = scores * weight.detach()
        return Seen(descriptor, scores)
