"""Everything that one evaluation of photos says."""

from __future__ import annotations

from dataclasses import dataclass

from geoloc_ros.core.photos import PhotoProblem
from geoloc_ros.evaluation.photos.costs import PhotoCosts
from geoloc_ros.evaluation.photos.judged import JudgedPhotos


@dataclass(frozen=True)
class PhotoEvaluation:
    """A collection that was judged, with what it took."""

    judged: JudgedPhotos
    costs: PhotoCosts
    problems: tuple[PhotoProblem, ...]
    """Photos that are left out."""
    seed: int
    facts: tuple[tuple[str, str], ...]
    """Names and values: what was evaluated, and with what."""
