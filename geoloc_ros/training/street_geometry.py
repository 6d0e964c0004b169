"""How far away things in a street image are, from where they stand on the ground."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import avg_pool2d

from geoloc_ros.training.street_layers import convolution

STRIDE = 4
"""Pixels of the image per cell, along each axis."""

# exp(2.5) = 12 m: how far away things are where nothing is known about the ground.
_USUAL_LOG_RANGE = 2.5
_LEAST_GROUND, _LARGEST_GROUND = 0.01, 1.0
_FEET = 4


class GroundedGeometry(nn.Module):
    """Range: what stands on the ground is as far away as the ground at its foot.

    Each of four searches finds a row per column (a softmax over the column), say that of the foot of a wall; the range
    of the ground there is offered to the whole column. Every cell then chooses among those and the ground that it sees
    itself, and corrects its choice (tilt, height above the horizon, slope).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.search = nn.Conv2d(width, _FEET, 1)
        self.evidence = nn.Sequential(
            convolution(width + 1 + _FEET, width, 1), convolution(width, width, 3, groups=width, activated=False),
            convolution(width, width, 1),
        )  # fmt: skip
        self.answer = nn.Conv2d(width, 1 + 1 + _FEET, 1)
        with torch.no_grad():
            self.answer.weight[0].zero_()

    def forward(self, features: torch.Tensor, log_ground: torch.Tensor) -> torch.Tensor:
        """`log_range` (N, 1, h, w) of features (N, C, h, w) and the logarithm of the range of the ground."""
        where = torch.softmax(self.search(features).float(), dim=2)
        feet = (where * log_ground).sum(dim=2, keepdim=True).expand_as(where)
        offers = torch.cat([log_ground, feet], dim=1)
        answer = self.answer(self.evidence(torch.cat([features, offers.to(features.dtype)], dim=1))).float()
        # A softmax; written out, it takes a third of the time along this axis. 9: e^9 times five fits half precision.
        liking = torch.exp(answer[:, 1:].clamp(-9.0, 9.0))
        choice = liking / liking.sum(dim=1, keepdim=True)
        log_range: torch.Tensor = (choice * offers).sum(dim=1, keepdim=True) + answer[:, :1]
        return log_range


def log_ground_range(ground: torch.Tensor) -> torch.Tensor:
    """Logarithm of the distance to level ground per cell (N, 1, H/4, W/4), of the ground channel (N, 1, H, W).

    Where an image has none, the usual range.
    """
    cells = avg_pool2d(ground, STRIDE)
    is_known = (cells.abs().amax(dim=(2, 3), keepdim=True) > 0.0).to(cells.dtype)
    log_range = -torch.log(cells.clamp(_LEAST_GROUND, _LARGEST_GROUND))
    return _USUAL_LOG_RANGE + is_known * (log_range - _USUAL_LOG_RANGE)
