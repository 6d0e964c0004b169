"""The running mean of a street network's weights."""

from __future__ import annotations

import torch
from torch import nn

from geoloc_ros.training.street_network import StreetNetwork


class AveragedNetwork(nn.Module):
    """A network that learns, and the running mean of its weights, which is what it learns for.

    In training mode it computes what the learning network does, in evaluation mode what the mean does.
    """

    updates: torch.Tensor
    """How many there were."""

    def __init__(self, network: StreetNetwork, decay: float = 0.999) -> None:
        super().__init__()
        self.learning = network
        self.average = StreetNetwork()
        self.average.load_state_dict(network.state_dict())
        self.average.requires_grad_(False)
        self.register_buffer("updates", torch.zeros((), dtype=torch.float64))
        self._decay = decay

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """As StreetNetwork."""
        network = self.learning if self.training else self.average
        outputs: tuple[torch.Tensor, torch.Tensor, torch.Tensor] = network(image)
        return outputs

    @torch.no_grad()
    def update(self) -> None:
        """Move the mean towards the weights of now; faster at first, when they change much."""
        self.updates += 1
        decay = min(self._decay, (1.0 + float(self.updates)) / (10.0 + float(self.updates)))
        for mean, now in zip(self.average.state_dict().values(), self.learning.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(now, 1.0 - decay)
