"""Photos to descriptors, by a trained network."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.errors import BackendError, ObservationError
from geoloc_ros.core.files import shared_file
from geoloc_ros.core.interfaces import Network
from geoloc_ros.core.photo_config import PhotoConfig
from geoloc_ros.core.types import Float32, UInt8
from geoloc_ros.inference.load import load_network
from geoloc_ros.vpr.photo_input import photo_batch

logger = logging.getLogger(__name__)

PHOTO_KIND: Final = "photo"
PHOTO_FEATURES: Final = "1"
"""Changes whenever `photo_input` does; a network remembers what it was trained on."""
PHOTO_INPUT: Final = "image"
PHOTO_OUTPUTS: Final = ("descriptor",)
SHIPPED_PHOTO_NETWORK: Final = "models/photo.onnx"
"""Below the checkout or share/geoloc_ros."""

_ONE_THREAD = InferenceConfig()
# Numbers of an input, 64 MB, and photos: more at a time make nothing faster.
_LARGEST_BATCH = (1 << 24, 32)


class NetworkPhotoEncoder:
    """Descriptors by a network (docs/formats.md); implements `core.interfaces.PhotoEncoder`."""

    def __init__(self, network: Network) -> None:
        """Raises BackendError if the network is of another kind, or was trained on other inputs."""
        _check(network)
        self._network = network
        _, self._height, self._width = network.input_shape
        ((self.dimension,),) = network.output_shapes
        self.encoder_id = f"{PHOTO_KIND}-{network.file_id}"
        most_numbers, most_photos = _LARGEST_BATCH
        self._batch = max(1, min(most_photos, most_numbers // int(np.prod(network.input_shape))))

    def __str__(self) -> str:
        method = self._network.metadata.get("method", "unknown method")
        return (
            f"{self.encoder_id}, {method}, {self.dimension}-d of {self._width}x{self._height}: '{self._network.file}' "
            f"on {self._network.engine_name}"
        )

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the file of the network tells of it."""
        return self._network.metadata

    def encode(self, images: Sequence[UInt8]) -> Float32:
        """Descriptors (N, D) of images (H, W, 3) of any size, red first.

        Raises:
            ObservationError: If an image is none, or the network makes no number of it.
        """
        descriptors = np.empty((len(images), self.dimension), np.float32)
        for first in range(0, len(images), self._batch):
            rows = slice(first, first + self._batch)
            (descriptors[rows],) = self._network.run(photo_batch(images[rows], self._height, self._width))
        # Again: engines of lower precision leave lengths that are only nearly one.
        length = np.linalg.norm(descriptors, axis=1, keepdims=True)
        if not np.all(np.isfinite(length) & (length > 0.0)):
            row = int(np.argmin(np.isfinite(length[:, 0]) & (length[:, 0] > 0.0)))
            raise ObservationError(
                f"photo {row} of {len(images)} has a descriptor of length {length[row, 0]} by '{self._network.file}'; "
                "is it one colour all over?"
            )
        descriptors /= length
        return descriptors


def make_photo_encoder(photo: PhotoConfig, inference: InferenceConfig = _ONE_THREAD) -> NetworkPhotoEncoder:
    """The encoder of `photo.model`, or of the shipped network.

    Args:
        photo: What to make.
        inference: What runs the network. On the road one thread is best, offline all.

    Raises:
        BackendError: If the network is missing, broken, or none for photos.
    """
    file = Path(photo.model).expanduser() if photo.model else shared_file(SHIPPED_PHOTO_NETWORK)
    encoder = NetworkPhotoEncoder(load_network(file, PHOTO_INPUT, PHOTO_OUTPUTS, inference))
    logger.info("photo encoder %s", encoder)
    return encoder


def _check(network: Network) -> None:
    """Raises BackendError where a network was made for something else than photos."""
    for key, value in {"geoloc_kind": PHOTO_KIND, "geoloc_features": PHOTO_FEATURES}.items():
        found = network.metadata.get(key, "unset")
        if found != value:
            raise BackendError(
                f"network '{network.file}' has {key} {found!r}, photos are encoded by one with {value!r}; "
                "name one of `geoloc train photo` or `geoloc export photo` in photo.model"
            )
    shape = network.input_shape
    if len(shape) != 3 or shape[0] != 3 or [len(output) for output in network.output_shapes] != [1]:
        raise BackendError(
            f"network '{network.file}' takes {shape} and gives {network.output_shapes}; one for photos takes (3, H, W) "
            "and gives one plain vector: export it again"
        )
