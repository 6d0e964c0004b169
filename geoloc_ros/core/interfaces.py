"""The seams of the package: what a part must offer to be exchanged for another."""

from typing import Protocol

from geoloc_ros.core.types import Float32, SemanticScan


class Encoder(Protocol):
    """Turns a scan into a descriptor."""

    @property
    def encoder_id(self) -> str:
        """Names the method and everything that changes its output; descriptors of equal ids are comparable."""

    @property
    def dimension(self) -> int:
        """D."""

    def encode(self, scan: SemanticScan) -> Float32:
        """Descriptors (..., D) of a scan or of a batch of them."""
