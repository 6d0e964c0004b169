"""`geoloc`: one sub-command per verb. Heavy imports stay inside the commands, so that `--help` is quick."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from geoloc_ros import __version__
from geoloc_ros.commands.curate import curate
from geoloc_ros.commands.export import export_app
from geoloc_ros.commands.localize import localize
from geoloc_ros.commands.options import ConfigOption, SetOption, UseOption
from geoloc_ros.commands.photos import photos_app
from geoloc_ros.commands.simulate import simulate_app
from geoloc_ros.commands.train import train_app
from geoloc_ros.core.errors import GeolocError
from geoloc_ros.core.terminal import INTERRUPTION, log_to_stderr, progress_bar

app = typer.Typer(
    help="Know where a vehicle is, from an OpenStreetMap file and its cameras.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
map_app = typer.Typer(help="Get maps, and see where they are out of date.", no_args_is_help=True)
app.add_typer(map_app, name="map")
app.add_typer(simulate_app, name="simulate")
app.add_typer(train_app, name="train")
app.add_typer(export_app, name="export")
app.add_typer(photos_app, name="photos")
app.command()(curate)

CropOption = Annotated[Optional[str], typer.Option("--crop", help="W,S,E,N in degrees: clip the map to this box.")]


def main() -> None:
    """Entry point: a user's mistake is one red line and status 1; a signal cleans up, one line, 128 + its number."""
    INTERRUPTION.listen()
    log_to_stderr()
    try:
        app(standalone_mode=True)
    except (GeolocError, OSError, SystemExit, KeyboardInterrupt) as error:
        if INTERRUPTION.signum is not None:
            typer.secho(f"interrupted by {signal.Signals(INTERRUPTION.signum).name}", err=True)
            sys.exit(128 + INTERRUPTION.signum)
        if not isinstance(error, (GeolocError, OSError)):
            raise
        typer.secho(f"error: {_told(error) if isinstance(error, OSError) else error}", fg="red", err=True)
        sys.exit(1)


def _told(error: OSError) -> str:
    """What may go wrong with any file at any time: a disk that is full, a folder that nobody may write to."""
    where = f"'{error.filename}': " if error.filename else ""
    return f"{where}{error.strerror or error}; see that it may be read and written and that there is space left"


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"geoloc_ros {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Know where a vehicle is, from an OpenStreetMap file and its cameras."""


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

    with progress_bar() as progress:
        tree = load_config(config, tuple(set_ or ()))
        summary = index_map(map_file, output, parse_crop(crop) if crop else None, tree, progress)
    typer.echo(summary.as_text())


app.command()(localize)


@app.command()
def evaluate(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="BAG...",
            help="Bags with /ground_truth and folders of them; the folder's name is the condition, or NAME=FOLDER. "
            "Or a trajectory that is already there, and its bag: OUT.tum BAG",
        ),
    ],
    index_folder: Annotated[Optional[Path], typer.Option("--index", help="Index folder to localize in.")] = None,
    output: Annotated[
        Optional[Path],
        typer.Option("--output", "-o", help="Folder to write [evaluation]; for OUT.tum a file [results.json]."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Draws the intervals.")] = 0,
    use: UseOption = "",
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Localize recorded drives and judge them by their ground truth: page, figures, CSV and TUM of every drive."""
    from geoloc_ros.core.config import load_config
    from geoloc_ros.core.errors import DatasetError
    from geoloc_ros.evaluate import evaluate_bags, evaluate_trajectory

    if sources[0].endswith(".tum"):
        if len(sources) != 2 or index_folder is not None:
            raise DatasetError(f"a trajectory is judged by one bag and no index; got {len(sources) - 1} bags")
        typer.echo(evaluate_trajectory(Path(sources[0]), Path(sources[1]), output or Path("results.json")).as_text())
        return
    if index_folder is None:
        raise DatasetError("give --index FOLDER to localize the bags in, or a trajectory: geoloc evaluate OUT.tum BAG")
    with progress_bar() as progress:
        tree = load_config(config, tuple(set_ or ()))
        summary = evaluate_bags(sources, index_folder, output or Path("evaluation"), tree, seed, progress, use)
    typer.echo(summary.as_text())


@app.command()
def report(
    bag: Annotated[Path, typer.Argument(help="Bag of the drive, with images and, for the error, /ground_truth.")],
    index_folder: Annotated[Path, typer.Option("--index", help="Index folder that was localized in.")],
    trace: Annotated[Path, typer.Option("--trace", help=".trace.npz beside the trajectory of `geoloc localize`.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Page to write.")] = Path("report.html"),
    use: UseOption = "",
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Write a page to look at a localized drive: map, belief, camera, error. The page loads nothing from elsewhere."""
    from geoloc_ros.core.config import load_config
    from geoloc_ros.report import write_report

    with progress_bar() as progress:
        tree = load_config(config, tuple(set_ or ()))
        summary = write_report(index_folder, bag, trace, output, progress, use, tree.networks, tree.inference)
    typer.echo(summary.as_text())


@map_app.command()
def fetch(
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .osm or .osm.gz")],
    bbox: Annotated[Optional[str], typer.Option(help="W,S,E,N in degrees.")] = None,
    place: Annotated[Optional[str], typer.Option(help="Name of a place instead of a box.")] = None,
    server: Annotated[Optional[str], typer.Option(help="Overpass interpreter to ask.")] = None,
    place_server: Annotated[Optional[str], typer.Option(help="Nominatim search to ask.")] = None,
) -> None:
    """Download buildings, roads and trees of OpenStreetMap."""
    from geoloc_ros.core.errors import MapError
    from geoloc_ros.maps.osm import parse_crop
    from geoloc_ros.maps.overpass import NOMINATIM_URL, OVERPASS_URL, fetch_map, find_place

    if (bbox is None) == (place is None):
        raise MapError("give either --bbox W,S,E,N or --place NAME")
    with progress_bar() as progress:
        box = parse_crop(bbox) if bbox else find_place(place or "", place_server or NOMINATIM_URL)
        summary = fetch_map(box, output, server or OVERPASS_URL, progress)
    typer.echo(summary.as_text())


@map_app.command()
def diff(
    sources: Annotated[
        list[str], typer.Argument(metavar="BAG...", help="Bags and folders of them, as `geoloc evaluate` takes them.")
    ],
    index_folder: Annotated[Path, typer.Option("--index", help="Index folder of the map.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder to write; one of `geoloc evaluate` saves localizing again.")
    ] = Path("evaluation"),
    use: UseOption = "",
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Find buildings of the map that drives contradict, and new ones, as GeoJSON with their probabilities."""
    from geoloc_ros.core.config import load_config
    from geoloc_ros.map_diff import diff_map

    with progress_bar() as progress:
        summary = diff_map(sources, index_folder, output, load_config(config, tuple(set_ or ())), progress, use)
    typer.echo(summary.as_text())


@app.command()
def demo(
    map_file: Annotated[Optional[Path], typer.Option("--map", help="Map file; a procedural city without it.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for bag, index and report.")] = Path("demo"),
    crop: CropOption = None,
    seed: Annotated[int, typer.Option(help="City, world, drive and noise.")] = 0,
    use: UseOption = "",
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Index a city, drive a simulated car through it, let live ROS 2 nodes find it, and write report.html."""
    from geoloc_ros.core.config import load_config
    from geoloc_ros.demo import run_demo
    from geoloc_ros.index import parse_crop

    with progress_bar() as progress:
        tree = load_config(config, tuple(set_ or ()))
        summary = run_demo(map_file, output, parse_crop(crop) if crop else None, seed, tree, progress, use)
    typer.echo(summary.as_text())


@app.command()
def run(
    index_folder: Annotated[Path, typer.Option("--index", help="Index folder.")],
    photos: Annotated[Optional[Path], typer.Option(help="Photo index: look images up in it, too.")] = None,
    params: Annotated[Optional[Path], typer.Option(help="ROS parameter file; see config/localization.yaml.")] = None,
    single_process: Annotated[bool, typer.Option("--single-process", help="All nodes in one process.")] = False,
    use_sim_time: Annotated[bool, typer.Option("--use-sim-time", help="Time comes from /clock.")] = False,
    bag: Annotated[Optional[Path], typer.Option("--play", help="Bag to play to the nodes; they end with it.")] = None,
    rate: Annotated[float, typer.Option(min=0.01, help="Of the bag, times real time.")] = 1.0,
    namespace: Annotated[str, typer.Option(help="Of the nodes.")] = "",
    remap: Annotated[Optional[list[str]], typer.Option("--remap", "-r", help="from:=to, as in ROS.")] = None,
    respawn: Annotated[bool, typer.Option("--respawn", help="Start a node again that ends.")] = False,
    log_level: Annotated[str, typer.Option(help="debug, info, warn, error or fatal.")] = "info",
) -> None:
    """Start perception, localizer and map server, where `ros2 launch` is not installed."""
    from geoloc_ros.run import StackOptions, run_stack

    run_stack(
        StackOptions(
            index_folder, params_file=params, single_process=single_process, use_sim_time=use_sim_time, bag=bag,
            rate=rate, namespace=namespace, remaps=tuple(remap or ()), use_respawn=respawn, log_level=log_level,
            photos_path=photos,
        )
    )


@app.command()
def play(
    bag: Annotated[Path, typer.Argument(help="rosbag2 folder or .mcap file.")],
    rate: Annotated[float, typer.Option(min=0.01, help="Times real time.")] = 1.0,
    clock: Annotated[bool, typer.Option("--clock", help="Publish /clock, for nodes that use simulated time.")] = False,
    loop: Annotated[bool, typer.Option("--loop", help="Again and again.")] = False,
    namespace: Annotated[str, typer.Option(help="Of the nodes that are recorded.")] = "",
    record: Annotated[Optional[Path], typer.Option(help="Folder for the trace of what the nodes say.")] = None,
) -> None:
    """Play a bag to running nodes, as soon as they listen."""
    from geoloc_ros.ros.player import PlayOptions, play_bag

    play_bag(PlayOptions(bag, rate, clock, loop, namespace, record))


if __name__ == "__main__":
    main()
