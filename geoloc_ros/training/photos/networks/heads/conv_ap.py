"""Conv-AP: a 1x1 convolution and the means of the quarters of the map (Ali-bey et al. 2022, GSV-Cities, sec. 4)."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn

CELLS: Final = 2
"""Per side of the map."""


class ConvApHead(nn.Module):
    """The dimension is CELLS x CELLS times the channels that the convolution leaves."""

    rows: torch.Tensor
    columns: torch.Tensor

    def __init__(self, channels: int, grid: tuple[int, int], dimension: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(channels, dimension // CELLS**2, 1)
        # Matrices, for the exporter knows pooling only where the cells divide the map.
        self.register_buffer("rows", mean_of_cells(grid[0], CELLS), persistent=False)
        self.register_buffer("columns", mean_of_cells(grid[1], CELLS).T.contiguous(), persistent=False)

    def forward(self, maps: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """(N, D)."""
        pooled: torch.Tensor = self.rows @ self.project(maps[-1]) @ self.columns
        return pooled.flatten(1)


def mean_of_cells(size: int, cells: int) -> torch.Tensor:
    """(cells, size), what adaptive average pooling does along one side; cells share what does not divide."""
    matrix = torch.zeros(cells, size)
    for number in range(cells):
        first, end = number * size // cells, -(-(number + 1) * size // cells)
        matrix[number, first:end] = 1.0 / (end - first)
    return matrix
