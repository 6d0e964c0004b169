"""The seams of the package: what a part must offer to be exchanged for another."""

from typing import Protocol

from geoloc_ros.core.types import Float32, SemanticScan


class Encoder(Protocol):
    """Turns a scan into a descriptor.

    What a map predicts and what a camera observed are encoded apart, because a map sees everything and a camera does
    not: the inner product of a query with a descriptor is the squared distance of what both know. A plain Euclidean
    embedding f has descriptors `[f, |f|^2, 1]` and queries `[-2 f, 1, |f|^2]`.
    """

    @property
    def encoder_id(self) -> str:
        """Names the method and everything that changes its output; descriptors of equal ids are comparable."""

    @property
    def dimension(self) -> int:
        """D."""

    def encode(self, scan: SemanticScan) -> Float32:
        """Descriptors (..., D) of a scan of the map or of a batch of them, for an index."""

    def encode_query(self, scan: SemanticScan) -> Float32:
        """Queries (..., D) of an observed scan or of a batch of them, to be compared with descriptors."""
