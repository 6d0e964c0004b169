"""`geoloc curate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from geoloc_ros.commands.options import ConfigOption, SetOption
from geoloc_ros.core.terminal import progress_bar


def curate(
    table: Annotated[Path, typer.Argument(help=".csv, or .json, .geojson, .jsonl of Mapillary's API; or a folder.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write; curation.html in it is to look at.")],
    map_file: Annotated[Optional[Path], typer.Option("--map", help="Map file to name the kinds of roads by.")] = None,
    images: Annotated[Optional[Path], typer.Option(help="Folder of the images, to tell day from night by.")] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Find sequences of the same places on different days in a table of photos that were taken along roads."""
    from geoloc_ros.core.config import load_config
    from geoloc_ros.curate import curate_table

    with progress_bar() as progress:
        tree = load_config(config, tuple(set_ or ()))
        summary = curate_table(table, output, map_file, images, tree, progress)
    typer.echo(summary.as_text())
