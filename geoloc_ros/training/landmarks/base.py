"""Networks that know other scenes: a new scene is learned faster from there than from random weights."""

from __future__ import annotations

from pathlib import Path

from geoloc_ros.core.errors import ArtifactError
from geoloc_ros.training.landmarks.network import CoordinateNetwork, VotingNetwork
from geoloc_ros.training.onnx_file import load_weights, read_metadata


def begin_with(network: VotingNetwork | CoordinateNetwork, path: Path) -> str:
    """Give `network` the weights of a voting network in a file, of any image size; where they are from, in words.

    A network of coordinates gets those of the trunk, as its decoder has another task.

    Raises:
        ArtifactError: The file is no such network, or of another encoder.
    """
    expected = {"geoloc_kind": "landmarks", "geoloc_encoder": network.spec.encoder}
    if read_metadata(path).get("geoloc_method") == "coordinates":
        raise ArtifactError(f"'{path}' says coordinates of its own scene; begin with a network of landmarks")
    source = VotingNetwork(network.spec, seed=0) if isinstance(network, CoordinateNetwork) else network
    load_weights(source, path, expected)
    if isinstance(network, CoordinateNetwork):
        network.trunk.load_state_dict(source.trunk.state_dict())
    return f"`{path.name}`"
