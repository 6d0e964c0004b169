"""Backbones of the Hugging Face hub, or of a folder in its layout: photos in, maps of features out."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any, Final, Literal

import torch
import transformers
from torch import nn
from transformers.models.auto.modeling_auto import MODEL_FOR_BACKBONE_MAPPING, MODEL_FOR_BACKBONE_MAPPING_NAMES

from geoloc_ros.core.errors import ArtifactError, ConfigError
from geoloc_ros.pretrained.hub import Normalization, clear_errors, read_normalization

_STRIDES: Final = (4, 8, 14, 16, 32, 64)
_MOST_TOKENS_BESIDE: Final = 16
"""Of a class, of a distillation, registers: they stand for the whole photo."""


@dataclass(frozen=True)
class HubBackbone:
    """A backbone, and what its photos must look like."""

    module: nn.Module
    """From normalised photos (N, 3, H, W) to a tuple of one or two maps (N, C, h, w)."""
    normalization: Normalization
    origin: str
    """Name and revision; empty where weights are random."""


class _Stages(nn.Module):
    """The last two stages of what the library calls a backbone."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Of normalised photos."""
        return tuple(self.model(image).feature_maps)


class _Tokens(nn.Module):
    """The last tokens of any other network, as the map that they come from."""

    def __init__(self, model: nn.Module, size: tuple[int, int], patch: int | None) -> None:
        super().__init__()
        self.model = model
        # Photos of another size than it was trained on.
        self._interpolates = "interpolate_pos_encoding" in inspect.signature(model.forward).parameters
        self.grid: tuple[int, int] | None = None
        with torch.no_grad():
            found = self._last(torch.zeros(1, 3, *size))
        if found.ndim == 3:
            self.grid = _grid(int(found.shape[1]), size, patch)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Of normalised photos."""
        last = self._last(image)
        if self.grid is None:
            return (last,)
        cells = last[:, last.shape[1] - self.grid[0] * self.grid[1] :].transpose(1, 2)
        return (cells.reshape(cells.shape[0], cells.shape[1], *self.grid),)

    def _last(self, image: torch.Tensor) -> torch.Tensor:
        said = {"interpolate_pos_encoding": True} if self._interpolates else {}
        last: torch.Tensor = self.model(pixel_values=image, **said).last_hidden_state
        return last


def load_backbone(
    source: str, size: tuple[int, int], cut: Literal["", "conv4", "conv5"] = "", *, has_weights: bool = True
) -> HubBackbone:
    """Any network of the hub that makes features of photos.

    Args:
        source: Name ("microsoft/resnet-50", "facebook/dinov2-small") or folder.
        size: H and W of the photos.
        cut: "conv4" leaves the last of the four stages away, of those that have stages.
        has_weights: Else they are random, of torch's generator.

    Raises:
        ArtifactError: If it cannot be had, has no .safetensors, or lacks weights.
        ConfigError: If it has no such cut, or makes no map of features.
    """
    with clear_errors(source):
        config = transformers.AutoConfig.from_pretrained(source, trust_remote_code=False)
    is_staged = config.model_type in MODEL_FOR_BACKBONE_MAPPING_NAMES
    said = _cut(source, config, cut) if is_staged or cut else {}
    model = _model(source, config, is_staged, said, has_weights)
    module = _Stages(model) if is_staged else _Tokens(model, size, _patch(config))
    _check(source, module, size)
    revision = getattr(config, "_commit_hash", None)
    origin = f"{source} at {revision}" if revision else source
    return HubBackbone(module.train(), read_normalization(source), origin if has_weights else "")


def _cut(source: str, config: Any, cut: str) -> dict[str, Any]:
    """What must be changed in the configuration, to have the last two stages."""
    depths = list(getattr(config, "depths", ()))
    if not cut:
        return {"out_indices": [-2, -1]}
    if len(depths) != 4 or not hasattr(config, "hidden_sizes"):
        raise ConfigError(f"'{source}' is a {config.model_type}, which has no {cut}; leave the cut away")
    kept = 3 if cut == "conv4" else 4
    # Of a network that ends earlier, nothing is computed in vain.
    return {
        "depths": depths[:kept], "hidden_sizes": list(config.hidden_sizes)[:kept],
        "out_features": [f"stage{kept - 1}", f"stage{kept}"],
    }  # fmt: skip


def _model(source: str, config: Any, is_staged: bool, said: dict[str, Any], has_weights: bool) -> nn.Module:
    # AutoBackbone itself takes no folders.
    family = MODEL_FOR_BACKBONE_MAPPING[type(config)] if is_staged else transformers.AutoModel
    with clear_errors(source):
        if is_staged:
            config = transformers.AutoConfig.from_pretrained(source, trust_remote_code=False, **said)
        # A tower of a pair of networks for images and texts.
        config = getattr(config, "vision_config", config)
        if not has_weights:
            model = family(config) if is_staged else family.from_config(config)
            missing: list[str] = []
        else:
            model, loading = family.from_pretrained(
                source, config=config, use_safetensors=True, output_loading_info=True, dtype=torch.float32
            )
            missing = sorted(loading["missing_keys"])
    if getattr(model, "pooler", None) is not None:
        model.pooler = None
    # Only the training of others needs it; what no descriptor depends on cannot be read back from a network's file.
    for module in model.modules():
        if getattr(module, "mask_token", None) is not None:
            module.mask_token = None
    # Layers that the library puts behind stages; they begin with ones and zeros, and change little.
    needed = {name for name in model.state_dict() if not name.startswith("hidden_states_norms.")}
    if lacking := [name for name in missing if name in needed]:
        raise ArtifactError(f"'{source}' lacks {len(lacking)} weights ('{lacking[0]}', ...); choose a trained model")
    assert isinstance(model, nn.Module)
    return model


def _patch(config: Any) -> int | None:
    patch = getattr(getattr(config, "vision_config", config), "patch_size", None)
    return patch if isinstance(patch, int) else None


def _grid(count: int, size: tuple[int, int], patch: int | None) -> tuple[int, int]:
    """Rows and columns of as many tokens, a few of which may be beside."""
    strides = _STRIDES if patch is None else (patch, *_STRIDES)
    for stride in strides:
        grid = size[0] // stride, size[1] // stride
        if 0 < grid[0] * grid[1] <= count <= grid[0] * grid[1] + _MOST_TOKENS_BESIDE:
            return grid
    raise ConfigError(f"{count} tokens of photos {size[1]}x{size[0]} are no grid; take another size or backbone")


def _check(source: str, module: nn.Module, size: tuple[int, int]) -> None:
    with torch.no_grad():
        maps = module.eval()(torch.zeros(1, 3, *size))
    if any(features.ndim != 4 for features in maps):
        raise ConfigError(f"'{source}' makes no maps of features but {[tuple(each.shape) for each in maps]}")
