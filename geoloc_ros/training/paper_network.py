"""The published embedding network: seven strided convolutions over a scan that is padded with itself."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn

NUM_RAYS: Final = 360
EMBEDDING_SIZE: Final = 32
_CHANNELS = (2, 16, 32, 64, 128, 256, 512, 1024)

# The features of the last layer that lie in the middle third of 3 * 360 inputs are numbers 3 to 5 of 9. They see the
# inputs 257 to 767 and no zero padding, so no other input is worth computing.
_BEFORE = NUM_RAYS - 257
_AFTER = 768 - 2 * NUM_RAYS
_FEATURES = 3


class PaperNetwork(nn.Module):
    """Features (N, 2, 360) of scans to unit vectors (N, 32); 2.2 million parameters (SYSTEMS S1)."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv1d(fewer, more, kernel_size=3, stride=2)
            for fewer, more in zip(_CHANNELS[:-1], _CHANNELS[1:], strict=True)
        )
        self.dense = nn.Linear(_FEATURES * _CHANNELS[-1], EMBEDDING_SIZE)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Embeddings (N, 32) of unit length."""
        signal = torch.cat([features[:, :, NUM_RAYS - _BEFORE :], features, features[:, :, :_AFTER]], dim=2)
        for convolution in self.convolutions:
            signal = torch.relu(convolution(signal))
        return nn.functional.normalize(self.dense(signal.flatten(1)).float(), dim=1)
