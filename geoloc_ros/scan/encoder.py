"""Method S1 without a network: a compact descriptor whose Euclidean distance compares what both scans saw."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from geoloc_ros.core.config import DescriptorConfig, ScanConfig
from geoloc_ros.core.errors import ConfigError, ObservationError
from geoloc_ros.core.types import Bool, Float32, SemanticScan
from geoloc_ros.scan.descriptor import edge_proximity, is_edge


class HandcraftedEncoder:
    """Pools logarithmic range and edge proximity to `num_bins` angular bins; implements `core.interfaces.Encoder`.

    Both channels are centred on what a street usually shows, so that 0 says nothing: that is what a bin becomes of
    which no ray was observed. It then adds the same to the distance to every place but for that place's own
    deviation from the usual, and the fewer bins are observed the less the distances tell places apart.
    Range counts in logarithms because depth, and the augmentations of the paper, are wrong by a factor.
    """

    def __init__(self, descriptor_config: DescriptorConfig, scan_config: ScanConfig) -> None:
        """Raises ConfigError if `num_bins` does not divide the number of rays."""
        if scan_config.num_rays % descriptor_config.num_bins:
            raise ConfigError(
                f"descriptor.num_bins {descriptor_config.num_bins} does not divide scan.num_rays "
                f"{scan_config.num_rays}; choose a divisor, e.g. {scan_config.num_rays // 5}"
            )
        self._descriptor = descriptor_config
        self._scan = scan_config
        settings = {"descriptor": descriptor_config.model_dump(), "scan": scan_config.model_dump()}
        digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
        self._encoder_id = f"handcrafted-1-{digest[:12]}"

    @property
    def encoder_id(self) -> str:
        """Changes with every setting that changes a descriptor."""
        return self._encoder_id

    @property
    def dimension(self) -> int:
        """Two channels of `num_bins`."""
        return 2 * self._descriptor.num_bins

    def encode(self, scan: SemanticScan) -> Float32:
        """Descriptors (..., D): all range bins, then all edge bins; bin j pools rays of one angle from j to j + 1.

        Raises:
            ObservationError: If the scan has another number of rays than the config says.
        """
        if scan.num_rays != self._scan.num_rays:
            raise ObservationError(
                f"scan has {scan.num_rays} rays, the encoder expects {self._scan.num_rays}; set scan.num_rays alike"
            )
        config = self._descriptor
        known_edge = scan.observed & np.roll(scan.observed, -1, axis=-1)
        edge = edge_proximity(is_edge(scan.instance) & known_edge, config.edge_variance_bins2)
        range_channel = self._pool(self._log_range(scan), scan.observed) * np.float32(config.range_weight)
        edge_channel = self._pool(edge - np.float32(config.usual_edge), known_edge) * np.float32(config.edge_weight)
        descriptor: Float32 = np.concatenate([range_channel, edge_channel], axis=-1)
        return descriptor

    def _log_range(self, scan: SemanticScan) -> Float32:
        range_m = np.nan_to_num(scan.range_m, nan=self._scan.max_range_m)
        floor_m = np.float32(self._descriptor.min_range_m)
        log_range: Float32 = np.log(np.maximum(range_m, floor_m) / np.float32(self._descriptor.usual_range_m))
        return log_range

    def _pool(self, value: Float32, known: Bool) -> Float32:
        bins = (*value.shape[:-1], self._descriptor.num_bins, -1)
        weight = known.reshape(bins).astype(np.float32)
        # Part of a bin is part of the evidence: dividing by all its rays shrinks it towards "nothing known".
        pooled: Float32 = np.einsum("...r,...r->...", value.reshape(bins), weight) / np.float32(weight.shape[-1])
        return pooled
