"""The card of a network for photos: what it learned from, how good it is, how to make it again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from geoloc_ros import __version__
from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.photos import PhotoProblem
from geoloc_ros.training.loop import TrainingResult
from geoloc_ros.training.photos.networks.spec import NetworkSpec

_NAMED = 5


@dataclass(frozen=True)
class PhotoCard:
    """What the network's file does not say about itself."""

    spec: NetworkSpec
    method: str
    """A sentence on how it was trained."""
    command: str
    """That made it."""
    learned: tuple[str, ...]
    """A line on each collection that it learned from."""
    validation: str
    """A line on the one that it was chosen by."""
    seed: int
    commit: str
    """Of the code when training began (`card.find_commit`)."""
    origin: str
    """Of the first weights; empty where they were random."""
    result: TrainingResult
    figures: str
    """Of the best validation, in words."""
    broken: tuple[PhotoProblem, ...] = ()
    """Photos that it saw grey, as they could not be read."""


def write_photo_card(card: PhotoCard, network: Path, path: Path) -> None:
    """Describe the file `network` in Markdown."""
    digest = hashlib.sha256(network.read_bytes()).hexdigest()
    learned = "\n".join(f"- {line}" for line in card.learned)
    result, spec = card.result, card.spec
    text = f"""# Photo network {spec.method}

One photo to the descriptor of its place: the larger the inner product of two descriptors, the likelier both photos show
the same one.

Input `image` (N, 3, {spec.height_px}, {spec.width_px}): red, green, blue in 0..1 of the whole photo, resized by area.
Output `descriptor` (N, D) of unit length.

| | |
|---|---|
| file | `{network.name}`, {network.stat().st_size / 1e6:.1f} MB |
| sha256 | `{digest}` |
| made by | geoloc_ros {__version__}, commit `{card.commit}` |
| command | `{card.command}` |
| method | {card.method} |
| first weights | {card.origin or "random"} |
| seed | {card.seed} |
| training | {result.steps} steps, {result.minutes:.0f} minutes; weights of step {result.best_step} |
| validation | {card.figures} |

Learned from the photos of these collections:

{learned}
{_said_of_broken(card.broken)}
Weights were chosen on {card.validation}.

## Terms

Weights inherit the limits of the photos that they learned from; **check them before you use this file commercially**.
Photos that `geoloc simulate photos` renders are of maps © OpenStreetMap contributors, Open Database License 1.0. The
code is under the Apache License 2.0.
"""
    with write_beside(path) as partial:
        partial.write_text(text)


def _said_of_broken(broken: tuple[PhotoProblem, ...]) -> str:
    if not broken:
        return ""
    names = [f"`{Path(problem.file).name}`" for problem in broken[:_NAMED]] + ["…"] * (len(broken) > _NAMED)
    return f"\n{len(broken)} photos could not be read and were grey in training: {', '.join(names)}.\n"
