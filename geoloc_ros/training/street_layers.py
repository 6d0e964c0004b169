"""Layers that the street network is made of."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import interpolate


class WidenedBlock(nn.Module):
    """Residual block: look around per channel, widen, narrow.

    The order of ConvNeXt (Liu et al. 2022), for looking around is four times cheaper on the narrow side; dilated
    kernels of 3 see as far as large ones, whose gradients are slow on CPUs.
    """

    def __init__(self, width: int, expansion: int, dilation: int) -> None:
        super().__init__()
        inner = width * expansion
        self.block = nn.Sequential(
            convolution(width, width, 3, groups=width, dilation=dilation, activated=False),
            nn.Conv2d(width, inner, 1), nn.ReLU(inplace=True),
            convolution(inner, width, 1, activated=False),
        )  # fmt: skip

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features (N, C, h, w) of the same size."""
        widened: torch.Tensor = self.block(features)
        return features + widened


class ContextBlock(nn.Module):
    """Adds what the image as a whole shows."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.local = convolution(width, width, 1, activated=False)
        self.whole = nn.Sequential(nn.Conv2d(width, width, 1), nn.ReLU(), nn.Conv2d(width, width, 1))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features (N, C, h, w) of the same size."""
        whole = self.whole(features.mean((2, 3), keepdim=True))
        return torch.relu(self.local(features) + whole)


class JoinBlock(nn.Module):
    """Brings features of half the size together with finer ones."""

    def __init__(self, coarse: int, fine: int, width: int) -> None:
        super().__init__()
        self.coarse = convolution(coarse, width, 1, activated=False)
        self.fine = convolution(fine, width, 1, activated=False)
        self.mix = nn.Sequential(
            convolution(width, width, 3, groups=width, activated=False), convolution(width, width, 1)
        )

    def forward(self, coarse: torch.Tensor, fine: torch.Tensor) -> torch.Tensor:
        """Features (N, C, h, w) of the size of the finer ones."""
        raised = interpolate(self.coarse(coarse), scale_factor=2.0, mode="bilinear", align_corners=False)
        mixed: torch.Tensor = self.mix(torch.relu(raised + self.fine(fine)))
        return mixed


def convolution(
    inputs: int, outputs: int, size: int, stride: int = 1, groups: int = 1, dilation: int = 1, activated: bool = True
) -> nn.Sequential:
    """Convolution and normalisation, and what is negative set to zero if `activated`."""
    padding = dilation * (size // 2)
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, size, stride, padding, dilation, groups, bias=False), nn.BatchNorm2d(outputs),
    ]  # fmt: skip
    if activated:
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


def small_head(width: int, outputs: int) -> nn.Sequential:
    """Separable convolution and one answer per cell."""
    return nn.Sequential(
        convolution(width, width, 3, groups=width, activated=False), convolution(width, width, 1),
        nn.Conv2d(width, outputs, 1),
    )  # fmt: skip
