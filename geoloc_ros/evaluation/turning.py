"""Queries in all turns at once, for encoders whose descriptors turn with the scan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.interfaces import Encoder
from geoloc_ros.core.types import Float32, SemanticScan

_TOLERANCE = 1e-4


@dataclass(frozen=True)
class BinLayout:
    """Where a query of `bins * channels + 1` numbers keeps its angular bins; the last number does not turn."""

    num_bins: int
    bins_first: bool
    """All channels of a bin together, else all bins of a channel."""

    def turned(self, query: Float32) -> Float32:
        """Queries (Q, bins, D) of scans that are turned left by 0, 1, 2 ... bins, of queries (Q, D)."""
        shift = np.arange(self.num_bins)
        source = (shift - shift[:, None]) % self.num_bins
        if self.bins_first:
            rolled = query[:, :-1].reshape(len(query), self.num_bins, -1)[:, source]
        else:
            rolled = query[:, :-1].reshape(len(query), -1, self.num_bins)[:, :, source].swapaxes(1, 2)
        last = np.broadcast_to(query[:, None, -1:], (len(query), self.num_bins, 1))
        return np.concatenate([rolled.reshape(len(query), self.num_bins, -1), last], axis=-1)


def find_layout(encoder: Encoder, num_bins: int, sample: SemanticScan) -> BinLayout | None:
    """The layout in which an encoder's queries turn with the scan, or None: tried on a few scans (n, B).

    Turning a query that was encoded costs nothing beside encoding a scan in every turn.
    """
    if (encoder.dimension - 1) % num_bins or sample.num_rays % num_bins:
        return None
    rays = sample.num_rays // num_bins
    turned = SemanticScan(
        np.roll(sample.range_m, rays, axis=-1), np.roll(sample.instance, rays, axis=-1),
        np.roll(sample.observed, rays, axis=-1),
    )
    query, expected = encoder.encode_query(sample), encoder.encode_query(turned)
    tolerance = _TOLERANCE * np.abs(expected).max()
    fitting = [
        layout
        for layout in (BinLayout(num_bins, True), BinLayout(num_bins, False))
        if np.allclose(layout.turned(query)[:, 1], expected, rtol=0.0, atol=tolerance)
    ]
    # Both fit where all bins are alike, as in open country: that tells nothing.
    return fitting[0] if len(fitting) == 1 else None
