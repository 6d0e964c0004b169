"""What a photo costs: operations, weights, numbers to keep."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from geoloc_ros.training.photos.networks.photo_network import PhotoNetwork


@dataclass(frozen=True)
class PhotoCost:
    """Of one photo."""

    flops: int
    """Of convolutions and products of matrices; a multiplication and an addition are two."""
    parameters: int
    dimension: int


def photo_cost(network: PhotoNetwork) -> PhotoCost:
    """Counted on one photo of the size that the network takes, on the device where it is."""
    spec, was_training = network.spec, network.training
    network.eval()
    image = torch.zeros(1, 3, spec.height_px, spec.width_px, device=next(network.parameters()).device)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(image)
    network.train(was_training)
    parameters = sum(weights.numel() for weights in network.parameters())
    return PhotoCost(int(counter.get_total_flops()), parameters, network.descriptor_size)
