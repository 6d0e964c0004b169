"""The conditions of the accuracy table: what is wrong with world and observation, and whether the heading is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Float64, Int64, SemanticScan
from geoloc_ros.evaluation.rendered import observe_rendered
from geoloc_ros.evaluation.retrieval import Heading
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.noise import CONDITIONS, NoiseLevel
from geoloc_ros.sim.scans import Family, ScanSimulator

IMAGES = "images"
"""As `paper`, but seen through rendered images and the real observation code."""


@dataclass(frozen=True)
class Condition:
    """One column of the table."""

    name: str
    level: NoiseLevel
    heading: Heading = "known"
    family: Family = "streets"

    def observe(
        self, geomap: GeoMap, poses: Float64, drive: Int64, seed: int, progress: ProgressCallback = no_progress
    ) -> SemanticScan:
        """Scans (N, B), ray 0 along the heading, of poses (N, 3) in drives (N,) through an edited copy of the map."""
        if self.name == IMAGES:
            return observe_rendered(geomap, self.level, poses, seed, progress)
        return ScanSimulator(geomap, self.level, seed, self.family).observe(poses, drive)


def find_condition(name: str) -> Condition:
    """The condition of that name.

    Raises:
        ConfigError: If there is none.
    """
    for condition in _ALL:
        if condition.name == name:
            return condition
    raise ConfigError(f"no condition '{name}'; there are {', '.join(CONDITION_NAMES)} and {IMAGES}")


_PAPER = CONDITIONS["paper"]
_TABLE = (
    Condition("paper", _PAPER),
    Condition("heading_unknown", _PAPER, heading="unknown"),
    Condition("hard", CONDITIONS["hard"], heading="unknown"),
    *(Condition(name, CONDITIONS[name]) for name in ("occluded50", "fov90", "stale30", "scale")),
    # Another way to make mistakes, which nobody trained on or tuned with.
    Condition("unseen_noise", _PAPER, family="planes"),
)
_ALL = (*_TABLE, Condition(IMAGES, _PAPER))

CONDITION_NAMES = tuple(condition.name for condition in _TABLE)
"""Of the table; images come extra."""


def drives_of_their_own(count: int) -> Int64:
    """Numbers (count,) of as many drives: single queries share no mistakes."""
    return np.arange(count)
