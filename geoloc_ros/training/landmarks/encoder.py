"""Residual encoder with an atrous spatial pyramid: DeepLabv3 (Chen et al. 2017), at any width."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import interpolate

from geoloc_ros.training.landmarks.spec import EncoderSpec
from geoloc_ros.training.street_layers import convolution

_NARROWING = 4
"""Of a bottleneck."""


class Encoder(nn.Module):
    """Features at stride 4 and 8, and of the pyramid at stride 16."""

    def __init__(self, spec: EncoderSpec) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            convolution(3, spec.stem, 3, stride=2), convolution(spec.stem, 2 * spec.stem, 3, stride=2)
        )
        stages, inputs = [], 2 * spec.stem
        for number, (depth, channels) in enumerate(zip(spec.depths, spec.channels, strict=True)):
            stride, dilation = (2, 1) if number in (1, 2) else (1, 2 if number == 3 else 1)
            stages.append(_stage(inputs, channels, depth, stride, dilation, spec.is_bottleneck))
            inputs = channels
        self.stages = nn.ModuleList(stages)
        self.pyramid = SpatialPyramid(inputs, spec.pyramid, spec.rates, spec.decoder)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Of normalised images (N, 3, H, W)."""
        features = self.stem(image)
        seen = []
        for stage in self.stages:
            features = stage(features)
            seen.append(features)
        return seen[0], seen[1], self.pyramid(features)


class SpatialPyramid(nn.Module):
    """Looks at several distances at once, and at the image as a whole (DeepLabv3, fig. 5)."""

    def __init__(self, inputs: int, width: int, rates: tuple[int, ...], outputs: int) -> None:
        super().__init__()
        self.near = convolution(inputs, width, 1)
        self.far = nn.ModuleList(convolution(inputs, width, 3, dilation=rate) for rate in rates)
        # Without normalisation: of a single cell per image there is little to average over.
        self.whole = nn.Sequential(nn.Conv2d(inputs, width, 1), nn.ReLU())
        self.join = convolution(width * (2 + len(rates)), outputs, 1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features (N, C, h, w) of the same size."""
        whole = self.whole(features.mean((2, 3), keepdim=True)).expand(-1, -1, *features.shape[2:])
        joined: torch.Tensor = self.join(
            torch.cat([self.near(features), *(branch(features) for branch in self.far), whole], dim=1)
        )
        return joined


class ResidualBlock(nn.Module):
    """Two convolutions of 3, or one between two of 1 that narrow and widen, added to what came in."""

    def __init__(self, inputs: int, outputs: int, stride: int, dilation: int, is_bottleneck: bool) -> None:
        super().__init__()
        if is_bottleneck:
            inner = outputs // _NARROWING
            self.block = nn.Sequential(
                convolution(inputs, inner, 1), convolution(inner, inner, 3, stride, dilation=dilation),
                convolution(inner, outputs, 1, activated=False),
            )  # fmt: skip
        else:
            self.block = nn.Sequential(
                convolution(inputs, outputs, 3, stride, dilation=dilation),
                convolution(outputs, outputs, 3, dilation=dilation, activated=False),
            )
        changes = stride != 1 or inputs != outputs
        self.shortcut = convolution(inputs, outputs, 1, stride, activated=False) if changes else nn.Identity()

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features (N, C, h, w), smaller by the stride."""
        return torch.relu(self.block(features) + self.shortcut(features))


def raised(features: torch.Tensor) -> torch.Tensor:
    """Features at twice the size."""
    return interpolate(features, scale_factor=2.0, mode="bilinear", align_corners=False)


def _stage(inputs: int, outputs: int, depth: int, stride: int, dilation: int, is_bottleneck: bool) -> nn.Sequential:
    first = ResidualBlock(inputs, outputs, stride, dilation, is_bottleneck)
    return nn.Sequential(
        first, *(ResidualBlock(outputs, outputs, 1, dilation, is_bottleneck) for _ in range(depth - 1))
    )
