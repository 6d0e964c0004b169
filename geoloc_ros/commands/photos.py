"""`geoloc photos`: collections of photos of known places."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from geoloc_ros.commands.options import ConfigOption, SetOption
from geoloc_ros.core.terminal import progress_bar

photos_app = typer.Typer(help="Collections of photos of known places.", no_args_is_help=True)

SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE", help="Folder of photos in any known layout, FOLDER@PART for train, val, test or a city of it."
    ),
]


@photos_app.command("list")
def list_(
    source: SourceArgument,
    kind: Annotated[str, typer.Option(help="Layout; auto finds out. docs/photos.md lists them.")] = "auto",
    page: Annotated[Optional[Path], typer.Option("--output", "-o", help="Page to look at (.html).")] = None,
    check: Annotated[bool, typer.Option("--check", help="Decode every photo and tell which cannot be.")] = False,
) -> None:
    """Show what a collection holds: counts, extent, conditions, dates, and what cannot be used."""
    from geoloc_ros.photos import list_photos

    with progress_bar() as progress:
        summary = list_photos(source, kind, page, check, progress)
    typer.echo(summary.as_text())


@photos_app.command()
def split(
    test: SourceArgument,
    trained_on: Annotated[
        list[str], typer.Option("--train", help="Source that was trained on or validated with; may be repeated.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Split to write (.split.json); a source like others.")],
    distance: Annotated[float, typer.Option(min=0.0, help="Drop test photos closer than that, m.")] = 100.0,
) -> None:
    """Drop photos of a test set that are near to what was trained on."""
    from geoloc_ros.photos import split_photos

    with progress_bar() as progress:
        summary = split_photos(test, trained_on, output, distance, progress)
    typer.echo(summary.as_text())


@photos_app.command()
def index(
    source: SourceArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="Photo index folder to write.")],
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Make the photos of a database searchable, for `geoloc localize --photos` and the node place_recognition."""
    from geoloc_ros.core.config import load_config
    from geoloc_ros.index_photos import index_photos

    with progress_bar() as progress:
        summary = index_photos(source, output, load_config(config, tuple(set_ or ())), progress)
    typer.echo(summary.as_text())


@photos_app.command()
def evaluate(
    source: SourceArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the page, figures and queries.")],
    index: Annotated[
        Optional[Path], typer.Option(help="Photo index to search; without it, the collection's own database.")
    ] = None,
    protocol: Annotated[
        str, typer.Option(help="plain: every query, 25 m. sls: the middle of each sequence, 25 m and 40 degrees.")
    ] = "plain",
    crops: Annotated[bool, typer.Option("--crops", help="Look up five parts of each query, too.")] = False,
    rerank: Annotated[int, typer.Option(min=0, max=100, help="Best photos to compare by local features.")] = 0,
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Judge how well the places of a collection's queries are recognised, and at what cost."""
    from geoloc_ros.core.config import load_config
    from geoloc_ros.evaluate_photos import evaluate_photos, parse_protocol
    from geoloc_ros.evaluation.photos.second_look import SecondLook

    chosen = load_config(config, tuple(set_ or ()))
    with progress_bar() as progress:
        summary = evaluate_photos(
            source, output, chosen, index, parse_protocol(protocol), SecondLook(crops, rerank), progress
        )
    typer.echo(summary.as_text())
