"""How large a network of landmarks is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from geoloc_ros.core.errors import ConfigError

EncoderName = Literal["small", "resnet18", "resnet50", "resnet101"]
STRIDE: Final = 4
"""Pixels of the image per cell of the outputs."""
SIZE_MULTIPLE: Final = 16
"""The encoder's coarsest features are at stride 16."""


@dataclass(frozen=True)
class EncoderSpec:
    """A residual network (He et al. 2016) whose last stages are dilated instead of strided (Chen et al. 2017)."""

    stem: int
    """Channels of the first convolutions."""
    depths: tuple[int, ...]
    """Blocks per stage: at stride 4, 8, 16, and, if there is a fourth, 16 with dilation 2."""
    channels: tuple[int, ...]
    """Of what each stage puts out."""
    is_bottleneck: bool
    rates: tuple[int, ...]
    """Dilations of the spatial pyramid's convolutions."""
    pyramid: int
    """Channels of each branch of the pyramid."""
    decoder: int
    """Channels of the decoders."""


_SPECS: Final[dict[EncoderName, EncoderSpec]] = {
    "small": EncoderSpec(16, (1, 2, 2), (32, 64, 160), False, (2, 4), 64, 128),
    "resnet18": EncoderSpec(64, (2, 2, 2, 2), (64, 128, 256, 512), False, (6, 12, 18), 256, 256),
    "resnet50": EncoderSpec(64, (3, 4, 6, 3), (256, 512, 1024, 2048), True, (6, 12, 18), 256, 256),
    "resnet101": EncoderSpec(64, (3, 4, 23, 3), (256, 512, 1024, 2048), True, (6, 12, 18), 256, 256),
}


@dataclass(frozen=True)
class LandmarkNetworkSpec:
    """What a network of landmarks is made of; what it learns is another matter."""

    encoder: EncoderName = "small"
    """`small` learns a scene in minutes on one core; the others are the published ones, for GPUs."""
    dimension: int = 32
    """D of an embedding."""
    width_px: int = 256
    """Of the images that it takes."""
    height_px: int = 192

    def __post_init__(self) -> None:
        """Refuse sizes that the strides do not divide."""
        if self.width_px % SIZE_MULTIPLE or self.height_px % SIZE_MULTIPLE or min(self.width_px, self.height_px) < 32:
            raise ConfigError(
                f"an image of {self.width_px}x{self.height_px} is not a multiple of {SIZE_MULTIPLE} pixels each way; "
                "an example: 256x192"
            )

    @property
    def sizes(self) -> EncoderSpec:
        """Of the encoder."""
        return _SPECS[self.encoder]

    @property
    def cells(self) -> tuple[int, int]:
        """Rows and columns of the outputs."""
        return self.height_px // STRIDE, self.width_px // STRIDE


def parse_landmark_network(text: str) -> LandmarkNetworkSpec:
    """ENCODER[,WIDTHxHEIGHT], such as "small,256x192".

    Raises:
        ConfigError: If it is not of that form.
    """
    name, _, size = text.partition(",")
    if name not in get_args(EncoderName):
        raise ConfigError(f"encoder '{name}' is not one of {', '.join(get_args(EncoderName))}")
    encoder = cast(EncoderName, name)
    if not size:
        return LandmarkNetworkSpec(encoder)
    width, _, height = size.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise ConfigError(f"size '{size}' of '{text}' is not WIDTHxHEIGHT in pixels; an example: small,256x192")
    return LandmarkNetworkSpec(encoder, width_px=int(width), height_px=int(height))
