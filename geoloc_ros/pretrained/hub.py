"""Networks of the Hugging Face hub, or of a folder in its layout, ready to be traced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
import transformers
from transformers.image_processing_base import ImageProcessingMixin

from geoloc_ros.core.errors import ArtifactError, ConfigError

Family = Literal["segformer", "mask2former", "depth-anything"]

_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class _Kind:
    """What the hub calls a family."""

    model_type: str
    class_name: str
    outputs: tuple[str, ...]
    multiple_of: int
    tolerance: float = 0.0


_KINDS: Mapping[Family, _Kind] = {
    "segformer": _Kind("segformer", "SegformerForSemanticSegmentation", ("logits",), 32),
    "mask2former": _Kind(
        "mask2former", "Mask2FormerForUniversalSegmentation", ("class_queries_logits", "masks_queries_logits"), 32,
        # Each layer looks where the mask of the one before is positive; rounding turns some of those pixels over.
        tolerance=0.03,
    ),
    "depth-anything": _Kind("depth_anything", "DepthAnythingForDepthEstimation", ("predicted_depth",), 14),
}


@dataclass(frozen=True)
class Normalization:
    """The network gets (pixel * scale - mean) / std of pixels 0 to 255, red first."""

    scale: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@dataclass(frozen=True)
class Pretrained:
    """A network with its weights."""

    module: torch.nn.Module
    """From normalised images (N, 3, H, W) to a tuple of tensors."""
    outputs: tuple[str, ...]
    """Names of those."""
    class_names: tuple[str, ...]
    """In the order of their ids; empty where there are no classes."""
    normalization: Normalization
    multiple_of: int
    """Of which both sizes of an image must be multiples."""
    tolerance: float
    """Relative error that rounding may cause, where that is more than usual."""
    origin: str
    """For people: name and revision."""


class _Outputs(torch.nn.Module):
    """The outputs that are wanted, as a tuple, which is what can be traced."""

    def __init__(self, model: torch.nn.Module, names: tuple[str, ...]) -> None:
        super().__init__()
        self.model, self.names = model, names

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Of normalised images (N, 3, H, W)."""
        found = self.model(pixel_values=image)
        return tuple(getattr(found, name) for name in self.names)


def load_pretrained(family: Family, source: str) -> Pretrained:
    """A network of the hub, which is downloaded, or of a local folder.

    Nothing that a stranger wrote is run: weights are read from .safetensors alone, code of the repository never.

    Args:
        family: What it must be.
        source: Name ("nvidia/segformer-b0-finetuned-cityscapes-1024-1024") or folder.

    Raises:
        ArtifactError: If it cannot be had, has no .safetensors, or lacks weights.
        ConfigError: If it is of another family, or tells depth that is no metres.
    """
    kind = _KINDS[family]
    with clear_errors(source):
        config = transformers.AutoConfig.from_pretrained(source, trust_remote_code=False)
    _check(family, source, config)
    with clear_errors(source):
        model, loading = getattr(transformers, kind.class_name).from_pretrained(
            source, config=config, use_safetensors=True, output_loading_info=True, dtype=torch.float32
        )
    if missing := sorted(loading["missing_keys"]):
        raise ArtifactError(f"'{source}' lacks {len(missing)} weights ('{missing[0]}', ...); choose a trained model")
    names = tuple(str(config.id2label[number]) for number in range(config.num_labels))
    revision = getattr(config, "_commit_hash", None)
    return Pretrained(
        _Outputs(model, kind.outputs).eval(), kind.outputs, () if family == "depth-anything" else names,
        read_normalization(source), kind.multiple_of, kind.tolerance,
        f"{source} at {revision}" if revision else source,
    )


def _check(family: Family, source: str, config: Any) -> None:
    kind = _KINDS[family]
    if config.model_type != kind.model_type:
        known = {other.model_type: name for name, other in _KINDS.items()}
        way_out = (
            f"use: geoloc export {known[config.model_type]}" if config.model_type in known
            else f"known are {', '.join(known.values())}; others by hand, see docs/networks.md"
        )
        raise ConfigError(f"'{source}' is a {config.model_type}, not a {kind.model_type}; {way_out}")
    if family == "depth-anything" and config.depth_estimation_type != "metric":
        raise ConfigError(
            f"'{source}' tells {config.depth_estimation_type} depth, which is no metres; "
            "take a metric one, e.g. depth-anything/Depth-Anything-V2-Metric-Outdoor-Small-hf"
        )


def read_normalization(source: str) -> Normalization:
    """What the network's photos are normalised with, by its preprocessor_config.json."""
    with clear_errors(source):
        said, _ = ImageProcessingMixin.get_image_processor_dict(source)
    scale = float(said.get("rescale_factor", 1.0 / 255.0)) if said.get("do_rescale", True) else 1.0
    if not said.get("do_normalize", True):
        return Normalization(scale, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    mean, std = said.get("image_mean", _IMAGENET_MEAN), said.get("image_std", _IMAGENET_STD)
    return Normalization(scale, _triple(mean), _triple(std))


def _triple(values: Any) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in values)
    return red, green, blue


@contextmanager
def clear_errors(source: str) -> Iterator[None]:
    """What goes wrong inside, with a model that cannot be had, is an ArtifactError that says what to do."""
    try:
        yield
    except (OSError, ValueError) as error:
        # What cannot be found, read or reached is an OSError there; the first line says which.
        first = str(error).strip().splitlines()[0]
        raise ArtifactError(
            f"cannot load '{source}': {first} -- give a folder with config.json, preprocessor_config.json and "
            "model.safetensors, or the name of a model on huggingface.co, which needs a network and .safetensors"
        ) from error
