"""`geoloc localize`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from geoloc_ros.commands.options import ConfigOption, SetOption, UseOption
from geoloc_ros.core.terminal import progress_bar

if TYPE_CHECKING:
    from geoloc_ros.core.config import Config


def localize(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="BAG",
            help="rosbag2 folder or .mcap file; with --landmarks alone a scene or a folder of images, too.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Trajectory to write (.tum).")],
    index_folder: Annotated[
        Optional[Path], typer.Option("--index", help="Index folder; not needed with --landmarks.")
    ] = None,
    smoothed: Annotated[
        Optional[Path],
        typer.Option(help="Also write the most probable place of every frame given the whole drive (.tum)."),
    ] = None,
    photos: Annotated[
        Optional[Path],
        typer.Option(help="Index of `geoloc photos index`: look images up in it, too; with --use photos nothing else."),
    ] = None,
    landmarks: Annotated[
        Optional[Path],
        typer.Option(
            help="Folder of `geoloc train landmarks`, or one of several: poses in six degrees of freedom. Without "
            "--index nothing else is used."
        ),
    ] = None,
    use: UseOption = "",
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Localize a recorded drive without ROS running; the same input gives the same bytes."""
    from geoloc_ros.core.config import load_config

    tree = load_config(config, tuple(set_ or ()))
    if index_folder is None:
        _localize_landmarks(source, landmarks, output, tree, alone=not (smoothed or photos or use))
        return
    from geoloc_ros.localize import localize_bag

    with progress_bar() as progress:
        summary = localize_bag(
            source, index_folder, output, tree, progress, use, smoothed, photos, landmarks
        )
    typer.echo(summary.as_text())


def _localize_landmarks(source: Path, landmarks: Path | None, output: Path, config: Config, alone: bool) -> None:
    from geoloc_ros.core.errors import ConfigError
    from geoloc_ros.localize_landmarks import localize_landmarks

    if landmarks is None or not alone:
        raise ConfigError(
            "give --index FOLDER to localize in a map, or --landmarks FOLDER alone to localize in learnt scenes "
            "(--smoothed, --photos and --use go with an index)"
        )
    with progress_bar() as progress:
        summary = localize_landmarks(source, landmarks, output, config, progress)
    typer.echo(summary.as_text())
