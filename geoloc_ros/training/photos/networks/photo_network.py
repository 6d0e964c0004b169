"""A network for photos: normalisation, backbone, head, and whitening, from pixels to a vector of unit length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch import nn
from torch.nn.functional import normalize

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.training.photos.networks.backbones.choosing import make_backbone
from geoloc_ros.training.photos.networks.backbones.features import Backbone
from geoloc_ros.training.photos.networks.heads.conv_ap import CELLS, ConvApHead
from geoloc_ros.training.photos.networks.heads.cosplace import CosPlaceHead
from geoloc_ros.training.photos.networks.heads.crn import CrnHead
from geoloc_ros.training.photos.networks.heads.gem import GemHead
from geoloc_ros.training.photos.networks.heads.mix_vpr import ROWS, MixVprHead
from geoloc_ros.training.photos.networks.heads.multi_scale import MultiScaleHead
from geoloc_ros.training.photos.networks.heads.netvlad import NetVladHead
from geoloc_ros.training.photos.networks.spec import TWO_SCALES, Head, NetworkSpec
from geoloc_ros.training.recipe import seeded_weights

_DIMENSIONS: Final[Mapping[Head, int]] = {"cosplace": 512, "convap": 2048, "mixvpr": 2048}


class PhotoNetwork(nn.Module):
    """What a `NetworkSpec` describes."""

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, spec: NetworkSpec, backbone: Backbone) -> None:
        """Head and whitening of torch's generator as it is; see `make_photo_network`."""
        super().__init__()
        self.spec = spec
        self.origin = backbone.origin
        self.backbone = backbone.module
        self.register_buffer("mean", torch.tensor(backbone.mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(backbone.std).view(1, 3, 1, 1))
        maps = self._look(torch.zeros(1, 3, spec.height_px, spec.width_px))
        self.channels: tuple[int, ...] = tuple(int(features.shape[1]) for features in maps)
        self.head = _make_head(spec, self.channels, (int(maps[-1].shape[2]), int(maps[-1].shape[3])))
        pooled = _tried(self.head, maps)
        self.whitening = nn.Linear(pooled, spec.pca) if spec.pca else None
        self.descriptor_size: int = spec.pca or pooled

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Descriptors (N, D) of unit length of photos (N, 3, H, W): red, green, blue in 0..1."""
        return self.describe(self.features(image))

    def features(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The maps (N, C, h, w) that the head gets, coarser and coarser."""
        maps: tuple[torch.Tensor, ...] = self.backbone((image - self.mean) / self.std)
        return maps

    def describe(self, maps: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """Descriptors (N, D) of what `features` gave."""
        return self.finish(self.head(maps))

    def finish(self, pooled: torch.Tensor) -> torch.Tensor:
        """Descriptors (N, D) of what the head gave."""
        unit = normalize(pooled, dim=1)
        return unit if self.whitening is None else normalize(self.whitening(unit), dim=1)

    def _look(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Features of one photo; moves no averages of normalisation layers."""
        self.backbone.eval()
        with torch.no_grad():
            maps = self.features(image)
        self.backbone.train()
        return maps


def make_photo_network(spec: NetworkSpec, seed: int, *, has_weights: bool = True) -> PhotoNetwork:
    """With first weights drawn from `seed`, but for those that a hub gives if `has_weights`.

    Raises:
        ArtifactError: Weights of a hub cannot be had.
        ConfigError: There is no such backbone, or the head does not fit it.
        BackendError: A library is missing.
    """
    with seeded_weights(seed):
        return PhotoNetwork(spec, make_backbone(spec, has_weights))


def _tried(head: nn.Module, maps: tuple[torch.Tensor, ...]) -> int:
    """Dimensions that come out of the head."""
    with torch.no_grad():
        return int(head(maps).shape[1])


def _make_head(spec: NetworkSpec, channels: tuple[int, ...], grid: tuple[int, int]) -> nn.Module:
    if spec.head == "gem":
        return GemHead()
    if spec.head == "netvlad":
        return NetVladHead(channels[-1], spec.clusters)
    if spec.head == "crn":
        return CrnHead(channels[-1], spec.clusters)
    if spec.head in TWO_SCALES:
        if len(channels) < 2:
            raise ConfigError(f"head '{spec.head}' needs two stages, '{spec.backbone}' gives one; take a resnet")
        return MultiScaleHead(
            channels[-2:], has_attention=spec.head != "msgem", has_two_scales=spec.head != "attgem",
            width_ratio=spec.width_ratio,
        )  # fmt: skip
    dimension = spec.dimension or _DIMENSIONS[spec.head]
    if spec.head == "cosplace":
        return CosPlaceHead(channels[-1], dimension)
    multiple = CELLS**2 if spec.head == "convap" else ROWS
    if dimension % multiple:
        raise ConfigError(f"a descriptor of {dimension} does not fit head '{spec.head}': take a multiple of {multiple}")
    makes = ConvApHead if spec.head == "convap" else MixVprHead
    return makes(channels[-1], grid, dimension)
