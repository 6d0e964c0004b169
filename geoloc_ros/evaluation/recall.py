"""What is said of a retrieval: recall by rank and by distance, heading error, and what chance would give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.types import Float64
from geoloc_ros.evaluation.intervals import Statistic
from geoloc_ros.evaluation.retrieval import HEADING_ERROR_RAD
from geoloc_ros.evaluation.retrieval_details import RetrievalDetails

NUM_BEST = 10
"""Places of each query that recall by distance looks at."""

_SHARES = {"top1": 0.01, "top10": 0.1, "top50": 0.5}
_RADII_M = (5, 10, 25)
_DEPTHS = (1, 5, NUM_BEST)
_FOUND_M = 10.0


@dataclass(frozen=True)
class Measure:
    """One value per query, and how they become a figure."""

    name: str
    """top1: the true place is among the closest 1 %. r10m: the closest place is within 10 m; r10m_at5: one of five."""
    values: Float64
    """(Q,), percent or degrees; NaN where a query says nothing."""
    chance: float
    """What a method that guesses gets, on average."""
    unit: str = "%"
    statistic: Statistic = "mean"

    @property
    def value(self) -> float:
        """The figure; NaN where no query says anything."""
        known = self.values[np.isfinite(self.values)]
        if len(known) == 0:
            return float("nan")
        return float(known.mean() if self.statistic == "mean" else np.median(known))


def measure_recall(details: RetrievalDetails, method: int) -> list[Measure]:
    """All measures of one method of the details.

    Where a method re-ranks, recall by distance and headings are those after it, its first "place" being the pose that
    the vehicle was aligned to; recall by rank is always that of the descriptors.
    """
    places = details.num_places
    measures = [
        Measure(name, 100.0 * details.success(method, share), 100.0 * max(1, int(share * places)) / places)
        for name, share in _SHARES.items()
    ]
    distance_m = _distances(details, method)
    tree = cKDTree(details.place_m)
    for radius_m in _RADII_M:
        near = tree.query_ball_point(details.pose[:, :2], radius_m, return_length=True) / places
        for depth in _DEPTHS:
            hit = np.where((distance_m[:, :depth] <= radius_m).any(axis=1), 100.0, 0.0)
            name = f"r{radius_m}m" + (f"_at{depth}" if depth > 1 else "")
            measures.append(Measure(name, hit, float(100.0 * np.mean(1.0 - (1.0 - near) ** depth))))
    return measures + _headings(details, method, distance_m[:, 0])


def _distances(details: RetrievalDetails, method: int) -> Float64:
    """From the true position to what was found (Q, K)."""
    gap_m = details.place_m[details.best[method]] - details.pose[:, None, :2]
    distance_m: Float64 = np.hypot(gap_m[..., 0], gap_m[..., 1]).astype(np.float64)
    aligned_m = np.hypot(*(details.best_pose[method, :, :2] - details.pose[:, :2]).T)
    distance_m[:, 0] = np.where(np.isfinite(aligned_m), aligned_m, distance_m[:, 0])
    return distance_m


def _headings(details: RetrievalDetails, method: int, distance_m: Float64) -> list[Measure]:
    """Median errors of the heading of what was found, over all queries and over those where it is near."""
    # A known heading was not found: that it is at most 5 degrees off says nothing of the method.
    found_rad = details.best_turn_rad[method] if details.num_turns > 1 else np.float64(np.nan)
    by_turn = wrap_angle(np.asarray(found_rad - details.frame_yaw_rad, np.float64))
    by_pose = wrap_angle(details.best_pose[method, :, 2] - details.pose[:, 2])
    degrees = np.degrees(np.abs(np.where(np.isfinite(by_pose), by_pose, by_turn)))
    if not np.isfinite(degrees).any():
        return []
    chance = 90.0 if details.num_turns > 1 else float(np.degrees(HEADING_ERROR_RAD)) / 2.0
    near = np.where(distance_m <= _FOUND_M, degrees, np.nan)
    return [
        Measure("heading_deg", degrees, chance, "deg", "median"),
        Measure("heading_found_deg", near, chance, "deg", "median"),
    ]
