"""Are these scores of a rendered photo or of a real one? (Paolicelli et al. 2022, sec. 4.1 and 7.1)."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn
from torch.func import functional_call
from torch.nn.functional import binary_cross_entropy_with_logits, interpolate

from geoloc_ros.training.photos.networks.backbones.features import scaled

_CHANNELS: Final = (64, 128, 256, 512)
_SLOPE: Final = 0.2


class Discriminator(nn.Module):
    """Five convolutions of 4 x 4 and stride 2: logits that a part of the photo is of the source."""

    def __init__(self, channels: int, width_ratio: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for after in (scaled(each, width_ratio) for each in _CHANNELS):
            layers += [nn.Conv2d(channels, after, 4, 2, 1), nn.LeakyReLU(_SLOPE)]
            channels = after
        self.layers = nn.Sequential(*layers, nn.Conv2d(channels, 1, 4, 2, 1))

    def forward(self, shown: torch.Tensor) -> torch.Tensor:
        """(N, 1, h/32, w/32) of maps (N, C, h, w) with sides of 32 or more."""
        logits: torch.Tensor = self.layers(shown)
        return logits


def discriminator_loss(discriminator: nn.Module, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Eq. 4: tell one domain from the other. Only the discriminator learns from it."""
    of_source, of_target = discriminator(source.detach()), discriminator(target.detach())
    return _cross_entropy(of_source, 1.0) + _cross_entropy(of_target, 0.0)


def adversarial_loss(discriminator: nn.Module, target: torch.Tensor) -> torch.Tensor:
    """Eq. 5: have the target taken for the source. The discriminator does not learn from it."""
    weights = {name: weight.detach() for name, weight in discriminator.named_parameters()}
    return _cross_entropy(functional_call(discriminator, weights, (target,)), 1.0)


def shown_to_discriminator(scores: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Probabilities of classes on half of `size`, H and W of the photos, but no less than five strides need."""
    half = (max(32, size[0] // 2), max(32, size[1] // 2))
    return interpolate(scores.softmax(dim=1), size=half, mode="bilinear", align_corners=False)


def _cross_entropy(logits: torch.Tensor, answer: float) -> torch.Tensor:
    return binary_cross_entropy_with_logits(logits, torch.full_like(logits, answer))
