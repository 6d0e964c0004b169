"""Descriptors of many photos with the network as it is now."""

from __future__ import annotations

import numpy as np
import torch

from geoloc_ros.core.types import Float32, Int64
from geoloc_ros.training.photos.images import PhotoImages
from geoloc_ros.training.precision import choose_precision
from geoloc_ros.training.processes import Processes, one_process
from geoloc_ros.vpr.photo_input import network_input

_AT_ONCE = 64


def embed_photos(
    network: torch.nn.Module, images: PhotoImages, rows: Int64, processes: Processes | None = None
) -> Float32:
    """Descriptors (N, D) of unit length of the photos of these rows; `network` is in `eval()` mode.

    Args:
        processes: That share the work; all of them get all descriptors.
    """
    processes = processes or one_process()
    mine = processes.share(len(rows))
    device = next(network.parameters()).device
    precision = choose_precision()
    parts = []
    with torch.no_grad():
        for begin in range(mine.start, mine.stop, _AT_ONCE):
            chosen = rows[begin : min(begin + _AT_ONCE, mine.stop)]
            image = torch.from_numpy(network_input(images.load(chosen))).to(device)
            with precision.autocast(device.type):
                descriptor = network(image)
            parts.append(torch.nn.functional.normalize(descriptor.float(), dim=1).cpu())
    return _gathered(torch.cat(parts) if parts else None, mine, len(rows), processes)


def _gathered(own: torch.Tensor | None, mine: slice, total: int, processes: Processes) -> Float32:
    """What all processes computed, each its share."""
    if processes.count == 1:
        return np.empty((0, 0), np.float32) if own is None else np.asarray(own.numpy())
    size = processes.largest(0 if own is None else own.shape[1])
    everything = torch.zeros(total, size)
    if own is not None:
        everything[mine] = own
    return np.asarray(processes.add_up(everything).numpy())
