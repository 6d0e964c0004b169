"""`geoloc train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from geoloc_ros.core.terminal import progress_bar

train_app = typer.Typer(help="Train networks.", no_args_is_help=True)


@train_app.command()
def scan(
    output: Annotated[Path, typer.Option("--output", "-o", help="Network to write (.onnx).")],
    maps: Annotated[list[str], typer.Option("--map", help="FILE or FILE@W,S,E,N to learn from; may be repeated.")],
    validate: Annotated[
        Optional[str], typer.Option(help="FILE or FILE@W,S,E,N to choose weights by; the first --map without it.")
    ] = None,
    mode: Annotated[str, typer.Option(help="ours, or paper for the published network.")] = "ours",
    base: Annotated[Optional[Path], typer.Option("--from", help="Network to begin with (.onnx).")] = None,
    minutes: Annotated[float, typer.Option(min=0.01, help="Budget of wall clock.")] = 15.0,
    steps: Annotated[Optional[int], typer.Option(min=1, help="Budget in steps, the same on every machine.")] = None,
    seed: Annotated[int, typer.Option(help="First weights and everything drawn.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Of the processor.")] = 1,
) -> None:
    """Train a network that recognises places from maps alone. Killed, the same command goes on."""
    from geoloc_ros.train import TrainOptions, parse_mode, train_scan

    with progress_bar() as progress:
        summary = train_scan(
            TrainOptions(tuple(maps), output, validate, parse_mode(mode), base, minutes, steps, seed, threads), progress
        )
    typer.echo(summary.as_text())


@train_app.command()
def rays(
    output: Annotated[Path, typer.Option("--output", "-o", help="Table to write (.npz).")],
    maps: Annotated[list[str], typer.Option("--map", help="FILE or FILE@W,S,E,N to count in; may be repeated.")],
    seed: Annotated[int, typer.Option(help="Everything drawn.")] = 0,
) -> None:
    """Count how rays are mistaken: the table that re-ranking weighs them with."""
    from geoloc_ros.train import train_rays

    with progress_bar() as progress:
        summary = train_rays(tuple(maps), output, seed, progress)
    typer.echo(summary.as_text())


@train_app.command()
def samples(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write views (.npz) to.")],
    maps: Annotated[list[str], typer.Option("--map", help="FILE or FILE@W,S,E,N to render; may be repeated.")],
    number: Annotated[int, typer.Option(min=1, help="Of views.")] = 2600,
    seed: Annotated[int, typer.Option(help="Worlds, spots, cameras.")] = 0,
) -> None:
    """Render views of simulated streets with their truth, for `geoloc train street`."""
    from geoloc_ros.train import render_training_samples

    with progress_bar() as progress:
        summary = render_training_samples(tuple(maps), output, number, seed, progress)
    typer.echo(summary.as_text())


@train_app.command()
def street(
    output: Annotated[Path, typer.Option("--output", "-o", help="Network to write (.onnx).")],
    photos: Annotated[Path, typer.Option(help="Folder with train/ and val/, each images/ and labels/ as CamVid.")],
    samples: Annotated[Optional[Path], typer.Option(help="Folder with train/ and val/ of rendered views.")] = None,
    drive: Annotated[Optional[Path], typer.Option(help="Drive of KITTI with lidar.")] = None,
    base: Annotated[Optional[Path], typer.Option("--from", help="Network to begin with (.onnx).")] = None,
    minutes: Annotated[float, typer.Option(min=0.01, help="Budget of wall clock.")] = 90.0,
    steps: Annotated[Optional[int], typer.Option(min=1, help="Budget in steps, the same on every machine.")] = None,
    seed: Annotated[int, typer.Option(help="First weights and everything drawn.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Of the processor.")] = 1,
) -> None:
    """Train the network that reads images: classes, ranges, boundaries. Killed, the same command goes on."""
    from geoloc_ros.train import StreetOptions, train_street

    options = StreetOptions(photos, output, samples, drive, base, minutes, steps, seed, threads)
    with progress_bar() as progress:
        summary = train_street(options, progress)
    typer.echo(summary.as_text())


@train_app.command()
def photo(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="Collections of photos to learn from.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Network to write (.onnx).")],
    validate: Annotated[
        Optional[str], typer.Option(help="Collection to choose weights by; the first SOURCE without it.")
    ] = None,
    method: Annotated[
        str, typer.Option(help="multisimilarity, triplet, cosplace, s4, s4-plain or s4-unlabelled.")
    ] = "multisimilarity",
    mining: Annotated[str, typer.Option(help="Of triplets: partial, subcache, full, random.")] = "partial",
    target: Annotated[Optional[Path], typer.Option(help="Folder of any photos that s4 adapts to.")] = None,
    network: Annotated[
        Optional[str], typer.Option(help="BACKBONE+HEAD[,WIDTHxHEIGHT], resnet18-conv4+gem,320x240 without it.")
    ] = None,
    base: Annotated[Optional[Path], typer.Option("--from", help="Network to begin with (.onnx).")] = None,
    minutes: Annotated[float, typer.Option(min=0.01, help="Budget of wall clock.")] = 60.0,
    steps: Annotated[Optional[int], typer.Option(min=1, help="Budget in steps, the same on every machine.")] = None,
    seed: Annotated[int, typer.Option(help="First weights and everything drawn.")] = 0,
) -> None:
    """Train a network that recognises places by photos. Killed, the same command goes on; torchrun may start it."""
    from geoloc_ros.train_photo import PhotoOptions, train_photo

    options = PhotoOptions(
        tuple(sources), output, validate, method, mining, target, network, base, minutes, steps, seed
    )
    with progress_bar() as progress:
        summary = train_photo(options, progress)
    if summary is not None:
        typer.echo(summary.as_text())


@train_app.command()
def landmarks(
    scene: Annotated[Path, typer.Argument(help="Folder of posed images (docs/scenes.md).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write.")],
    patch: Annotated[
        Optional[float], typer.Option(help="Size of patches, metres; by the distance of the scene without it.")
    ] = None,
    method: Annotated[
        str, typer.Option(help="prototypes; or, to compare with, cross-entropy, coordinates, random-negatives.")
    ] = "prototypes",
    network: Annotated[
        str, typer.Option(help="ENCODER,WIDTHxHEIGHT; small, or resnet18, resnet50, resnet101 for GPUs.")
    ] = "small,256x192",
    base: Annotated[
        Optional[Path], typer.Option("--from", help="Network of other scenes to begin with (.onnx).")
    ] = None,
    minutes: Annotated[float, typer.Option(min=0.01, help="Budget of wall clock.")] = 60.0,
    steps: Annotated[Optional[int], typer.Option(min=1, help="Budget in steps, the same on every machine.")] = None,
    seed: Annotated[int, typer.Option(help="First weights and everything drawn.")] = 0,
) -> None:
    """Learn a scene's landmarks, to find cameras in it. Killed, the same command goes on."""
    from geoloc_ros.train_landmarks import LandmarkOptions, train_landmarks

    options = LandmarkOptions(scene, output, patch, method, network, base, minutes, steps, seed)
    with progress_bar() as progress:
        summary = train_landmarks(options, progress)
    typer.echo(summary.as_text())


@train_app.command()
def scene(
    bag: Annotated[Path, typer.Argument(help="Drive with images; with depth, or a mesh has to be put beside.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write.")],
    trajectory: Annotated[
        Optional[Path], typer.Option(help="Poses of base_link on the map (.tum); /ground_truth of the bag without it.")
    ] = None,
    index_folder: Annotated[Optional[Path], typer.Option("--index", help="Index folder of that map.")] = None,
) -> None:
    """Make a scene for `geoloc train landmarks` of a drive whose poses are known."""
    from geoloc_ros.scene_of_drive import make_scene

    with progress_bar() as progress:
        summary = make_scene(bag, output, trajectory, index_folder, progress)
    typer.echo(summary.as_text())
