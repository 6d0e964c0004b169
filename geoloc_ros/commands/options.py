"""Options that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

ConfigOption = Annotated[Optional[Path], typer.Option("--config", "-c", help="YAML file of parameters.")]
SetOption = Annotated[Optional[list[str]], typer.Option("--set", "-s", help="section.key=value, over the file.")]
