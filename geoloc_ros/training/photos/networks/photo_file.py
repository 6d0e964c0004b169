"""A network for photos as one ONNX file, and back."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch

from geoloc_ros.core.errors import ArtifactError, ConfigError
from geoloc_ros.training.onnx_file import export_network, load_weights, read_metadata
from geoloc_ros.training.photos.networks.cost import photo_cost
from geoloc_ros.training.photos.networks.photo_network import PhotoNetwork, make_photo_network
from geoloc_ros.training.photos.networks.spec import read_spec
from geoloc_ros.vpr.encoder import PHOTO_FEATURES, PHOTO_INPUT, PHOTO_KIND, PHOTO_OUTPUTS

KIND: Final = {"geoloc_kind": PHOTO_KIND, "geoloc_features": PHOTO_FEATURES}
"""Metadata of a network's file."""


def export_photo(network: PhotoNetwork, path: Path, said: Mapping[str, str] | None = None) -> float:
    """Write the network with N open; return its largest deviation under onnxruntime.

    Args:
        network: Left on the CPU, in `eval()` mode.
        path: Of the file.
        said: Metadata besides what the network itself tells: method, network, height, width, dimension, flops,
            parameters, origin.

    Raises:
        ArtifactError: onnxruntime computes something else than torch.
    """
    spec, network = network.spec, network.to("cpu").eval()
    cost = photo_cost(network)
    metadata = {
        **(said or {}), **KIND, "method": spec.method, "network": spec.as_json(), "height": str(spec.height_px),
        "width": str(spec.width_px), "dimension": str(network.descriptor_size), "flops": str(cost.flops),
        "parameters": str(cost.parameters), "origin": network.origin,
    }  # fmt: skip
    example = torch.linspace(0.0, 1.0, 2 * 3 * spec.height_px * spec.width_px)
    # Both directions, that the two photos are not alike.
    example = torch.stack([example.reshape(2, -1)[0], example.flip(0).reshape(2, -1)[1].sin().abs()])
    with warnings.catch_warnings():
        # The size that is traced is meant to be fixed.
        warnings.filterwarnings("ignore", message="Converting a tensor")
        return export_network(
            network, example.reshape(2, 3, spec.height_px, spec.width_px), PHOTO_OUTPUTS, metadata, path,
            input_name=PHOTO_INPUT, open_axes=("batch", "", "", ""),
        )  # fmt: skip


def load_photo(path: Path) -> PhotoNetwork:
    """The network of a file that `export_photo` wrote, to be trained on or measured.

    Raises:
        ArtifactError: The file is no such network.
    """
    metadata = read_metadata(path)
    if metadata.get("geoloc_kind") != PHOTO_KIND or "network" not in metadata:
        raise ArtifactError(f"'{path}' is no network for photos that was written here; choose another file")
    try:
        spec = read_spec(metadata["network"])
    except ConfigError as error:
        raise ArtifactError(f"network '{path}' cannot be understood: {error}") from error
    network = make_photo_network(spec, seed=0, has_weights=False)
    load_weights(network, path, KIND)
    return network
