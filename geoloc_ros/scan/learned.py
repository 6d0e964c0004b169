"""Method S1 with a network: descriptors whose inner product was trained to tell places apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from geoloc_ros.core.config import ScanConfig
from geoloc_ros.core.errors import BackendError, ObservationError
from geoloc_ros.core.interfaces import Network
from geoloc_ros.core.types import Float32, SemanticScan
from geoloc_ros.scan.features import (
    NETWORK_FEATURES,
    NUM_NETWORK_CHANNELS,
    PAPER_FEATURES,
    network_features,
    paper_features,
)

LEARNED_INPUT, LEARNED_OUTPUTS = "features", ("descriptor", "query")
PAPER_INPUT, PAPER_OUTPUTS = "features", ("embedding",)

_LEARNED_KIND = "scan-ours"
_PAPER_KIND = "scan-paper"
_PAPER_CHANNELS = 2
# Scans of an index arrive thousands at a time; features and activations of so many stay in the cache.
_BATCH = 64


class LearnedEncoder:
    """Our network: one head for what a map shows, one for what was observed; implements `core.interfaces.Encoder`.

    It was trained so that the inner product of its two outputs is the log-likelihood ratio of "seen from here" and
    "seen from anywhere"; queries are negated to make that a dissimilarity.
    """

    def __init__(self, network: Network, scan_config: ScanConfig) -> None:
        """Raises BackendError if the network is of another kind, or was trained on other scans."""
        _check(network, _LEARNED_KIND, NETWORK_FEATURES, NUM_NETWORK_CHANNELS, scan_config)
        descriptor, query = network.output_shapes
        if len(descriptor) != 1 or descriptor != query:
            raise BackendError(
                f"network '{network.file}' gives descriptors of shape {descriptor} and queries of shape {query}; both "
                "must be plain vectors of one length, export it again"
            )
        self._network = network
        self.encoder_id = f"{_LEARNED_KIND}-{network.file_id}"
        self.dimension = descriptor[0]

    def __str__(self) -> str:
        return f"{self.encoder_id} of '{self._network.file}'"

    def encode(self, scan: SemanticScan) -> Float32:
        """Descriptors (..., D) of scans of the map.

        Raises:
            ObservationError: If the scans have another number of rays than the network was trained on.
        """
        return _outputs(self._network, network_features, scan)[0]

    def encode_query(self, scan: SemanticScan) -> Float32:
        """Queries (..., D) of observed scans.

        Raises:
            ObservationError: If the scans have another number of rays than the network was trained on.
        """
        return -_outputs(self._network, network_features, scan)[1]


class PaperEncoder:
    """The published network: unit vectors compared by their squared distance; implements `core.interfaces.Encoder`.

    Of unit vectors that is `2 - 2 f g`: descriptors are `[g, 1]`, queries `[-2 f, 2]`.
    """

    def __init__(self, network: Network, scan_config: ScanConfig) -> None:
        """Raises BackendError if the network is of another kind, or was trained on other scans."""
        _check(network, _PAPER_KIND, PAPER_FEATURES, _PAPER_CHANNELS, scan_config)
        (shape,) = network.output_shapes
        if len(shape) != 1:
            raise BackendError(f"network '{network.file}' gives embeddings of shape {shape}, wanted is a plain vector")
        self._network = network
        self._max_range_m = scan_config.max_range_m
        self.encoder_id = f"{_PAPER_KIND}-{network.file_id}"
        self.dimension = shape[0] + 1

    def __str__(self) -> str:
        return f"{self.encoder_id} of '{self._network.file}'"

    def encode(self, scan: SemanticScan) -> Float32:
        """Descriptors (..., D) of scans of the map.

        Raises:
            ObservationError: If the scans have another number of rays than the network was trained on.
        """
        embedding = self._embed(scan)
        return np.concatenate([embedding, np.ones_like(embedding[..., :1])], axis=-1)

    def encode_query(self, scan: SemanticScan) -> Float32:
        """Queries (..., D) of observed scans.

        Raises:
            ObservationError: If the scans have another number of rays than the network was trained on.
        """
        embedding = self._embed(scan)
        return np.concatenate([-2.0 * embedding, np.full_like(embedding[..., :1], 2.0)], axis=-1)

    def _embed(self, scan: SemanticScan) -> Float32:
        return _outputs(self._network, lambda part: paper_features(part, self._max_range_m), scan)[0]


def _outputs(
    network: Network, features_of: Callable[[SemanticScan], Float32], scan: SemanticScan
) -> tuple[Float32, ...]:
    """Every output (..., D) of a network for a scan (..., B)."""
    num_rays = network.input_shape[-1]
    if scan.num_rays != num_rays:
        raise ObservationError(
            f"scan has {scan.num_rays} rays, network '{network.file}' was trained on {num_rays}; "
            f"set scan.num_rays={num_rays}, or descriptor.method=handcrafted"
        )
    flat = (-1, num_rays)
    range_m, instance, observed = scan.range_m.reshape(flat), scan.instance.reshape(flat), scan.observed.reshape(flat)
    runs = []
    for first in range(0, len(range_m), _BATCH):
        rows = slice(first, first + _BATCH)
        runs.append(network.run(features_of(SemanticScan(range_m[rows], instance[rows], observed[rows]))))
    return tuple(np.concatenate(outputs).reshape(*scan.range_m.shape[:-1], -1) for outputs in zip(*runs, strict=True))


def _check(network: Network, kind: str, features: str, num_channels: int, scan_config: ScanConfig) -> None:
    """Raises BackendError where a network was made for something else than these scans."""
    wanted = {"geoloc_kind": kind, "geoloc_features": features}
    for key, value in wanted.items():
        found = network.metadata.get(key, "unset")
        if found != value:
            raise BackendError(
                f"network '{network.file}' has {key} {found!r}, this encoder needs {value!r}; "
                "choose descriptor.method and descriptor.model alike, or train it again with this version"
            )
    numbers = {"rays": ("num_rays", scan_config.num_rays), "max_range_m": ("max_range_m", scan_config.max_range_m)}
    for key, (setting, number) in numbers.items():
        trained = network.metadata.get(key, "unset")
        if not _is_number(trained, number):
            raise BackendError(
                f"network '{network.file}' was trained on scans with {key} {trained}, scan.{setting} is {number:g}; "
                f"set scan.{setting}={trained}, train it again for {number:g}, or set descriptor.method=handcrafted"
            )
    if network.input_shape != (num_channels, scan_config.num_rays):
        raise BackendError(
            f"network '{network.file}' takes features of shape {network.input_shape}, these scans have "
            f"{(num_channels, scan_config.num_rays)}; export it again"
        )


def _is_number(text: str, number: float) -> bool:
    try:
        return float(text) == number
    except ValueError:
        return False
