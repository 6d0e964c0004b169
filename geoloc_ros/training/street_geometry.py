"""How far away things in a street image are, from where they stand on the ground."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn
from torch.nn.functional import avg_pool2d

from geoloc_ros.training.street_layers import convolution

STRIDE = 4
"""Pixels of the image per cell, along each axis."""

# exp(2.5) = 12 m: how far away things are where nothing is known about the ground.
_USUAL_LOG_RANGE = 2.5
_LEAST_GROUND, _LARGEST_GROUND = 0.005, 1.0
_LEAST_HEIGHT_M, _USUAL_HEIGHT_M = 1.2, 1.9
_LARGEST_SINE = 0.9
_FEET = 4
# exp(4.007) = 55 m.
_STRETCHED_FROM, _STRETCH = 4.007, 0.9


class GroundCells(NamedTuple):
    """What the ground channel says of every cell."""

    log_range: torch.Tensor
    """(N, 1, h, w), logarithm of the distance to level ground, m; where an image has no ground, the usual range."""
    log_cosine: torch.Tensor
    """(N, 1, h, w), logarithm of the cosine of the angle to the horizon: distance along the ground over range."""


def ground_cells(ground: torch.Tensor) -> GroundCells:
    """Of the ground channel (N, 1, H, W), which is -u_z / h.

    A panorama sees the ground below the camera, where the channel is 1 / h; elsewhere h is taken to be as usual.
    """
    cells = avg_pool2d(ground, STRIDE)
    largest = cells.abs().amax(dim=(2, 3), keepdim=True)
    is_known = (largest > 0.0).to(cells.dtype)
    log_range = -torch.log(cells.clamp(_LEAST_GROUND, _LARGEST_GROUND))
    sine = (cells / largest.clamp(1.0 / _USUAL_HEIGHT_M, 1.0 / _LEAST_HEIGHT_M)).clamp(-_LARGEST_SINE, _LARGEST_SINE)
    return GroundCells(_USUAL_LOG_RANGE + is_known * (log_range - _USUAL_LOG_RANGE), 0.5 * torch.log(1.0 - sine * sine))


def stretch_far(log_range: torch.Tensor) -> torch.Tensor:
    """Ranges beyond 55 m, which a network that is not sure draws towards the middle, as far as the true ones reach.

    Two thirds of the walls beyond 100 m, which no scan has, were put nearer than 95 m; a third is left. Fitted after
    training, to views of towns that are learned from and of one that is not, so it is no part of what learns.
    """
    return log_range + _STRETCH * torch.relu(log_range - _STRETCHED_FROM)


class GroundedGeometry(nn.Module):
    """Range: what stands on the ground is as far away as the ground at its foot.

    Each of four searches finds a row per column (a softmax over the column), say that of the foot of a wall; a vertical
    wall on the ground there is offered to the whole column. Every cell then chooses among those and the ground that it
    sees itself, and corrects its choice (tilt, slope, height of the camera).
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

    def forward(self, features: torch.Tensor, ground: GroundCells) -> torch.Tensor:
        """`log_range` (N, 1, h, w) of features (N, C, h, w) and what their cells know of the ground."""
        where = torch.softmax(self.search(features).float(), dim=2)
        distance = (where * (ground.log_range + ground.log_cosine)).sum(dim=2, keepdim=True)
        offers = torch.cat([ground.log_range, distance - ground.log_cosine], dim=1)
        answer = self.answer(self.evidence(torch.cat([features, offers.to(features.dtype)], dim=1))).float()
        # A softmax; written out, it takes a third of the time along this axis. 9: e^9 times five fits half precision.
        liking = torch.exp(answer[:, 1:].clamp(-9.0, 9.0))
        choice = liking / liking.sum(dim=1, keepdim=True)
        log_range: torch.Tensor = (choice * offers).sum(dim=1, keepdim=True) + answer[:, :1]
        return log_range
