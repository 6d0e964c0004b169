"""Backbones of the library timm, where it is installed."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any, Final

import torch
from torch import nn

from geoloc_ros.core.errors import BackendError, ConfigError
from geoloc_ros.training.photos.networks.backbones.features import IMAGENET_MEAN, IMAGENET_STD, Backbone

_LIBRARY: Final = "timm"


class _Stages(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The last two maps, or the last one, of normalised photos."""
        return tuple(self.model(image))


def make_timm_backbone(name: str, size: tuple[int, int], has_weights: bool) -> Backbone:
    """For photos of `size` (H, W), with the weights that the library downloads or random ones.

    Raises:
        BackendError: timm is not installed.
        ConfigError: It knows no such network, or none that makes maps of features of photos of that size.
    """
    if importlib.util.find_spec(_LIBRARY) is None:
        raise BackendError(f"backbone 'timm:{name}' needs the library timm, which is not installed: pip install timm")
    timm: Any = importlib.import_module(_LIBRARY)
    try:
        model = timm.create_model(name, pretrained=has_weights, features_only=True, out_indices=(-2, -1))
        with torch.no_grad():
            model.eval()(torch.zeros(1, 3, *size))
    except (RuntimeError, ValueError, AssertionError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ConfigError(
            f"timm's '{name}' makes no features of photos {size[1]}x{size[0]}: {first}; choose another one or size"
        ) from error
    said = getattr(model, "pretrained_cfg", {})
    mean, std = said.get("mean", IMAGENET_MEAN), said.get("std", IMAGENET_STD)
    origin = f"timm {timm.__version__}, {name}" if has_weights else ""
    return Backbone(_Stages(model.train()), tuple(mean), tuple(std), origin)
