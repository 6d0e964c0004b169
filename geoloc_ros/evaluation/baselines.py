"""The hand-crafted baseline of the paper: nearest neighbours of the descriptor f itself."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.config import DescriptorConfig, ScanConfig
from geoloc_ros.core.types import Float32, SemanticScan
from geoloc_ros.scan.descriptor import paper_descriptor


class PublishedEncoder:
    """`f = [d / R_max, e]` compared by its Euclidean distance ("Ours: Hand-Crafted" of section 5).

    Implements `core.interfaces.Encoder`. It knows no unobserved rays: they see nothing, at R_max. The paper gives no
    scale for d; divided by R_max both halves lie between 0 and 1.
    """

    def __init__(self, descriptor_config: DescriptorConfig, scan_config: ScanConfig) -> None:
        self._edge_variance_bins2 = descriptor_config.edge_variance_bins2
        self._scan = scan_config

    @property
    def encoder_id(self) -> str:
        """With all that changes a descriptor."""
        return f"published-{self._scan.num_rays}-{self._scan.max_range_m:g}-{self._edge_variance_bins2:g}"

    @property
    def dimension(self) -> int:
        """The two halves, a squared length and 1."""
        return 2 * self._scan.num_rays + 2

    def encode(self, scan: SemanticScan) -> Float32:
        """Descriptors (..., D): `[f, |f|^2, 1]`."""
        flat = self._features(scan)
        square = np.sum(flat**2, axis=-1, keepdims=True)
        return np.concatenate([flat, square, np.ones_like(square)], axis=-1)

    def encode_query(self, scan: SemanticScan) -> Float32:
        """Queries (..., D): `[-2 f, 1, |f|^2]`."""
        flat = self._features(scan)
        square = np.sum(flat**2, axis=-1, keepdims=True)
        return np.concatenate([-2.0 * flat, np.ones_like(square), square], axis=-1)

    def _features(self, scan: SemanticScan) -> Float32:
        """(..., 2 B), ranges first."""
        seen = SemanticScan(
            np.where(scan.observed, scan.range_m, np.float32(np.nan)),
            np.where(scan.observed, scan.instance, np.int32(-1)),
            scan.observed,
        )
        paired = paper_descriptor(seen, self._scan.max_range_m, self._edge_variance_bins2)
        paired[..., 0] /= np.float32(self._scan.max_range_m)
        return np.concatenate([paired[..., 0], paired[..., 1]], axis=-1)
