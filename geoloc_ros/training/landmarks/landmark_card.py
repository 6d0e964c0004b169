"""The card of a learned scene: what it learned from, how good it is, how to make it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from geoloc_ros import __version__
from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.training.loop import TrainingResult

_TAUGHT: Final[Mapping[str, str]] = {
    "prototypes": "prototype triplets with mined negatives (VS-Net, Huang et al. 2021), and directions",
    "random-negatives": "prototype triplets with random negatives (VS-Net's ablation), and directions",
    "cross-entropy": "cross entropy over all landmarks, and directions",
    "coordinates": "the scene coordinates of each cell, without landmarks",
}


@dataclass(frozen=True)
class LandmarkCard:
    """What an artifact does not say in words."""

    name: str
    """Of the scene."""
    views: int
    """Learned from and measured on."""
    landmarks: int
    command: str
    """That made it."""
    origin: str
    """Of the first weights; empty where they were random."""
    config: Mapping[str, Any]
    """As in the artifact."""
    result: TrainingResult
    figures: str
    """Of the views held out, in words."""


def write_landmark_card(card: LandmarkCard, path: Path) -> None:
    """Describe a scene in Markdown."""
    config, network = card.config, card.config["network"]
    text = f"""# Scene {card.name}

{card.landmarks} landmarks, learned from {card.views} posed images; every tenth was held out, and weights were chosen
by them. It finds cameras in this scene and in no other.

| | |
|---|---|
| made by | geoloc_ros {__version__}, commit `{config["commit"]}` |
| command | `{card.command}` |
| learned | {_TAUGHT[str(config["method"])]} |
| network | {network["encoder"]}, {network["width_px"]}x{network["height_px"]}, embedding {network["dimension"]} |
| first weights | {card.origin or "random"} |
| patches | {config["patch_m"]:g} m |
| seed | {config["seed"]} |
| training | {card.result.steps} steps, {card.result.minutes:.0f} minutes; weights of step {card.result.best_step} |
| held out | {card.figures} |

The weights hold what this scene looks like: treat them as you treat its images.
"""
    with write_beside(path) as partial:
        partial.write_text(text)
