"""Method S1 without a network: a compact descriptor whose Euclidean distance compares what both scans saw."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from geoloc_ros.core.config import DescriptorConfig, ScanConfig
from geoloc_ros.core.errors import ConfigError, ObservationError
from geoloc_ros.core.types import Bool, Float32, SemanticScan
from geoloc_ros.scan.descriptor import edge_proximity, is_edge

# Harmonics of the range channel: with two, differences beyond a few metres count alike; more bring little (4.66 to
# 4.70 nats a frame) for their memory.
_HARMONICS = np.array([1.0, 2.0], np.float32)


class HandcraftedEncoder:
    """Compares root range and edge proximity in `num_bins` angular bins; implements `core.interfaces.Encoder`.

    The squared distance of a query q to a place x is a sum over bins, each by the share m of it that was observed:

        m * sum_j a_j (1 - cos(j w (sqrt(q_range) - sqrt(x_range)))) + m * edge_weight * (q_edge - x_edge)^2

    * A hidden ray speaks for and against no place. On kyoto, with a quarter of the rays hidden, that puts the true
      place into the first percent of the city in 64 % of frames; a constant in its place, in 51 % at best.
    * The cosines are the first terms of a Gaussian kernel: a small difference of range counts with its square, a large
      one no more than a middling one. A building that is gone is an outlier, and one is enough when squares are
      summed. On rendered drives that raises the share of frames whose true place is among the first ten percent from
      82 to 93 %.
    * The root is between metres, where far buildings decide alone, and logarithms, where near ones do.

    All of it is an inner product, so a search is one pass of multiplications.
    """

    def __init__(self, descriptor_config: DescriptorConfig, scan_config: ScanConfig) -> None:
        """Raises ConfigError if `num_bins` does not divide the number of rays."""
        if scan_config.num_rays % descriptor_config.num_bins:
            raise ConfigError(
                f"descriptor.num_bins {descriptor_config.num_bins} does not divide scan.num_rays "
                f"{scan_config.num_rays}; choose a divisor"
            )
        self._descriptor = descriptor_config
        self._scan = scan_config
        settings = {
            "descriptor": descriptor_config.model_dump(exclude={"method", "model"}), "scan": scan_config.model_dump()
        }
        digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
        self._encoder_id = f"handcrafted-3-{digest[:12]}"
        self._frequency = _HARMONICS * np.float32(2.0 * np.pi / descriptor_config.range_period)
        spectrum = np.exp(-0.5 * (self._frequency * descriptor_config.range_width) ** 2)
        self._amplitude = spectrum * np.float32(
            2.0 * np.sqrt(2.0 * np.pi) * descriptor_config.range_width / descriptor_config.range_period
        )

    def __str__(self) -> str:
        return f"{self._encoder_id}, without a network"

    @property
    def encoder_id(self) -> str:
        """Changes with every setting that changes a descriptor."""
        return self._encoder_id

    @property
    def dimension(self) -> int:
        """Cosine and sine of each harmonic of the range, edge and its square, of `num_bins` each; and 1."""
        return (2 * len(_HARMONICS) + 2) * self._descriptor.num_bins + 1

    def encode(self, scan: SemanticScan) -> Float32:
        """Descriptors (..., D) of fully observed scans. Bin j pools rays `j B / num_bins` up to those of bin j + 1.

        Raises:
            ObservationError: If the scan has another number of rays than the config says.
        """
        waves, _, edges, _ = self._features(scan)
        weight = np.float32(self._descriptor.edge_weight)
        return np.concatenate([waves, edges, weight * edges**2, np.ones_like(edges[..., :1])], axis=-1)

    def encode_query(self, scan: SemanticScan) -> Float32:
        """Queries (..., D); those of a scan that saw nothing are 0, at distance 0 from every place.

        Raises:
            ObservationError: If the scan has another number of rays than the config says.
        """
        waves, range_share, edges, edge_share = self._features(scan)
        weight = np.float32(self._descriptor.edge_weight)
        constant = np.sum(range_share * self._amplitude.sum() + edge_share * weight * edges**2, axis=-1, keepdims=True)
        wave_share = np.tile(range_share, 2 * len(_HARMONICS))
        return np.concatenate(
            [-wave_share * waves, -2.0 * weight * edge_share * edges, edge_share, constant], axis=-1
        )

    def _features(self, scan: SemanticScan) -> tuple[Float32, Float32, Float32, Float32]:
        """Cosines and sines of root range (..., 4 num_bins), edges (..., num_bins), each with its observed share."""
        if scan.num_rays != self._scan.num_rays:
            raise ObservationError(
                f"scan has {scan.num_rays} rays, the encoder expects {self._scan.num_rays}; set scan.num_rays alike"
            )
        range_m = np.nan_to_num(scan.range_m, nan=self._scan.max_range_m)
        known_edge = scan.observed & np.roll(scan.observed, -1, axis=-1)
        edge = edge_proximity(is_edge(scan.instance) & known_edge, self._descriptor.edge_variance_bins2)
        root, range_share = self._pool(np.sqrt(range_m), scan.observed)
        edges, edge_share = self._pool(edge, known_edge)
        waves = [
            np.sqrt(amplitude) * wave(frequency * root)
            for frequency, amplitude in zip(self._frequency, self._amplitude, strict=True)
            for wave in (np.cos, np.sin)
        ]
        return np.concatenate(waves, axis=-1), range_share, edges, edge_share

    def _pool(self, value: Float32, known: Bool) -> tuple[Float32, Float32]:
        """Mean (..., num_bins) of the known values in each bin, 0 where there is none, and their share."""
        bins = (*value.shape[:-1], self._descriptor.num_bins, -1)
        weight = known.reshape(bins).astype(np.float32)
        count = weight.sum(axis=-1)
        mean = np.einsum("...r,...r->...", value.reshape(bins), weight) / np.maximum(count, np.float32(1.0))
        return mean, count / np.float32(weight.shape[-1])
