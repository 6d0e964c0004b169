"""The network that reads street images: classes, range and boundaries between buildings; as small as Fast-SCNN."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from geoloc_ros.core.classes import NUM_CLASSES
from geoloc_ros.training.onnx_file import export_network, load_weights
from geoloc_ros.training.street_geometry import GroundedGeometry, ground_cells, stretch_far
from geoloc_ros.training.street_layers import ContextBlock, JoinBlock, WidenedBlock, convolution, small_head

SIZE_MULTIPLE = 32
"""Height and width of an image must be multiples of this."""
INPUT_NAME = "image"
OUTPUT_NAMES = ("logits", "log_range", "boundary")
KIND = {"geoloc_kind": "street", "geoloc_features": "1"}
"""Metadata of the network's file."""

_MEAN_COLOUR, _SPREAD_COLOUR = 105.0, 70.0
# Near and far ground is told apart by ratios, for so are ranges: about a logarithm, which costs three times as much.
_MIDDLE_GROUND, _SPREAD_GROUND = 0.04, 2.4


class StreetNetwork(nn.Module):
    """Encoder to 1/32 with a wide view, and a light decoder to 1/4; fully convolutional.

    The ideas are those of Fast-SCNN (Poudel et al. 2019: early downsampling, separable convolutions, a cheap detail
    branch) with a feature pyramid's decoder (Lin et al. 2017) in place of its single fusion, since poles and the
    boundaries between buildings need stride 4.
    """

    def __init__(self) -> None:
        super().__init__()
        self.to_half = convolution(4, 16, 3, stride=2)
        self.to_quarter = convolution(16, 32, 3, stride=2)
        self.to_eighth = nn.Sequential(convolution(32, 64, 3, stride=2), WidenedBlock(64, 2, 1), WidenedBlock(64, 2, 2))
        self.to_sixteenth = nn.Sequential(
            convolution(64, 96, 3, stride=2), *(WidenedBlock(96, 4, dilation) for dilation in (1, 2, 1, 4))
        )
        self.to_least = nn.Sequential(
            convolution(96, 128, 3, stride=2), *(WidenedBlock(128, 4, dilation) for dilation in (1, 2, 4, 1, 2))
        )
        self.context = ContextBlock(128)
        self.join_sixteenth = JoinBlock(128, 96, 96)
        self.join_eighth = JoinBlock(96, 64, 64)
        self.join_quarter = JoinBlock(64, 32, 32)
        self.classes = small_head(32, NUM_CLASSES)
        self.geometry = GroundedGeometry(32)
        self.boundary = nn.Sequential(convolution(64, 16, 1), small_head(16, 16), nn.ReLU(), small_head(16, 1))

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """What the pixels of images (N, 4, H, W) show, at stride 4.

        Args:
            image: Red, green and blue in 0..255 and the ground channel: -u_z / h with the unit direction u of the
                pixel in the level frame and the height h of the camera in m, clipped to [-1, 1]; 0 where unknown.

        Returns:
            `logits` (N, 8, H/4, W/4) of core.classes, `log_range` (N, 1, H/4, W/4), logarithm of the distance in m,
            and `boundary` (N, 1, H/4, W/4), logit that two buildings meet here.
        """
        colour = (image[:, :3] - _MEAN_COLOUR) * (1.0 / _SPREAD_COLOUR)
        ground = image[:, 3:]
        level = _SPREAD_GROUND * ground / (ground.abs() + _MIDDLE_GROUND)
        quarter = self.to_quarter(self.to_half(torch.cat([colour, level], dim=1)))
        eighth = self.to_eighth(quarter)
        sixteenth = self.to_sixteenth(eighth)
        features = self.context(self.to_least(sixteenth))
        features = self.join_sixteenth(features, sixteenth)
        features = self.join_eighth(features, eighth)
        features = self.join_quarter(features, quarter)
        # Two facades differ in colour and texture, which the fine features still have.
        boundary = self.boundary(torch.cat([features, quarter], dim=1))
        log_range = self.geometry(features, ground_cells(ground))
        return self.classes(features), log_range if self.training else stretch_far(log_range), boundary


def export_street(network: StreetNetwork, path: Path) -> None:
    """Write the network as ONNX with open N, H and W.

    Raises:
        ArtifactError: onnxruntime computes something else than torch.
    """
    example = torch.linspace(0.0, 255.0, 2 * 4 * 96 * 64).reshape(2, 4, 64, 96)
    example[:, 3] = example[:, 3] / 255.0 - 0.5
    export_network(
        network, example, OUTPUT_NAMES, KIND, path, input_name=INPUT_NAME, open_axes=("batch", "", "height", "width")
    )


def load_street(network: StreetNetwork, path: Path) -> None:
    """Give the network the weights of a file that `export_street` wrote.

    Raises:
        ArtifactError: The file is no such network.
    """
    load_weights(network, path, KIND)
