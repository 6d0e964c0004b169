"""What every backbone is: photos in, maps of features out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Backbone:
    """A network that makes features, and what it wants photos to look like."""

    module: nn.Module
    """From normalised photos (N, 3, H, W) to a tuple of maps (N, C, h, w), coarser and coarser."""
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    """Of red, green and blue in 0..1, which photos are normalised with."""
    origin: str = ""
    """Where the weights are from; empty where they are random."""


def grid_of_tokens(tokens: torch.Tensor, grid: tuple[int, int]) -> torch.Tensor:
    """The map (N, C, h, w) that the last h x w of tokens (N, P, C) make; those before stand for the whole photo."""
    count = grid[0] * grid[1]
    return tokens[:, tokens.shape[1] - count :].transpose(1, 2).reshape(tokens.shape[0], tokens.shape[2], *grid)


def scaled(channels: int, width_ratio: float, multiple: int = 8) -> int:
    """Channels of a narrower or wider network: the nearest multiple."""
    return max(multiple, round(channels * width_ratio / multiple) * multiple)
