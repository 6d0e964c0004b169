"""What networks see of a scan: channels per ray, the same for training, export and the road."""

from __future__ import annotations

from typing import Final

import numpy as np

from geoloc_ros.core.types import Float32, SemanticScan
from geoloc_ros.scan.descriptor import edge_proximity, is_edge, paper_descriptor

NETWORK_FEATURES: Final = "network-1"
"""Changes whenever `network_features` does; a network remembers what it was trained on."""
NUM_NETWORK_CHANNELS: Final = 8
PAPER_FEATURES: Final = "paper-1"

_EDGE_VARIANCE_BINS2: Final = 5.0
_MIDDLE_RANGE_M: Final = 20.0
# Waves of the root of the range, as in the hand-crafted descriptor: near and far differences count alike.
_ROOT_PERIOD: Final = 11.0


def network_features(scan: SemanticScan) -> Float32:
    """Channels (..., 8, B) of a scan or a batch of them; a ray that was not observed is 0 in all.

    Hit; seen open; of hits the logarithm of the range and two harmonics of its root; proximity of a building edge
    that was seen.
    """
    hit = scan.observed & ~np.isnan(scan.range_m)
    is_hit = hit.astype(np.float32)
    range_m = np.where(hit, scan.range_m, np.float32(_MIDDLE_RANGE_M))
    phase = np.sqrt(range_m) * np.float32(2.0 * np.pi / _ROOT_PERIOD)
    cos, sin = np.cos(phase), np.sin(phase)
    known_edge = scan.observed & np.roll(scan.observed, -1, axis=-1)
    edge = edge_proximity(is_edge(scan.instance) & known_edge, _EDGE_VARIANCE_BINS2) * scan.observed
    channels = [
        is_hit, (scan.observed & ~hit).astype(np.float32), np.log(range_m / np.float32(_MIDDLE_RANGE_M)),
        cos * is_hit, sin * is_hit, (cos**2 - sin**2) * is_hit, 2.0 * cos * sin * is_hit, edge,
    ]
    return np.stack(channels, axis=-2).astype(np.float32)


def paper_features(scan: SemanticScan, max_range_m: float) -> Float32:
    """The published input (..., 2, B): range in units of `max_range_m`, and edge proximity (SYSTEMS S1)."""
    descriptor = paper_descriptor(scan, max_range_m, _EDGE_VARIANCE_BINS2)
    descriptor[..., 0] /= np.float32(max_range_m)
    return np.ascontiguousarray(np.swapaxes(descriptor, -1, -2))
