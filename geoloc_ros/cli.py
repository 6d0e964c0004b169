"""`geoloc`: one sub-command per verb. Heavy imports stay inside the commands, so that `--help` is quick."""

from __future__ import annotations

import logging
import signal
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FrameType
from typing import Annotated, Optional

import typer

from geoloc_ros.core.errors import GeolocError

app = typer.Typer(help="Know where a vehicle is, from an OpenStreetMap file and its cameras.", no_args_is_help=True)
map_app = typer.Typer(help="Get maps.", no_args_is_help=True)
app.add_typer(map_app, name="map")

ConfigOption = Annotated[Optional[Path], typer.Option("--config", "-c", help="YAML file of parameters.")]
SetOption = Annotated[Optional[list[str]], typer.Option("--set", "-s", help="section.key=value, over the file.")]
CropOption = Annotated[Optional[str], typer.Option("--crop", help="W,S,E,N in degrees: clip the map to this box.")]


def main() -> None:
    """Entry point: a user's mistake is one red line and exit status 1; SIGTERM cleans up as SIGINT does."""
    signal.signal(signal.SIGTERM, _interrupt)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    try:
        app(standalone_mode=True)
    except GeolocError as error:
        typer.secho(f"error: {error}", fg="red", err=True)
        sys.exit(1)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@app.command()
def index(
    map_file: Annotated[Path, typer.Argument(help=".osm.pbf, .osm, .osm.gz or .osm.bz2")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Index folder to write.")],
    crop: CropOption = None,
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Build the searchable index of a city from its map alone."""
    from geoloc_ros.core.config import load_config
    from geoloc_ros.index import index_map, parse_crop

    with _progress_bar() as progress:
        summary = index_map(
            map_file, output, parse_crop(crop) if crop else None, load_config(config, tuple(set_ or ())), progress
        )
    typer.echo(summary.as_text())


@app.command()
def simulate(
    source: Annotated[Path, typer.Argument(help="Index folder or map file; a procedural city if it is 'procedural'.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Bag to write (.mcap).")],
    seed: Annotated[int, typer.Option(help="World, drive and noise.")] = 0,
    length: Annotated[float, typer.Option(help="Length of the drive, m.")] = 1000.0,
    crop: CropOption = None,
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Drive through an edited copy of a map and record what the vehicle's sensors see."""
    from geoloc_ros.core.config import load_config
    from geoloc_ros.index import parse_crop
    from geoloc_ros.simulate import simulate_drive

    with _progress_bar() as progress:
        summary = simulate_drive(
            source, output, parse_crop(crop) if crop else None, seed, length, load_config(config, tuple(set_ or ())),
            progress,
        )
    typer.echo(summary.as_text())


@app.command()
def localize(
    bag: Annotated[Path, typer.Argument(help="rosbag2 folder or .mcap file.")],
    index_folder: Annotated[Path, typer.Option("--index", help="Index folder.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Trajectory to write (.tum).")],
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Localize a recorded drive without ROS running; the same input gives the same bytes."""
    from geoloc_ros.core.config import load_config
    from geoloc_ros.localize import localize_bag

    with _progress_bar() as progress:
        summary = localize_bag(bag, index_folder, output, load_config(config, tuple(set_ or ())), progress)
    typer.echo(summary.as_text())


@app.command()
def evaluate(
    trajectory: Annotated[Path, typer.Argument(help=".tum file of `geoloc localize`.")],
    bag: Annotated[Path, typer.Argument(help="Bag with /ground_truth.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the figures.")] = Path("results.json"),
) -> None:
    """Compare a trajectory with the ground truth of its bag."""
    from geoloc_ros.evaluate import evaluate_trajectory

    typer.echo(evaluate_trajectory(trajectory, bag, output).as_text())


@app.command()
def demo(
    map_file: Annotated[Optional[Path], typer.Option("--map", help="Map file; a procedural city without it.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for bag, index and report.")] = Path("demo"),
    crop: CropOption = None,
    seed: Annotated[int, typer.Option(help="City, world, drive and noise.")] = 0,
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Index a city, drive a simulated car through it, let live ROS 2 nodes find it, and write report.html."""
    from geoloc_ros.core.config import load_config
    from geoloc_ros.demo import run_demo
    from geoloc_ros.index import parse_crop

    with _progress_bar() as progress:
        summary = run_demo(
            map_file, output, parse_crop(crop) if crop else None, seed, load_config(config, tuple(set_ or ())), progress
        )
    typer.echo(summary.as_text())


if __name__ == "__main__":
    main()
