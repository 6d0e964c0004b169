"""What the hypotheses of somebody else say about every viewpoint."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from geoloc_ros.core.config import MapConfig
from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.types import Float32, Float64, Int64, PlaceEvidence, Pose2
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.maps.geomap import PlaceGraph

# Viewpoints stand for the road between them and for its lanes.
_UNRESOLVED_M = 5.0
# Of a heading that somebody names, against the road's direction.
_YAW_SIGMA_RAD = 0.5
_REACH = 4.0
_TURN_RAD = 1.0


def place_evidence(
    stamp_ns: int, position_m: Float64, yaw_rad: Float64, probability: Float64, sigma_m: float, index: PlaceIndex
) -> PlaceEvidence:
    """What somebody says of one frame, as the places of an index hear it.

    A probability is spread over the viewpoints that stand for its position: so many of them share it.

    Args:
        stamp_ns: Of the frame.
        position_m: (N, 2), map frame.
        yaw_rad: (N,), of the base; NaN where nobody says.
        probability: (N,), above 0; what is missing to 1 is that it was seen from none of them.
        sigma_m: Standard deviation of the position that is right, east and north.
        index: Whose places may be meant.
    """
    spacing_m = float(index.config.get("map", {}).get("place_spacing_m", MapConfig().place_spacing_m))
    share = max(1.0, np.sqrt(2.0 * np.pi) * float(np.hypot(sigma_m, _UNRESOLVED_M)) / spacing_m)
    return PlaceEvidence(stamp_ns, position_m, yaw_rad, np.log(probability * len(index) / share), sigma_m)


class PlaceEvidenceScorer:
    """Spreads hypotheses over the viewpoints of a city, robustly: none of them need be right."""

    def __init__(self, places: PlaceGraph, outlier_ratio: float) -> None:
        """`outlier_ratio` is the share of such evidence that is not to be believed at all."""
        self._poses = places.poses()
        self._outlier_ratio = outlier_ratio
        self._tree = cKDTree(self._poses[:, :2])

    def viewpoints_at(self, pose: Pose2) -> Int64:
        """Those (n,) that stand for a pose: near it, and looking its way."""
        near = np.array(self._tree.query_ball_point([pose.x_m, pose.y_m], 2.0 * _UNRESOLVED_M), np.int64)
        turn_rad = np.abs(wrap_angle(self._poses[near, 2] - pose.yaw_rad))
        return np.asarray(near[turn_rad < _TURN_RAD])

    def log_ratios(self, evidence: PlaceEvidence, driven_m: float = 0.0) -> Float32:
        """Log ratio (V,) of "seen from here" and "seen from anywhere"; its exponential averages to 1.

        A viewpoint gets the ratio of the best hypothesis that it fits. The others share what is left of the average:
        the more sure the hypotheses are, the less. No viewpoint gets less than the outlier ratio.

        Args:
            evidence: Of a moment in the past.
            driven_m: Forward since then.
        """
        ratio = np.zeros(len(self._poses))
        sigma_m = float(np.hypot(evidence.sigma_m, _UNRESOLVED_M))
        near = self._tree.query_ball_point(evidence.position_m, _REACH * sigma_m + abs(driven_m))
        hypotheses = zip(near, evidence.position_m, evidence.yaw_rad, evidence.log_ratio, strict=True)
        for rows, position_m, yaw_rad, log_ratio in hypotheses:
            x_m, y_m, direction_rad = self._poses[rows].T
            east_m = x_m - driven_m * np.cos(direction_rad) - position_m[0]
            north_m = y_m - driven_m * np.sin(direction_rad) - position_m[1]
            exponent = -0.5 * (east_m**2 + north_m**2) / sigma_m**2
            if np.isfinite(yaw_rad):
                exponent -= 0.5 * (wrap_angle(direction_rad - yaw_rad) / _YAW_SIGMA_RAD) ** 2
            ratio[rows] = np.maximum(ratio[rows], np.exp(np.minimum(log_ratio, np.log(len(ratio))) + exponent))
        mean = float(ratio.mean())
        ratio = ratio / mean if mean > 1.0 else ratio + (1.0 - mean)
        believed = self._outlier_ratio + (1.0 - self._outlier_ratio) * ratio
        return np.log(believed).astype(np.float32)
