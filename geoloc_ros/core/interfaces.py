"""The seams of the package: what a part must offer to be exchanged for another."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.types import Float32, Int64, Pose3, SemanticScan, UInt8
from geoloc_ros.core.view import Reading, ReadingKind


class Encoder(Protocol):
    """Turns a scan into a descriptor.

    What a map predicts and what a camera observed are encoded apart, because a map sees everything and a camera does
    not. The inner product of a query with a descriptor is their dissimilarity: lower is more alike. It is a squared
    distance (a plain Euclidean embedding f has descriptors `[f, |f|^2, 1]` and queries `[-2 f, 1, |f|^2]`), or minus
    the log-likelihood ratio of "seen from here" and "seen from anywhere", which may be negative. Only the order of the
    places of one query means something without knowing the encoder.

    `str(encoder)` is for messages: the id, and what it was made from.
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


class Network(Protocol):
    """A trained network that an engine of `inference` has loaded. Calls from one thread at a time."""

    @property
    def file(self) -> Path:
        """What it was loaded from."""

    @property
    def file_id(self) -> str:
        """First 12 digits of the sha256 of the file."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """What its training wrote beside the weights."""

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of one item: without N."""

    @property
    def output_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of one item, in the order in which the outputs were asked for."""

    def run(self, batch: Float32) -> tuple[Float32, ...]:
        """Outputs (N, ...) of a batch (N, ...) of inputs."""

    @property
    def engine_name(self) -> str:
        """What runs it, for people: engine, version, device."""


class ImageReader(Protocol):
    """Reads images with a network: classes, buildings, depth; whichever of them it was trained for.

    `str(reader)` is for messages: the file of the network and the engine that runs it.
    """

    @property
    def provides(self) -> frozenset[ReadingKind]:
        """What its readings hold."""

    def read(self, image: UInt8, camera: Camera, base_from_camera: Pose3) -> Reading:
        """What an image (H, W, 3), red first, shows. Calls from one thread at a time.

        The first image of a size takes longer: engines are made ready for it.

        Raises:
            ObservationError: If the image does not fit the camera.
            BackendError: If no engine can run the network in this size.
        """


class PhotoEncoder(Protocol):
    """Turns photos into descriptors of unit length: the larger their inner product, the more alike.

    `str(encoder)` is for messages: the file of the network and the engine that runs it.
    """

    @property
    def encoder_id(self) -> str:
        """Names the network and everything that changes its output; descriptors of equal ids are comparable."""

    @property
    def dimension(self) -> int:
        """D."""

    def encode(self, images: Sequence[UInt8]) -> Float32:
        """Descriptors (N, D) of images (H, W, 3) of any size, red first. Calls from one thread at a time.

        Raises:
            ObservationError: If an image is none.
        """


class DescriptorSearch(Protocol):
    """Finds, among descriptors of unit length, those nearest to a query; exactly, or nearly so for less."""

    @property
    def name(self) -> str:
        """Of the method and what was chosen for it, for people."""

    @property
    def num_bytes(self) -> int:
        """Of memory that the search needs."""

    def __len__(self) -> int:
        """V descriptors."""

    def search(self, queries: Float32, count: int) -> tuple[Float32, Int64]:
        """Inner products (Q, K), largest first, and rows (Q, K) of the K = min(count, V) nearest; row -1 for none."""
