"""`geoloc export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

from geoloc_ros.commands.options import ConfigOption, SetOption
from geoloc_ros.core.terminal import progress_bar

export_app = typer.Typer(help="Make networks ready for the road.", no_args_is_help=True)

ModelArgument = Annotated[str, typer.Argument(help="Name on huggingface.co, or a folder in its layout.")]
NetworkOption = Annotated[Path, typer.Option("--output", "-o", help="Network to write (.onnx); .yaml beside it.")]
SizeOption = Annotated[str, typer.Option(help="WIDTHxHEIGHT of the images that it will get.")]
HalfOption = Annotated[str, typer.Option(help="fp32 or fp16.")]
ClassesOption = Annotated[str, typer.Option(help="Data set it was trained on, if its classes have no names.")]


@export_app.command()
def engine(
    network: Annotated[Path, typer.Argument(help=".onnx file.")],
    size: Annotated[Optional[str], typer.Option(help="WIDTHxHEIGHT of images, where the network is open.")] = None,
    precision: Annotated[str, typer.Option(help="fp32, fp16 or int8; written into a network of its own.")] = "fp32",
    calibration: Annotated[
        Optional[list[Path]], typer.Option(help="For int8: .npy of inputs (N, ...), or a photo; may be repeated.")
    ] = None,
    compute_capability: Annotated[
        Optional[str], typer.Option(help="Of a GPU that is not here, e.g. 8.9; needs tensorrt_rtx.")
    ] = None,
    output: Annotated[
        Optional[Path], typer.Option("--output", "-o", help="Network of the precision; NAME.fp16.onnx without it.")
    ] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Build the TensorRT engine of a network now, so that no start has to wait for it."""
    from geoloc_ros.core.config import load_config
    from geoloc_ros.export import EngineOptions, export_engine, parse_capability, parse_precision, parse_size

    options = EngineOptions(
        network, output, parse_size(size) if size else None, parse_precision(precision), tuple(calibration or ()),
        parse_capability(compute_capability) if compute_capability else None,
    )
    with progress_bar() as progress:
        summary = export_engine(options, load_config(config, tuple(set_ or ())).inference, progress)
    typer.echo(summary.as_text())


@export_app.command()
def segformer(
    model: ModelArgument,
    output: NetworkOption,
    size: SizeOption = "1024x512",
    precision: HalfOption = "fp32",
    classes: ClassesOption = "",
) -> None:
    """Convert a SegFormer for use as networks.segmentation."""
    _convert("segformer", model, output, size, precision, classes)


@export_app.command()
def mask2former(
    model: ModelArgument,
    output: NetworkOption,
    size: SizeOption = "1024x512",
    precision: HalfOption = "fp32",
    classes: ClassesOption = "",
) -> None:
    """Convert a Mask2Former for use as networks.segmentation."""
    _convert("mask2former", model, output, size, precision, classes)


@export_app.command()
def depth_anything(
    model: ModelArgument,
    output: NetworkOption,
    size: SizeOption = "1008x504",
    precision: HalfOption = "fp32",
) -> None:
    """Convert a Depth Anything V2 that tells metres, for use as networks.depth."""
    _convert("depth-anything", model, output, size, precision)


@export_app.command()
def maskrcnn(
    weights: Annotated[Path, typer.Argument(help="Of torchvision's detector, as .safetensors.")],
    output: NetworkOption,
    names: Annotated[list[str], typer.Option("--name", help="Of class 1, 2, ... that it finds; may be repeated.")],
    size: SizeOption = "1024x512",
) -> None:
    """Convert a Mask R-CNN that finds buildings, for use as networks.instances."""
    from geoloc_ros.export import parse_size
    from geoloc_ros.export_models import ExportOptions, export_detector

    typer.echo(export_detector(weights, names, ExportOptions(output, *parse_size(size))).as_text())


@export_app.command()
def onnx(
    network: Annotated[Path, typer.Argument(help=".onnx file with one input, an image.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Network to write (.onnx).")],
    outputs: Annotated[Optional[list[str]], typer.Option("--keep", help="Output to keep; may be repeated.")] = None,
    detections: Annotated[
        int, typer.Option(min=0, help="Rows, where it gives as many as it finds things in one image.")
    ] = 0,
) -> None:
    """Make an ONNX file of others fit: any number of images, float32 in and out."""
    from geoloc_ros.export_models import export_onnx

    typer.echo(export_onnx(network, output, tuple(outputs or ()), detections))


@export_app.command()
def photo(
    network: Annotated[str, typer.Argument(help="BACKBONE+HEAD, or a file (.onnx) of ours; docs/photo_networks.md.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Network to write (.onnx).")],
    size: Annotated[Optional[str], typer.Option(help="WIDTHxHEIGHT of photos; 320x240, or as in the file.")] = None,
    checkpoint: Annotated[
        Optional[Path], typer.Option(help="Of a training of that network: checkpoint.pt beside its output.")
    ] = None,
    photos: Annotated[str, typer.Option(help="Collection to make NetVLAD's words and --pca of.")] = "",
    pca: Annotated[int, typer.Option(min=0, help="Dimensions that whitening leaves; 0 is none.")] = 0,
) -> None:
    """Write a network for photos with weights of a hub, of a file or of a checkpoint, for use as photo.model."""
    from geoloc_ros.export import parse_size
    from geoloc_ros.export_photo import PhotoExportOptions, export_photo_network

    options = PhotoExportOptions(network, output, parse_size(size) if size else None, checkpoint, photos, pca)
    with progress_bar() as progress:
        summary = export_photo_network(options, progress)
    typer.echo(summary.as_text())


def _convert(
    kind: Literal["segformer", "mask2former", "depth-anything"], model: str, output: Path, size: str, precision: str,
    classes: str = "",
) -> None:
    from geoloc_ros.export import parse_size
    from geoloc_ros.export_models import ExportOptions, export_pretrained, parse_precision

    options = ExportOptions(output, *parse_size(size), parse_precision(precision), classes)
    typer.echo(export_pretrained(kind, model, options).as_text())
