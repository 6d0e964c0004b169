"""What is said of a retrieval: recall by rank and by distance, heading error, and what chance would give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.types import Float64
from geoloc_ros.evaluation.database import PlaceDatabase
from geoloc_ros.evaluation.intervals import Statistic
from geoloc_ros.evaluation.retrieval import Queries, Reranked, Retrieval

_SHARES = {"top1": 0.01, "top10": 0.1, "top50": 0.5}
_RADII_M = (5, 10, 25)
_DEPTHS = (1, 5, 10)
_FOUND_M = 10.0


@dataclass(frozen=True)
class Measure:
    """One value per query, and how they become a figure."""

    name: str
    """top1: the true place is among the closest 1 %. r10m: the closest place is within 10 m; r10m_at5: one of five."""
    values: Float64
    """(Q,), of 0 to 1 or degrees; NaN where a query says nothing."""
    chance: float
    """What a method that guesses gets, on average."""
    unit: str = "%"
    statistic: Statistic = "mean"

    @property
    def value(self) -> float:
        """The figure: percent, or the median of degrees."""
        known = self.values[np.isfinite(self.values)]
        if len(known) == 0:
            return float("nan")
        return float(self.scale * (known.mean() if self.statistic == "mean" else np.median(known)))

    @property
    def scale(self) -> float:
        """From values to the unit."""
        return 100.0 if self.unit == "%" else 1.0


def measure_retrieval(
    found: Retrieval, queries: Queries, database: PlaceDatabase, reranked: Reranked | None = None
) -> list[Measure]:
    """All measures of a method.

    Args:
        found: What the descriptors found; ranks are always of this.
        queries: Their truth.
        database: The places.
        reranked: A second look; recall by distance and headings are of this where given, the closest "place" being
            where the vehicle was aligned to.
    """
    measures = [
        Measure(name, found.success(share), max(1, int(share * found.num_places)) / found.num_places * 100.0)
        for name, share in _SHARES.items()
    ]
    nearest = found.nearest if reranked is None else reranked.nearest
    gap_m = database.places.position_m[nearest[:, : max(_DEPTHS)]] - queries.pose[:, None, :2]
    distance_m = np.hypot(gap_m[..., 0], gap_m[..., 1])
    if reranked is not None:
        distance_m[:, 0] = np.hypot(*(reranked.pose[:, :2] - queries.pose[:, :2]).T)
    for radius_m in _RADII_M:
        near = database.tree.query_ball_point(queries.pose[:, :2], radius_m, return_length=True) / len(database)
        for depth in _DEPTHS:
            hit = (distance_m[:, :depth] <= radius_m).any(axis=1).astype(np.float64)
            name = f"r{radius_m}m" + (f"_at{depth}" if depth > 1 else "")
            measures.append(Measure(name, hit, float(100.0 * np.mean(1.0 - (1.0 - near) ** depth))))
    return measures + _headings(found, queries, reranked, distance_m[:, 0])


def _headings(
    found: Retrieval, queries: Queries, reranked: Reranked | None, distance_m: Float64
) -> list[Measure]:
    """Median errors of the heading of the best place, over all queries and over those that it is near to."""
    if reranked is not None:
        error_rad = np.abs(wrap_angle(reranked.pose[:, 2] - queries.pose[:, 2]))
    else:
        error_rad = np.abs(wrap_angle(found.turn_rad[:, 0].astype(np.float64) - queries.frame_yaw_rad))
    if not np.isfinite(error_rad).any():
        return []
    chance = 90.0 if len(queries.turn_rad) > 1 else 2.5
    degrees = np.degrees(error_rad)
    near = np.where(distance_m <= _FOUND_M, degrees, np.nan)
    return [
        Measure("heading_deg", degrees, chance, "deg", "median"),
        Measure("heading_found_deg", near, chance, "deg", "median"),
    ]
