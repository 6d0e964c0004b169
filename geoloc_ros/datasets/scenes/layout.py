"""What a published layout of scenes offers to be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from geoloc_ros.core.posed_images import PosedScene
from geoloc_ros.core.progress import ProgressCallback


@dataclass(frozen=True)
class SceneLayout:
    """A way in which the images of a scene lie in a folder."""

    kind: str
    description: str
    """For people, a few words."""
    sign: str
    """By which files it is known."""
    is_it: Callable[[Path], bool]
    """By what lies there, without reading all of it."""
    load: Callable[[Path, ProgressCallback], PosedScene]
    """Raises DatasetError where not a single image can be used."""
