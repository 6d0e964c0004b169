"""The network that reads street images: classes, range and boundaries between buildings; as small as Fast-SCNN."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.training.onnx_file import export_network, load_weights

NUM_CLASSES = len(SemanticClass) - 1
"""UNLABELLED is no answer."""
STRIDE = 4
"""Pixels of the image per pixel of an output, along each axis."""
SIZE_MULTIPLE = 32
"""Height and width of an image must be multiples of this."""
INPUT_NAME = "image"
OUTPUT_NAMES = ("logits", "log_range", "boundary")
KIND = {"geoloc_kind": "street", "geoloc_features": "1"}
"""Metadata of the network's file."""

_MEAN_COLOUR, _SPREAD_COLOUR = 105.0, 70.0
# Ground at 200 m and nearer is told apart by ratios, for so are ranges; what is farther or over the horizon linearly.
_FARTHEST_GROUND_M, _SPREAD_GROUND = 200.0, 2.0
# exp(2.5) = 12 m: how far away things are where nothing else is known.
_USUAL_LOG_RANGE = 2.5
_LEAST_GROUND, _LARGEST_GROUND = 0.01, 1.0
_FEET = 4
# One cell in a hundred is a boundary.
_FIRST_BOUNDARY = -4.0


class StreetNetwork(nn.Module):
    """Encoder to 1/32 with a wide view, and a light decoder to 1/4; fully convolutional.

    The ideas are those of Fast-SCNN (Poudel et al. 2019: early downsampling, separable convolutions, a cheap detail
    branch) with a feature pyramid's decoder (Lin et al. 2017) in place of its single fusion, since poles and the
    boundaries between buildings need stride 4.
    """

    def __init__(self) -> None:
        super().__init__()
        self.to_half = _convolution(4, 16, 3, stride=2)
        self.to_quarter = _convolution(16, 32, 3, stride=2)
        self.to_eighth = nn.Sequential(_convolution(32, 64, 3, stride=2), _Widened(64, 2, 1), _Widened(64, 2, 2))
        self.to_sixteenth = nn.Sequential(
            _convolution(64, 96, 3, stride=2), *(_Widened(96, 4, dilation) for dilation in (1, 2, 1, 4))
        )
        self.to_least = nn.Sequential(
            _convolution(96, 128, 3, stride=2), *(_Widened(128, 4, dilation) for dilation in (1, 2, 4, 1, 2))
        )
        self.context = _Context(128)
        self.join_sixteenth = _Join(128, 96, 96)
        self.join_eighth = _Join(96, 64, 64)
        self.join_quarter = _Join(64, 32, 32)
        self.classes = _head(32, NUM_CLASSES)
        self.geometry = GroundedGeometry(32)

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
        level = torch.sign(ground) * torch.log(1.0 + _FARTHEST_GROUND_M * ground.abs()) * (1.0 / _SPREAD_GROUND)
        quarter = self.to_quarter(self.to_half(torch.cat([colour, level], dim=1)))
        eighth = self.to_eighth(quarter)
        sixteenth = self.to_sixteenth(eighth)
        features = self.context(self.to_least(sixteenth))
        features = self.join_sixteenth(features, sixteenth)
        features = self.join_eighth(features, eighth)
        features = self.join_quarter(features, quarter)
        log_range, boundary = self.geometry(features, log_ground_range(ground))
        return self.classes(features), log_range, boundary


class AveragedNetwork(nn.Module):
    """A network that learns, and the running mean of its weights, which is what it learns for.

    In training mode it computes what the learning network does, in evaluation mode what the mean does.
    """

    def __init__(self, network: StreetNetwork, decay: float = 0.999) -> None:
        super().__init__()
        self.learning = network
        self.average = StreetNetwork()
        self.average.load_state_dict(network.state_dict())
        self.average.requires_grad_(False)
        self.register_buffer("updates", torch.zeros((), dtype=torch.float64))
        self._decay = decay

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """As StreetNetwork."""
        network = self.learning if self.training else self.average
        outputs: tuple[torch.Tensor, torch.Tensor, torch.Tensor] = network(image)
        return outputs

    @torch.no_grad()
    def update(self) -> None:
        """Move the mean towards the weights of now; faster at first, when they change much."""
        self.updates += 1
        decay = min(self._decay, (1.0 + float(self.updates)) / (10.0 + float(self.updates)))
        for mean, now in zip(self.average.state_dict().values(), self.learning.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(now, 1.0 - decay)


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


class _Widened(nn.Module):
    """Residual block: look around per channel, widen, narrow.

    The order of ConvNeXt (Liu et al. 2022), for looking around is four times cheaper on the narrow side; dilated
    kernels of 3 see as far as large ones, whose gradients are slow on CPUs.
    """

    def __init__(self, width: int, expansion: int, dilation: int) -> None:
        super().__init__()
        inner = width * expansion
        self.block = nn.Sequential(
            _convolution(width, width, 3, groups=width, dilation=dilation, activated=False),
            nn.Conv2d(width, inner, 1), nn.ReLU(inplace=True),
            _convolution(inner, width, 1, activated=False),
        )  # fmt: skip

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        widened: torch.Tensor = self.block(features)
        return features + widened


class _Context(nn.Module):
    """Adds what the image as a whole shows."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.local = _convolution(width, width, 1, activated=False)
        self.whole = nn.Sequential(nn.Conv2d(width, width, 1), nn.ReLU(), nn.Conv2d(width, width, 1))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        whole = self.whole(features.mean((2, 3), keepdim=True))
        return torch.relu(self.local(features) + whole)


class _Join(nn.Module):
    """Brings features of half the size together with finer ones."""

    def __init__(self, coarse: int, fine: int, width: int) -> None:
        super().__init__()
        self.coarse = _convolution(coarse, width, 1, activated=False)
        self.fine = _convolution(fine, width, 1, activated=False)
        self.mix = nn.Sequential(
            _convolution(width, width, 3, groups=width, activated=False), _convolution(width, width, 1)
        )

    def forward(self, coarse: torch.Tensor, fine: torch.Tensor) -> torch.Tensor:
        raised = interpolate(self.coarse(coarse), scale_factor=2.0, mode="bilinear", align_corners=False)
        mixed: torch.Tensor = self.mix(torch.relu(raised + self.fine(fine)))
        return mixed


class GroundedGeometry(nn.Module):
    """Range and boundaries: what stands on the ground is as far away as the ground at its foot.

    Each of four searches finds a row per column (a softmax over the column), say that of the foot of a wall; the range
    of the ground there is offered to the whole column. Every cell then chooses among those, the ground that it sees
    itself, and the usual range, and corrects its choice (tilt, height above the horizon, slope).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.search = nn.Conv2d(width, _FEET, 1)
        self.evidence = nn.Sequential(
            _convolution(width + 1 + _FEET, width, 1), _convolution(width, width, 3, groups=width, activated=False),
            _convolution(width, width, 1),
        )  # fmt: skip
        self.answer = nn.Conv2d(width, 2 + _FEET + 2, 1)
        with torch.no_grad():
            self.answer.weight[0].zero_()
            self.answer.bias[:2] = torch.tensor([0.0, _FIRST_BOUNDARY])

    def forward(self, features: torch.Tensor, log_ground: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """`log_range` and `boundary` (N, 1, h, w) of features (N, C, h, w) and the range of the ground (N, 1, h, w)."""
        where = torch.softmax(self.search(features).float(), dim=2)
        feet = (where * log_ground).sum(dim=2, keepdim=True).expand_as(where)
        offers = torch.cat([log_ground, feet], dim=1)
        answer = self.answer(self.evidence(torch.cat([features, offers.to(features.dtype)], dim=1))).float()
        choice = torch.softmax(answer[:, 2:], dim=1)
        log_range = (choice[:, 1:] * offers).sum(dim=1, keepdim=True) + _USUAL_LOG_RANGE * choice[:, :1]
        return log_range + answer[:, :1], answer[:, 1:2]


def log_ground_range(ground: torch.Tensor) -> torch.Tensor:
    """Logarithm of the distance to level ground per cell (N, 1, H/4, W/4), of the ground channel (N, 1, H, W)."""
    return -torch.log(avg_pool2d(ground, STRIDE).clamp(_LEAST_GROUND, _LARGEST_GROUND))


def _convolution(
    inputs: int, outputs: int, size: int, stride: int = 1, groups: int = 1, dilation: int = 1, activated: bool = True
) -> nn.Sequential:
    padding = dilation * (size // 2)
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, size, stride, padding, dilation, groups, bias=False), nn.BatchNorm2d(outputs),
    ]  # fmt: skip
    if activated:
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


def _head(width: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        _convolution(width, width, 3, groups=width, activated=False), _convolution(width, width, 1),
        nn.Conv2d(width, outputs, 1),
    )  # fmt: skip
