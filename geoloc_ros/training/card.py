"""The card of a network: what it learned from, how good it is, and how to make it again."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

from geoloc_ros import __version__
from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.maps.geomap import MapSource
from geoloc_ros.training.loop import TrainingResult


@dataclass(frozen=True)
class Card:
    """What a network's file does not say about itself."""

    title: str
    description: str
    command: str
    """That made it."""
    sources: tuple[MapSource, ...]
    """Maps that it learned from."""
    validation: MapSource
    seed: int
    commit: str
    """Of the code when training began (`find_commit`)."""
    result: TrainingResult
    figures: str
    """Of the best validation, in words."""


def write_card(card: Card, network: Path, path: Path) -> None:
    """Describe the file `network` in Markdown."""
    digest = hashlib.sha256(network.read_bytes()).hexdigest()
    learned = "\n".join(f"- {_source(source)}" for source in card.sources)
    result = card.result
    text = f"""# {card.title}

{card.description}

| | |
|---|---|
| file | `{network.name}`, {network.stat().st_size / 1e6:.1f} MB |
| sha256 | `{digest}` |
| made by | geoloc_ros {__version__}, commit `{card.commit}` |
| command | `{card.command}` |
| seed | {card.seed} |
| training | {result.steps} steps, {result.minutes:.0f} minutes; weights of step {result.best_step} |
| validation | {card.figures} |

Learned from the buildings and roads of these maps, and from nothing else:

{learned}

Weights were chosen on {_source(card.validation)}.

The weights contain no map. They are under the Apache License 2.0 like the code; the maps that they were learned from
are © OpenStreetMap contributors, under the Open Database License 1.0 (https://www.openstreetmap.org/copyright).
"""
    with write_beside(path) as partial:
        partial.write_text(text)


def _source(source: MapSource) -> str:
    date = f", data of {source.date[:10]}" if source.date else ""
    return f"`{source.name}` ({source.attribution}{date}, sha256 `{source.sha256[:16]}…`)"


def find_commit() -> str:
    """Commit of the checkout that this module lies in, with "-dirty" if files differ from it."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown (not run from a checkout)"
    return done.stdout.strip()
