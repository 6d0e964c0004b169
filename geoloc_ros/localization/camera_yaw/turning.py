"""Encoders whose queries turn with the scan: a query in any turn without encoding the scan again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.interfaces import Encoder
from geoloc_ros.core.types import Float32, SemanticScan

MOST_BINS = 128
"""The finest layout that is looked for; finer ones turn in steps of several bins."""

_TOLERANCE = 1e-4
_FEWEST_BINS = 8
_SAMPLES = 4


@dataclass(frozen=True)
class BinLayout:
    """Where a query of `bins * channels + 1` numbers keeps its angular bins; the last number does not turn."""

    num_bins: int
    bins_first: bool
    """All channels of a bin together, else all bins of a channel."""

    def binned(self, rows: Float32) -> Float32:
        """What turns of queries or descriptors (N, D), as a view (N, bins, channels)."""
        if self.bins_first:
            return rows[:, :-1].reshape(len(rows), self.num_bins, -1)
        return rows[:, :-1].reshape(len(rows), -1, self.num_bins).swapaxes(1, 2)

    def turned(self, query: Float32) -> Float32:
        """Queries (Q, bins, D) of scans that are turned left by 0, 1, 2 ... bins, of queries (Q, D)."""
        shift = np.arange(self.num_bins)
        source = (shift - shift[:, None]) % self.num_bins
        rolled = self.binned(query)[:, source]
        if not self.bins_first:
            rolled = rolled.swapaxes(2, 3)
        last = np.broadcast_to(query[:, None, -1:], (len(query), self.num_bins, 1))
        return np.concatenate([rolled.reshape(len(query), self.num_bins, -1), last], axis=-1)


def find_layout(encoder: Encoder, num_bins: int, sample: SemanticScan) -> BinLayout | None:
    """The layout in which an encoder's queries turn with the scan, or None: tried on a few scans (n, B).

    Turning a query that was encoded costs nothing beside encoding a scan in every turn.
    """
    if (encoder.dimension - 1) % num_bins or sample.num_rays % num_bins:
        return None
    turned = turned_left(sample, sample.num_rays // num_bins)
    query, expected = encoder.encode_query(sample), encoder.encode_query(turned)
    tolerance = _TOLERANCE * np.abs(expected).max()
    fitting = [
        layout
        for layout in (BinLayout(num_bins, True), BinLayout(num_bins, False))
        if np.allclose(layout.turned(query)[:, 1], expected, rtol=0.0, atol=tolerance)
    ]
    # Both fit where all bins are alike, as in open country: that tells nothing.
    return fitting[0] if len(fitting) == 1 else None


def layout_of(encoder: Encoder, num_rays: int) -> BinLayout:
    """The finest layout in which an encoder's queries turn with scans of `num_rays` rays.

    Raises:
        ConfigError: If they do not turn.
    """
    sample = _made_up_scans(num_rays)
    for num_bins in range(min(num_rays, MOST_BINS), _FEWEST_BINS - 1, -1):
        layout = find_layout(encoder, num_bins, sample)
        if layout is not None:
            return layout
    raise ConfigError(
        f"queries of encoder '{encoder.encoder_id}' do not turn with the scan, so that a camera whose yaw nobody knows "
        "cannot be searched for; set localizer.camera_yaw=known, or descriptor.method=learned"
    )


def turned_left(scan: SemanticScan, num_rays: int) -> SemanticScan:
    """Scans (..., B) of what is seen when everything around is turned left by so many rays."""
    return SemanticScan(
        np.roll(scan.range_m, num_rays, axis=-1), np.roll(scan.instance, num_rays, axis=-1),
        np.roll(scan.observed, num_rays, axis=-1),
    )


def _made_up_scans(num_rays: int) -> SemanticScan:
    """Scans (n, num_rays) that look different in every turn."""
    turn = 2.0 * np.pi / num_rays * np.arange(num_rays)
    number = np.arange(1, _SAMPLES + 1)[:, None]
    range_m = 25.0 + 12.0 * np.sin(turn + number) + 9.0 * np.sin((number + 1) * turn) + 3.0 * np.cos(7.0 * turn)
    nothing = np.sin(3.0 * turn - number) > 0.7
    instance = np.where(nothing, -1, (turn * (2.0 + number)).astype(np.int64))
    observed = np.cos(2.0 * turn + 0.5 * number) > -0.9
    return SemanticScan(
        np.where(nothing, np.nan, range_m).astype(np.float32), instance.astype(np.int32), np.asarray(observed)
    )
