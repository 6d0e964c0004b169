"""Options that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

ConfigOption = Annotated[Optional[Path], typer.Option("--config", "-c", help="YAML file of parameters.")]
SetOption = Annotated[Optional[list[str]], typer.Option("--set", "-s", help="section.key=value, over the file.")]
UseOption = Annotated[
    str,
    typer.Option(
        help="What to use, of image,segmentation,depth,instances; networks read the rest from the image. Without any: "
        "segmentation, depth and instances if the bag has the first two, else all it has. With fix: GPS, too."
    ),
]
