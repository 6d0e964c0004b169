"""`geoloc simulate`: a drive, photos, or a scene."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer
from typer.core import TyperGroup

from geoloc_ros.commands.options import ConfigOption, SetOption
from geoloc_ros.core.terminal import progress_bar

SourceArgument = Annotated[
    Path, typer.Argument(help="Index folder or map file; a procedural city if it is 'procedural'.")
]
CropOption = Annotated[Optional[str], typer.Option("--crop", help="W,S,E,N in degrees: clip the map to this box.")]


class _DriveUnlessTold(TyperGroup):
    """`geoloc simulate SOURCE -o BAG` is `geoloc simulate drive SOURCE -o BAG`."""

    # The context is Click's, which some versions of Typer import and others bring along.
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in where the first word is none."""
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = ["drive", *args]
        return super().parse_args(ctx, args)


simulate_app = typer.Typer(
    cls=_DriveUnlessTold, no_args_is_help=True,
    help="Drive through an edited copy of a map and record what the vehicle's sensors see, or take photos in it, "
    "or make up a small scene to learn landmarks of. "
    "Without a command, SOURCE -o BAG makes a drive.",
)


@simulate_app.command()
def drive(
    source: SourceArgument,
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

    with progress_bar() as progress:
        tree = load_config(config, tuple(set_ or ()))
        summary = simulate_drive(source, output, parse_crop(crop) if crop else None, seed, length, tree, progress)
    typer.echo(summary.as_text())


@simulate_app.command()
def photos(
    source: SourceArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write; one begun before goes on.")],
    places: Annotated[int, typer.Option(help="Along streets, two photos each in the database.")] = 500,
    queries: Annotated[int, typer.Option(help="Photos under each condition; 0: a database only.")] = 200,
    database: Annotated[str, typer.Option(help="Condition of the database.")] = "noon",
    conditions: Annotated[str, typer.Option(help="Of the queries.")] = "noon,overcast,rain_sunset,night,snow",
    seed: Annotated[int, typer.Option(help="World, as of a drive with this seed, and views.")] = 0,
    crop: CropOption = None,
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Take photos of the same streets in several conditions, with labels and poses."""
    from geoloc_ros.core.config import load_config
    from geoloc_ros.index import parse_crop
    from geoloc_ros.simulate_photos import PhotoOptions, simulate_photos

    options = PhotoOptions(places, queries, database, conditions, seed)
    with progress_bar() as progress:
        tree = load_config(config, tuple(set_ or ()))
        summary = simulate_photos(source, output, parse_crop(crop) if crop else None, options, tree, progress)
    typer.echo(summary.as_text())


@simulate_app.command()
def scene(
    kind: Annotated[str, typer.Argument(metavar="room|corner", help="A room of 5 m, or a street corner of 60 m.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write; an older scene there is replaced.")],
    train: Annotated[int, typer.Option(help="Views to learn from.")] = 600,
    test: Annotated[int, typer.Option(help="Views from other walks; 0: none.")] = 150,
    seed: Annotated[int, typer.Option(help="Materials, pictures, furniture and walks.")] = 0,
    size: Annotated[str, typer.Option(help="Of the images, WIDTHxHEIGHT.")] = "320x240",
) -> None:
    """Make up a small scene with textures: images, depth, exact poses and its surface."""
    from geoloc_ros.simulate_scene import SceneOptions, simulate_scene

    with progress_bar() as progress:
        summary = simulate_scene(kind, output, SceneOptions(train, test, seed, size), progress)
    typer.echo(summary.as_text())
