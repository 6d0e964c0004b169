"""The hand-crafted descriptor of the paper: per ray the range to the first building and how near its edge is."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.types import Bool, Float32, Int32, SemanticScan

# The paper's sigma^2 is counted in bins of one degree (SYSTEMS S1).
_BINS_OF_VARIANCE = 360


def paper_descriptor(scan: SemanticScan, max_range_m: float, edge_variance_bins2: float) -> Float32:
    """The published descriptor f = [d, e] of a scan or a batch of them.

    Args:
        scan: Rays (..., B). Paper mode knows no unobserved rays: they count as seeing nothing.
        max_range_m: The range d of a ray that hits nothing.
        edge_variance_bins2: Sigma squared of e in bins of a 360-bin scan; scaled to the bins of this one.

    Returns:
        (..., B, 2) float32: d in metres; `e = exp(-0.5 c^2 / sigma^2)` with c the circular distance in bins to the
        nearest i with `instance[i] != instance[i + 1]`, 0 without any. A building next to nothing is an edge too.
    """
    range_m = np.nan_to_num(scan.range_m, nan=max_range_m)
    edge = is_edge(scan.instance)
    proximity = edge_proximity(edge, edge_variance_bins2)
    return np.stack([range_m, proximity], axis=-1).astype(np.float32)


def is_edge(instance: Int32) -> Bool:
    """Rays i (..., B) whose building differs from that of ray i + 1, counting round the circle."""
    edge: Bool = instance != np.roll(instance, -1, axis=-1)
    return edge


def edge_proximity(edge: Bool, edge_variance_bins2: float) -> Float32:
    """`exp(-0.5 c^2 / sigma^2)` (..., B), c being the circular distance in bins to the nearest edge; 0 without any."""
    num_rays = edge.shape[-1]
    variance_bins2 = edge_variance_bins2 * (num_rays / _BINS_OF_VARIANCE) ** 2
    distance = np.arange(num_rays + 1, dtype=np.float32)
    lookup = np.exp(-0.5 / variance_bins2 * distance**2)
    lookup[-1] = 0.0
    proximity: Float32 = lookup[_bins_to_edge(edge)]
    return proximity


def _bins_to_edge(edge: Bool) -> Int32:
    """Circular distance (..., B) in bins to the nearest edge; B where there is none."""
    num_rays = edge.shape[-1]
    index = np.arange(2 * num_rays, dtype=np.int32)
    # Twice round, so that the last edge before any ray of the second turn has been met.
    twice = np.concatenate([edge, edge], axis=-1)
    behind = np.maximum.accumulate(np.where(twice, index, np.int32(-num_rays)), axis=-1)
    ahead = np.minimum.accumulate(np.where(twice, index, np.int32(3 * num_rays))[..., ::-1], axis=-1)[..., ::-1]
    to_behind = (index - behind)[..., num_rays:]
    to_ahead = (ahead - index)[..., :num_rays]
    nearest: Int32 = np.minimum(np.minimum(to_behind, to_ahead), np.int32(num_rays))
    return nearest
