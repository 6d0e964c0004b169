"""The verb `export photo`: a network for photos as ONNX, where no training is needed."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from geoloc_ros.core.errors import BackendError, ConfigError
from geoloc_ros.core.progress import ProgressCallback

if TYPE_CHECKING:
    import torch

    from geoloc_ros.training.photos.images import PhotoImages
    from geoloc_ros.training.photos.networks.photo_network import PhotoNetwork

_MODULES: Final = ("torch", "onnx", "onnxruntime", "transformers", "sklearn")
_MOST_PHOTOS: Final = 4000
_AT_ONCE: Final = 32
_LEARNT: Final = ("cosplace", "convap", "mixvpr", "attgem", "msatt")
"""Heads that say nothing of places before they are trained."""


@dataclass(frozen=True)
class PhotoExportOptions:
    """What `geoloc export photo` is told."""

    network: str
    """BACKBONE+HEAD, or a file (.onnx) that was trained here."""
    output: Path
    size: tuple[int, int] | None = None
    """Width and height of photos; without it those of the file, or 320 x 240."""
    checkpoint: Path | None = None
    """Of a training of `network`, whose best weights it gets."""
    photos: str = ""
    """Collection that words of NetVLAD and principal components are made of."""
    pca: int = 0
    """Dimensions that whitening leaves; 0 is none."""


@dataclass(frozen=True)
class PhotoExportSummary:
    """What `export_photo_network` made."""

    output: Path
    method: str
    size: tuple[int, int]
    """Width and height."""
    dimension: int
    gigaflops: float
    parameters: int
    error: float
    """Largest deviation of onnxruntime from torch."""
    warning: str

    def as_text(self) -> str:
        """Two or three lines for a terminal."""
        width, height = self.size
        lines = [
            f"{self.output}: {self.method}, photos of {width}x{height} to {self.dimension} dimensions, "
            f"within {self.error:.1e} of torch",
            f"{self.gigaflops:.2f} GFLOP a photo, {self.parameters / 1e6:.2f} million weights; name it in photo.model",
        ]
        return "\n".join([*lines, self.warning] if self.warning else lines)


def export_photo_network(options: PhotoExportOptions, progress: ProgressCallback) -> PhotoExportSummary:
    """Write a network with weights of a hub, of a file or of a checkpoint as ONNX.

    Raises:
        BackendError: A library is not installed.
        ConfigError: Options contradict each other, or the network cannot be made.
        ArtifactError: Weights cannot be had, or the file would compute something else.
        DatasetError: Photos are missing or broken.
    """
    _check(options)
    from geoloc_ros.training.photos.networks.changing import take_checkpoint
    from geoloc_ros.training.photos.networks.cost import photo_cost
    from geoloc_ros.training.photos.networks.photo_file import export_photo

    network = _network(options)
    if options.checkpoint is not None:
        take_checkpoint(network, options.checkpoint)
    if options.photos:
        network = _fitted(network, options, progress)
    error, cost, spec = export_photo(network, options.output), photo_cost(network), network.spec
    return PhotoExportSummary(
        options.output, spec.method, (spec.width_px, spec.height_px), cost.dimension, cost.flops / 1e9,
        cost.parameters, error, _warning(network, options),
    )  # fmt: skip


def _check(options: PhotoExportOptions) -> None:
    for module in _MODULES:
        if importlib.util.find_spec(module) is None:
            raise BackendError(f"`geoloc export photo` needs {module}: pip install 'geoloc_ros[train]'")
    if options.output.suffix != ".onnx":
        raise ConfigError(f"output '{options.output}' does not end in .onnx")
    if options.pca and not options.photos:
        raise ConfigError("principal components are made of photos: give --photos SOURCE")
    if options.network.endswith(".onnx") and options.checkpoint is not None:
        raise ConfigError(f"'{options.network}' has weights of its own; drop --checkpoint")


def _network(options: PhotoExportOptions) -> PhotoNetwork:
    from geoloc_ros.training.photos.networks.changing import resized
    from geoloc_ros.training.photos.networks.photo_file import load_photo
    from geoloc_ros.training.photos.networks.photo_network import make_photo_network
    from geoloc_ros.training.photos.networks.spec import parse_network

    if options.network.endswith(".onnx"):
        network = load_photo(Path(options.network))
        width, height = options.size or (network.spec.width_px, network.spec.height_px)
        same = (width, height) == (network.spec.width_px, network.spec.height_px)
        return network if same else resized(network, height, width)
    width, height = options.size or (320, 240)
    return make_photo_network(parse_network(options.network, height, width), seed=0)


def _fitted(network: PhotoNetwork, options: PhotoExportOptions, progress: ProgressCallback) -> PhotoNetwork:
    """With words and principal components of some photos, as far as they are wanted."""
    from geoloc_ros.datasets.photos.collection import load_collection
    from geoloc_ros.training.photos.embedding import embed_photos
    from geoloc_ros.training.photos.images import PhotoImages
    from geoloc_ros.training.photos.networks.pca import with_whitening
    from geoloc_ros.training.photos.networks.start import start_clusters

    photos = load_collection(options.photos, progress=progress).database
    rng = np.random.default_rng(0)
    chosen = np.sort(rng.choice(len(photos), min(_MOST_PHOTOS, len(photos)), replace=False)).astype(np.int64)
    spec = network.spec
    images = PhotoImages(photos.take(chosen), spec.height_px, spec.width_px)
    if _has_random_words(network, options):
        start_clusters(network, _batches(images), rng)
    if not options.pca:
        return network
    progress("describing photos", 0.0)
    descriptors = embed_photos(network.eval(), images, np.arange(len(images)))
    progress("describing photos", 1.0)
    return with_whitening(network, descriptors, options.pca)


def _batches(images: PhotoImages) -> Iterator[torch.Tensor]:
    import torch

    from geoloc_ros.vpr.photo_input import network_input

    for first in range(0, len(images), _AT_ONCE):
        rows = np.arange(first, min(first + _AT_ONCE, len(images)))
        yield torch.from_numpy(network_input(images.load(rows)))


def _has_random_words(network: PhotoNetwork, options: PhotoExportOptions) -> bool:
    is_trained = options.network.endswith(".onnx") or options.checkpoint is not None
    return network.spec.head in ("netvlad", "crn") and not is_trained


def _warning(network: PhotoNetwork, options: PhotoExportOptions) -> str:
    if options.network.endswith(".onnx") or options.checkpoint is not None:
        return ""
    if not network.origin:
        return "its weights are random: train it (geoloc train photo) before it is of use"
    if network.spec.head in _LEARNT or (_has_random_words(network, options) and not options.photos):
        return f"the weights of its head '{network.spec.head}' are random: train it, or take gem"
    return ""
