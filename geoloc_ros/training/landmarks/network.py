"""The networks of a scene: embeddings and directions (VS-Net, §3.2), and scene coordinates to compare with."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, cast, get_args

import torch
from torch import nn
from torch.nn.functional import normalize, pixel_shuffle, pixel_unshuffle

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.training.landmarks.encoder import Encoder, raised
from geoloc_ros.training.landmarks.spec import LandmarkNetworkSpec
from geoloc_ros.training.onnx_file import export_network
from geoloc_ros.training.recipe import seeded_weights
from geoloc_ros.training.street_layers import convolution

LandmarkMethod = Literal["prototypes", "random-negatives", "cross-entropy", "coordinates"]
"""What a network learns: the published loss, its ablation without mining (VS-Net, table 3), and the two baselines."""
INPUT_NAME: Final = "image"
VOTING_OUTPUTS: Final = ("embedding", "direction")
COORDINATE_OUTPUTS: Final = ("coordinate",)

_MIDDLE, _SPREAD = 0.45, 0.25
_LEAST_LENGTH = 1e-6
# Vectors of unit length, some of which were nearly none before: rounding turns those, in one of 10 000 cells or so.
_LARGEST_ERROR = 1e-2
_FINE = 2
"""Cells of stride 4 in one of stride 8, across."""


class Trunk(nn.Module):
    """Encoder and what both decoders begin with: features at stride 8 that know those of stride 4.

    Unlike DeepLabv3, which has no finer features than its pyramid, those of stride 4 come along as in DeepLabv3+ (Chen
    et al. 2018): votes must be right to a pixel. They do so folded into channels, and the decoders work at stride 8 and
    unfold their answers to stride 4, since convolutions over four times fewer cells are four times cheaper.
    """

    def __init__(self, spec: LandmarkNetworkSpec) -> None:
        super().__init__()
        sizes = spec.sizes
        self.encoder = Encoder(sizes)
        fine = sizes.channels[0] * _FINE * _FINE
        self.join = convolution(sizes.decoder + sizes.channels[1] + fine, sizes.decoder, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Features (N, C, H / 8, W / 8) of images (N, 3, H, W), 0 to 1."""
        quarter, eighth, pyramid = self.encoder((image - _MIDDLE) * (1.0 / _SPREAD))
        joined: torch.Tensor = self.join(torch.cat([raised(pyramid), eighth, pixel_unshuffle(quarter, _FINE)], dim=1))
        return joined


class Decoder(nn.Module):
    """A convolution that looks around, and answers for the four cells of stride 4 in each of stride 8."""

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        inner = width * 3 // 4
        self.mix = convolution(width, inner, 3)
        self.answer = nn.Conv2d(inner, outputs * _FINE * _FINE, 1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, outputs, 2 h, 2 w) of features (N, C, h, w)."""
        return pixel_shuffle(self.answer(self.mix(features)), _FINE)


class VotingNetwork(nn.Module):
    """Which landmark each cell belongs to, as an embedding, and in which direction it lies."""

    def __init__(self, spec: LandmarkNetworkSpec, seed: int) -> None:
        super().__init__()
        self.spec = spec
        with seeded_weights(seed):
            self.trunk = Trunk(spec)
            self.segment = Decoder(spec.sizes.decoder, spec.dimension)
            self.point = Decoder(spec.sizes.decoder, 2)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """`embedding` (N, D, h, w) and `direction` (N, 2, h, w), both of unit length, of images (N, 3, H, W)."""
        features = self.trunk(image)
        return _unit(self.segment(features)), _unit(self.point(features))


class CoordinateNetwork(nn.Module):
    """Where in the scene each cell looks: dense regression (VS-Net, §4.3, ablation), on the same trunk."""

    middle_m: torch.Tensor
    extent_m: torch.Tensor

    def __init__(self, spec: LandmarkNetworkSpec, seed: int) -> None:
        super().__init__()
        self.spec = spec
        with seeded_weights(seed):
            self.trunk = Trunk(spec)
            self.locate = Decoder(spec.sizes.decoder, 3)
        self.register_buffer("middle_m", torch.zeros(3))
        self.register_buffer("extent_m", torch.ones(()))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """`coordinate` (N, 3, h, w), metres, frame of the scene."""
        located: torch.Tensor = self.locate(self.trunk(image)).float()
        return located * self.extent_m + self.middle_m[:, None, None]


def make_network(method: LandmarkMethod, spec: LandmarkNetworkSpec, seed: int) -> VotingNetwork | CoordinateNetwork:
    """With first weights drawn from `seed`."""
    return CoordinateNetwork(spec, seed) if method == "coordinates" else VotingNetwork(spec, seed)


def parse_landmark_method(text: str) -> LandmarkMethod:
    """Method of its name.

    Raises:
        ConfigError: There is none of that name.
    """
    if text not in get_args(LandmarkMethod):
        raise ConfigError(f"method '{text}' is not one of {', '.join(get_args(LandmarkMethod))}")
    return cast(LandmarkMethod, text)


def export_landmark_network(
    network: VotingNetwork | CoordinateNetwork, method: LandmarkMethod, path: Path
) -> None:
    """Write a network as ONNX for images of its size; see `metadata_of`.

    Raises:
        ArtifactError: onnxruntime computes something else than torch.
    """
    spec = network.spec
    count = 2 * 3 * spec.height_px * spec.width_px
    example = torch.sin(torch.arange(count) * 0.37).reshape(2, 3, spec.height_px, spec.width_px) * 0.5 + 0.5
    outputs = COORDINATE_OUTPUTS if isinstance(network, CoordinateNetwork) else VOTING_OUTPUTS
    export_network(
        network, example, outputs, metadata_of(method, spec), path, input_name=INPUT_NAME, largest_error=_LARGEST_ERROR
    )


def metadata_of(method: LandmarkMethod, spec: LandmarkNetworkSpec) -> dict[str, str]:
    """Written beside the weights."""
    return {
        "geoloc_kind": "landmarks", "geoloc_features": "1", "geoloc_method": method, "geoloc_encoder": spec.encoder,
    }  # fmt: skip


def _unit(vectors: torch.Tensor) -> torch.Tensor:
    """In single precision, whatever the layers computed in."""
    return normalize(vectors.float(), dim=1, eps=_LEAST_LENGTH)
