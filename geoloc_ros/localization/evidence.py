"""What the hypotheses of somebody else say about every viewpoint."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.types import Float32, PlaceEvidence
from geoloc_ros.maps.geomap import PlaceGraph

# Viewpoints stand for the road between them and for its lanes.
_UNRESOLVED_M = 5.0
# Of a heading that somebody names, against the road's direction.
_YAW_SIGMA_RAD = 0.5
_REACH = 4.0


class PlaceEvidenceScorer:
    """Spreads hypotheses over the viewpoints of a city, robustly: none of them need be right."""

    def __init__(self, places: PlaceGraph, outlier_ratio: float) -> None:
        """`outlier_ratio` is the share of such evidence that is not to be believed at all."""
        self._poses = places.poses()
        self._outlier_ratio = outlier_ratio
        self._tree = cKDTree(self._poses[:, :2])

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
