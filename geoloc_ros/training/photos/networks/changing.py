"""A network for photos with other weights, or for photos of another size."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Final

import torch

from geoloc_ros.core.errors import ArtifactError, ConfigError
from geoloc_ros.training.photos.networks.photo_network import PhotoNetwork, make_photo_network

# What S4's recipe wraps the network into.
_WRAPPED: Final = "network."


def resized(network: PhotoNetwork, height_px: int, width_px: int) -> PhotoNetwork:
    """A network with the same weights for photos of another size.

    Raises:
        ConfigError: Its weights are for one size, as those of MixVPR are.
    """
    spec = replace(network.spec, height_px=height_px, width_px=width_px)
    made = make_photo_network(spec, seed=0, has_weights=False)
    made.origin = network.origin
    try:
        made.load_state_dict(network.state_dict())
    except RuntimeError as error:
        raise ConfigError(
            f"the weights of '{spec.method}' are for photos of {network.spec.width_px}x{network.spec.height_px}, "
            f"not {width_px}x{height_px}; train it for that size"
        ) from error
    return made


def take_checkpoint(network: PhotoNetwork, path: Path) -> None:
    """Give the network the best weights that a training has had so far.

    Raises:
        ArtifactError: The file is no checkpoint of a training of such a network.
    """
    try:
        entries = torch.load(path, map_location="cpu", weights_only=True)
        weights = entries["best_weights"]
        if any(name.startswith(_WRAPPED) for name in weights):
            weights = {
                name.removeprefix(_WRAPPED): each for name, each in weights.items() if name.startswith(_WRAPPED)
            }
        network.load_state_dict(weights)
    except (OSError, RuntimeError, EOFError, KeyError, TypeError, pickle.UnpicklingError) as error:
        # Of the first sentence only: torch goes on to advise unsafe loading.
        first = (str(error).strip() or type(error).__name__).splitlines()[0].partition(". ")[0]
        raise ArtifactError(
            f"'{path}' is no checkpoint of a training of '{network.spec.method}' ({first}); "
            "name the network that was trained, and checkpoint.pt in the folder beside its output"
        ) from error
