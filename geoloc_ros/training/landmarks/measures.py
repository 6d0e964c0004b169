"""How good the answers of a network are on views that it did not learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch

from geoloc_ros.training.landmarks.views import IGNORED

GOOD_DEG: Final = 10.0
"""A vote of the right landmark is good if its direction is right to this."""
GOOD_RATIO: Final = 0.02
"""A coordinate is good if it is wrong by less than this, of the distance from the camera."""


@dataclass(frozen=True)
class ViewScores:
    """Of N views."""

    views: int
    good_percent: float
    """Of the cells with a landmark: with a good vote, or a good coordinate."""
    label_percent: float
    """Of the cells that show something known, landmark or none, those with the right label; NaN of coordinates."""
    error: float
    """Median: of directions in degrees, where the label is right; of coordinates in metres."""
    unit: str

    @staticmethod
    def mean(parts: Sequence[ViewScores]) -> ViewScores:
        """Weighted by their views."""
        weight = np.array([part.views for part in parts], np.float64)
        good, label, error = (
            float(np.average([getattr(part, name) for part in parts], weights=weight))
            for name in ("good_percent", "label_percent", "error")
        )
        return ViewScores(int(weight.sum()), good, label, error, parts[0].unit)

    def as_text(self) -> str:
        """One line for people."""
        if self.unit == "m":
            return (
                f"{self.good_percent:.1f} % of the coordinates of {self.views} held-out views are right to "
                f"{GOOD_RATIO:.0%} of the distance, median error {self.error:.3f} m"
            )
        return (
            f"{self.good_percent:.1f} % of the votes of {self.views} held-out views are good (labels right: "
            f"{self.label_percent:.1f} %, directions within {self.error:.1f} degrees in the median)"
        )


def score_votes(
    embedding: torch.Tensor, direction: torch.Tensor, label: torch.Tensor, wanted: torch.Tensor,
    prototype: torch.Tensor,
) -> ViewScores:
    """Of embeddings (N, D, h, w) and directions (N, 2, h, w), with prototypes (n + 1, D) of unit length."""
    found = torch.stack([(each.permute(1, 2, 0) @ prototype.T).argmax(-1) for each in embedding])
    is_known, is_landmark, is_right = label != IGNORED, label > 0, found == label
    angle = torch.rad2deg(torch.acos((direction * wanted).sum(1).clamp(-1.0, 1.0)))
    is_voting = is_right & is_landmark
    good = float((is_voting & (angle < GOOD_DEG)).sum() / is_landmark.sum().clamp(min=1))
    right = float((is_right & is_known).sum() / is_known.sum().clamp(min=1))
    median = float(angle[is_voting].median()) if bool(is_voting.any()) else 180.0
    return ViewScores(len(label), 100.0 * good, 100.0 * right, median, "deg")


def score_coordinates(found_m: torch.Tensor, wanted_m: torch.Tensor, eye_m: torch.Tensor) -> ViewScores:
    """Of coordinates (N, 3, h, w) seen from (N, 3); NaN where nothing is known."""
    is_known = torch.isfinite(wanted_m).all(dim=1)
    distance_m = (wanted_m - eye_m[:, :, None, None]).norm(dim=1)
    error = (found_m - wanted_m).norm(dim=1)
    good = float((error < GOOD_RATIO * distance_m)[is_known].float().mean())
    return ViewScores(len(found_m), 100.0 * good, float("nan"), float(error[is_known].median()), "m")
