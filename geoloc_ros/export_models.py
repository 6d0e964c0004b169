"""The verbs `export segformer`, `mask2former`, `depth-anything`, `maskrcnn` and `onnx`: networks of others."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from geoloc_ros.core.errors import BackendError, ConfigError

if TYPE_CHECKING:
    from geoloc_ros.pretrained.hub import Normalization, Pretrained

Family = Literal["segformer", "mask2former", "depth-anything"]
Precision = Literal["fp32", "fp16"]

# As many as torchvision's detectors give at most.
_MOST_DETECTIONS = 100


@dataclass(frozen=True)
class ExportOptions:
    """What an export of a pretrained network is told."""

    output: Path
    """ONNX file to write; the description beside it ends in .yaml."""
    width: int
    height: int
    """Of the images that the network will get."""
    precision: Precision = "fp32"
    classes: str = ""
    """Data set whose class ids count instead of the names that the network has for them."""


@dataclass(frozen=True)
class ExportSummary:
    """What an export made."""

    network: Path
    description: Path
    error: float
    """Largest relative difference from torch on random images."""
    num_classes: int
    unmatched: tuple[str, ...]
    """Classes of theirs that mean nothing to us."""

    def as_text(self) -> str:
        """For a terminal."""
        lines = [f"{self.network}: within {self.error:.1e} of torch"]
        if self.num_classes:
            others = f" ({', '.join(self.unmatched)})" if self.unmatched else ""
            lines.append(f"{self.num_classes} classes, {len(self.unmatched)} of them \"other\"{others}")
        return "\n".join([*lines, f"{self.description}: name it in networks.segmentation, .depth or .instances"])


def parse_precision(text: str) -> Precision:
    """One of the precisions that an export can have.

    Raises:
        ConfigError: If there is no such one.
    """
    if text not in get_args(Precision):
        raise ConfigError(f"precision '{text}' is not known; use fp32 or fp16 (int8: `geoloc export engine`)")
    return cast(Precision, text)


def export_pretrained(family: Family, source: str, options: ExportOptions) -> ExportSummary:
    """Convert a network of the Hugging Face hub, or of a folder in its layout, to ONNX with a description.

    Raises:
        BackendError: If torch, onnx or transformers is not installed.
        ArtifactError: If the network cannot be had, or its ONNX file would compute something else.
        ConfigError: If it is of another family, knows no building, or cannot have that size.
    """
    _require("torch", "onnx", "transformers")
    from geoloc_ros.pretrained.describing import match_classes
    from geoloc_ros.pretrained.hub import load_pretrained

    description = _description_path(options.output)
    network = load_pretrained(family, source)
    if options.width % network.multiple_of or options.height % network.multiple_of:
        raise ConfigError(
            f"size {options.width}x{options.height} does not fit: both must be multiples of {network.multiple_of}"
        )
    if family == "depth-anything":
        said: Mapping[str, Any] = {"kind": "depth_m", "name": network.outputs[0]}
        unmatched: tuple[str, ...] = ()
    else:
        matched = match_classes(network.class_names, options.classes)
        said, unmatched = {**_output_keys(family, network.outputs), "classes": dict(matched.table)}, matched.unmatched
    error = _write_network(network, options)
    _describe(description, options, network.normalization, said, f"{family}: {network.origin}")
    return ExportSummary(options.output, description, error, len(network.class_names), unmatched)


def export_detector(weights: Path, names: Sequence[str], options: ExportOptions) -> ExportSummary:
    """Convert a Mask R-CNN of torchvision to ONNX with a description.

    Args:
        weights: Of the detector (.safetensors).
        names: Of the classes that it finds, in the order of their ids from 1.
        options: What to write.

    Raises:
        BackendError: If torch, onnx or torchvision is not installed.
        ArtifactError: If the weights are of something else, or the ONNX file would compute something else.
        ConfigError: If no class is a building.
    """
    _require("torch", "onnx", "torchvision", "safetensors")
    from geoloc_ros.core.artifacts import write_beside
    from geoloc_ros.inference.agreement import LARGEST_ERROR
    from geoloc_ros.pretrained.describing import match_classes
    from geoloc_ros.pretrained.detector import DETECTOR_OUTPUTS, load_detector
    from geoloc_ros.pretrained.fitting import fit_network
    from geoloc_ros.pretrained.tracing import check_detector, trace

    description = _description_path(options.output)
    if options.precision != "fp32":
        raise ConfigError("a detector has loops, which are not made smaller; leave precision at fp32")
    matched = match_classes(("background", *names), options.classes)
    size = options.height, options.width
    module, normalization = load_detector(weights, len(names) + 1, size)
    with tempfile.TemporaryDirectory(prefix="geoloc_") as folder:
        traced = Path(folder) / "one_image.onnx"
        trace(module, size, DETECTOR_OUTPUTS, traced, has_rows=True)
        with write_beside(options.output) as partial:
            fit_network(traced, partial, DETECTOR_OUTPUTS, _MOST_DETECTIONS)
            error = check_detector(module, size, DETECTOR_OUTPUTS, partial, LARGEST_ERROR["fp32"])
    said = {"kind": "maskrcnn", **{name: name for name in DETECTOR_OUTPUTS}, "classes": dict(matched.table)}
    _describe(description, options, normalization, said, f"maskrcnn: {weights.name}")
    return ExportSummary(options.output, description, error, len(names) + 1, matched.unmatched)


def export_onnx(source: Path, output: Path, outputs: Sequence[str], detections: int) -> str:
    """Make an ONNX file fit that somebody else exported; one line on what was changed.

    Raises:
        BackendError: If onnx is not installed.
        ArtifactError: If the file cannot be read, has other outputs, or takes something else than images.
    """
    _require("onnx")
    from geoloc_ros.pretrained.fitting import fit_network

    if output.resolve() == source.resolve():
        raise ConfigError(f"'{output}' is the file to read; give another one to write")
    changes = fit_network(source, output, outputs, detections)
    return f"{output}: {'; '.join(changes) or 'fits as it is'}; describe it as the files in config/networks do"


def _write_network(network: Pretrained, options: ExportOptions) -> float:
    from geoloc_ros.core.artifacts import write_beside
    from geoloc_ros.inference.agreement import LARGEST_ERROR
    from geoloc_ros.pretrained.tracing import check_against_torch, halve, trace

    size = options.height, options.width
    with write_beside(options.output) as partial:
        trace(network.module, size, network.outputs, partial)
        if options.precision == "fp16":
            halve(partial)
        tolerance = max(LARGEST_ERROR[options.precision], network.tolerance)
        return check_against_torch(network.module, size, network.outputs, partial, tolerance)


def _describe(
    description: Path, options: ExportOptions, normalization: Normalization, said: Mapping[str, Any], origin: str
) -> None:
    from geoloc_ros.pretrained.describing import write_description

    image_input = {
        "name": "image", "width": options.width, "height": options.height,
        # Cameras of another shape: what is stretched looks like nothing that it was trained on.
        "fit": "pad", "scale": normalization.scale,
        "mean": list(normalization.mean), "std": list(normalization.std),
    }  # fmt: skip
    comments = [f"{origin}, {options.precision}, written by `geoloc export`; keys: docs/networks.md",
                "The licence of the weights is that of their authors."]  # fmt: skip
    write_description(description, options.output, image_input, said, comments)


def _output_keys(family: Family, outputs: tuple[str, ...]) -> dict[str, str]:
    if family == "segformer":
        return {"kind": "logits", "name": outputs[0]}
    return {"kind": "mask2former", "class_queries": outputs[0], "mask_queries": outputs[1]}


def _description_path(output: Path) -> Path:
    if output.suffix != ".onnx":
        raise ConfigError(f"output '{output}' does not end in .onnx")
    return output.with_suffix(".yaml")


def _require(*packages: str) -> None:
    for package in packages:
        if importlib.util.find_spec(package) is None:
            way_out = "pip install torchvision" if package == "torchvision" else 'pip install "geoloc_ros[export]"'
            raise BackendError(f"`geoloc export` of this network needs {package}, which is not installed: {way_out}")
