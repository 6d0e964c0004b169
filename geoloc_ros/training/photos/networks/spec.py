"""The one description of a network for photos, which commands take, cards say and files carry."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields, replace
from typing import Final, Literal, cast, get_args

from geoloc_ros.core.errors import ConfigError

Head = Literal["gem", "netvlad", "crn", "cosplace", "convap", "mixvpr", "msgem", "attgem", "msatt"]
Cut = Literal["", "conv4", "conv5"]

TWO_SCALES: Final = ("msgem", "attgem", "msatt")
"""Heads that look at the last two stages of a backbone (S4)."""
PROJECTING: Final = ("cosplace", "convap", "mixvpr")
"""Heads whose descriptor has the size that is asked for."""

_TEXT = re.compile(r"(?P<backbone>.+?)(-(?P<cut>conv[45]))?(@(?P<width>[0-9.]+))?\+(?P<head>[a-z]+)")
_EXAMPLE = "resnet18-conv4+gem, resnet18-conv5@0.5+msatt or hub:facebook/dinov2-small+gem"


@dataclass(frozen=True)
class NetworkSpec:
    """What a network for photos is made of; its weights are another matter."""

    backbone: str = "resnet18"
    """resnet18, resnet50, resnet101, vgg16, vit, cct, `hub:NAME` (or a folder) or `timm:NAME`."""
    cut: Cut = ""
    """After which convolutions a CNN ends; empty: all of the backbone."""
    width_ratio: float = 1.0
    """Channels over those that were published; not for networks of others."""
    head: Head = "gem"
    dimension: int = 0
    """Of the descriptor, where the head projects; 0 is what the head takes by itself."""
    clusters: int = 64
    """Of NetVLAD and CRN."""
    height_px: int = 224
    width_px: int = 224
    """Of the photos that it gets."""
    pca: int = 0
    """Dimensions that whitening leaves; 0 is none."""

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.dimension and self.head not in PROJECTING:
            raise ConfigError(
                f"head '{self.head}' has as many dimensions as its features, not {self.dimension}; "
                f"use pca, or one of {', '.join(PROJECTING)}"
            )
        if self.head in TWO_SCALES and self.cut == "conv4":
            raise ConfigError(f"head '{self.head}' looks at conv4 and conv5, of which '{self.method}' has only one")
        if not 0.0 < self.width_ratio <= 4.0:
            raise ConfigError(f"a width of {self.width_ratio} is not above 0 and at most 4")
        if min(self.height_px, self.width_px) < 32:
            raise ConfigError(f"photos of {self.width_px}x{self.height_px} are smaller than 32 pixels")
        if min(self.dimension, self.pca) < 0 or self.clusters < 2:
            raise ConfigError("dimensions cannot be negative, and there are two clusters at least")

    @property
    def method(self) -> str:
        """For people and metadata, such as "resnet18-conv4@0.5+gem"; `parse_network` reads it."""
        cut = f"-{self.cut}" if self.cut else ""
        width = "" if self.width_ratio == 1.0 else f"@{self.width_ratio:g}"
        return f"{self.backbone}{cut}{width}+{self.head}"

    def as_json(self) -> str:
        """All of it, for a file."""
        return json.dumps(asdict(self), sort_keys=True)


def parse_network(text: str, height_px: int, width_px: int, dimension: int = 0) -> NetworkSpec:
    """BACKBONE[-conv4|-conv5][@WIDTH]+HEAD, such as "resnet18-conv4@0.5+gem".

    Raises:
        ConfigError: If it is not of that form, or the parts do not fit.
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        raise ConfigError(f"network '{text}' is not BACKBONE+HEAD; examples: {_EXAMPLE}")
    if found["head"] not in get_args(Head):
        raise ConfigError(f"head '{found['head']}' is not one of {', '.join(get_args(Head))}")
    try:
        width_ratio = float(found["width"] or 1.0)
    except ValueError as error:
        raise ConfigError(f"width '{found['width']}' of '{text}' is no number") from error
    return NetworkSpec(
        found["backbone"], cast(Cut, found["cut"] or ""), width_ratio, cast(Head, found["head"]), dimension,
        height_px=height_px, width_px=width_px,
    )


def read_spec(text: str) -> NetworkSpec:
    """What `NetworkSpec.as_json` wrote.

    Raises:
        ConfigError: If it is something else.
    """
    try:
        said = json.loads(text)
        return replace(NetworkSpec(), **{field.name: said[field.name] for field in fields(NetworkSpec)})
    except (json.JSONDecodeError, TypeError, KeyError) as error:
        raise ConfigError(f"'{text[:80]}' does not describe a network for photos ({error})") from error
