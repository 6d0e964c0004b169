"""The card of a street network: what it learned from and under which terms, how good it is, how to make it again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from geoloc_ros import __version__
from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.training.loop import TrainingResult


@dataclass(frozen=True)
class StreetCard:
    """What the network's file does not say about itself."""

    command: str
    """That made it."""
    contents: str
    """How many images of which kind it learned from."""
    seed: int
    commit: str
    """Of the code when training began (`card.find_commit`)."""
    result: TrainingResult
    figures: str
    """Of the best validation, in words."""


def write_street_card(card: StreetCard, network: Path, path: Path) -> None:
    """Describe the file `network` in Markdown."""
    digest = hashlib.sha256(network.read_bytes()).hexdigest()
    result = card.result
    text = f"""# Street network

One image of a street to the class of every pixel, how far away it is, and where two buildings meet.

Input `image` (N, 4, H, W): red, green, blue in 0..255 and the ground channel, -u_z / h with the unit direction u of the
pixel in the level frame and the height h of the camera in m, clipped to [-1, 1], 0 where unknown. H and W are multiples
of 32. Outputs, at a quarter of the size: `logits` (N, 8, H/4, W/4) of other, building, vegetation, road, pavement, sky,
vehicle, person; `log_range` (N, 1, H/4, W/4), natural logarithm of the distance in m; `boundary` (N, 1, H/4, W/4), the
logit that two buildings meet here.

| | |
|---|---|
| file | `{network.name}`, {network.stat().st_size / 1e6:.1f} MB |
| sha256 | `{digest}` |
| made by | geoloc_ros {__version__}, commit `{card.commit}` |
| command | `{card.command}` |
| seed | {card.seed} |
| training | {result.steps} steps, {result.minutes:.0f} minutes; weights of step {result.best_step} |
| learned from | {card.contents} |
| validation | {card.figures} |

## Terms

Weights inherit the limits of what they learned from; **check them before you use this file commercially**:

- photos in the form of CamVid (Brostow, Fauqueur, Cipolla 2008): CamVid is given for research use;
- frames of KITTI (Geiger et al. 2013): Creative Commons BY-NC-SA 3.0;
- views rendered by geoloc_ros of cities of OpenStreetMap, © OpenStreetMap contributors, Open Database License 1.0.

`geoloc train street` with photos of your own gives weights without these limits. The code is under the Apache License
2.0.

## Limits

Classes of photos are those of CamVid: streets of one town in daylight and dusk, no snow, no night. Without the ground
channel ranges are guesses. Boundaries between buildings were seen in simulated streets only.
"""
    with write_beside(path) as partial:
        partial.write_text(text)
