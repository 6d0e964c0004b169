"""Whitening: fewer dimensions, each counting alike (Jegou and Chum 2012), as the last layer of a network."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.types import Float32, Float64
from geoloc_ros.training.photos.networks.photo_network import PhotoNetwork

# Of the largest variance: directions with less of it are noise, which whitening would blow up.
_LEAST_VARIANCE_RATIO = 1e-6


def with_whitening(network: PhotoNetwork, descriptors: Float32, dimension: int) -> PhotoNetwork:
    """A copy of the network whose descriptors have `dimension` whitened principal components.

    Args:
        network: Without whitening.
        descriptors: (N, D) that it made of photos of the training.
        dimension: At most D and less than N.

    Raises:
        ConfigError: There are too few descriptors, or fewer dimensions.
    """
    count, size = descriptors.shape
    if network.spec.pca:
        raise ConfigError(f"'{network.spec.method}' is whitened already")
    if not 0 < dimension <= min(size, count - 1):
        raise ConfigError(f"{count} descriptors of {size} dimensions do not make {dimension} principal components")
    mean, weight = _whitening(descriptors.astype(np.float64), dimension)
    whitened = copy.deepcopy(network)
    whitened.spec = replace(network.spec, pca=dimension)
    whitened.descriptor_size = dimension
    device = next(network.parameters()).device
    whitened.whitening = nn.Linear(size, dimension).to(device)
    with torch.no_grad():
        whitened.whitening.weight.copy_(torch.from_numpy(weight))
        whitened.whitening.bias.copy_(torch.from_numpy(-weight @ mean))
    return whitened


def _whitening(descriptors: Float64, dimension: int) -> tuple[Float64, Float64]:
    """Mean (D,) and weights (dimension, D): each component of variance 1, the strongest first."""
    mean = descriptors.mean(axis=0)
    centred = descriptors - mean
    count, size = centred.shape
    is_tall = count >= size
    # Of the smaller of both products: NetVLAD's would have 65536 x 65536 covariances, of 4000 photos.
    product = (centred.T @ centred if is_tall else centred @ centred.T) / (count - 1)
    variance, direction = np.linalg.eigh(product)
    strongest = np.argsort(variance)[::-1][:dimension]
    kept = np.maximum(variance[strongest], _LEAST_VARIANCE_RATIO * variance.max())
    axes = direction[:, strongest]
    if not is_tall:
        axes = centred.T @ axes / np.sqrt((count - 1) * kept)
    return mean, (axes / np.sqrt(kept)).T
