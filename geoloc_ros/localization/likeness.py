"""How much better the descriptor of a frame fits a pose than elsewhere, without a look at the whole city."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from geoloc_ros.core.config import MapConfig
from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.localization_config import TrackerConfig
from geoloc_ros.core.types import Float32, Pose2
from geoloc_ros.localization.likelihood import rank_log_ratios, score_log_ratios
from geoloc_ros.localization.place_index import PlaceIndex

_NUM_DECOYS = 500
# One frame can be wrong altogether, but not by more nats than that.
_LEAST_RATIO = 0.01
_SOFTENING = 0.5
_TURN_RAD = 1.0


class DescriptorAgreement:
    """Log-likelihood ratios of frames at the viewpoints around a pose, against decoys: viewpoints drawn once.

    What `likelihood.FrameScorer` says of every viewpoint, for a few of them: cheap enough for every frame.
    """

    def __init__(self, index: PlaceIndex, config: TrackerConfig, places: MapConfig) -> None:
        self._index, self._config = index, config
        self._poses = index.places.poses()
        self._around = cKDTree(self._poses[:, :2])
        self._reach_m = 0.9 * places.place_spacing_m
        rows = np.random.default_rng(0).integers(len(self._poses), size=_NUM_DECOYS)
        self._decoys = np.sort(rows).astype(np.int64)

    def log_ratio(self, query: Float32, pose: Pose2) -> float:
        """Of the best viewpoint near a pose that looks its way, in nats; 0 where there is none.

        Args:
            query: (D,), of the scan in the frame of the base.
            pose: Of the base.
        """
        near = np.array(self._around.query_ball_point([pose.x_m, pose.y_m], self._reach_m), np.int64)
        near = near[np.abs(wrap_angle(self._poses[near, 2] - pose.yaw_rad)) < _TURN_RAD]
        if not len(near):
            return 0.0
        dissimilarity = self._index.dissimilarities_at(query, np.concatenate([near, self._decoys]))
        log_ratio = np.empty_like(dissimilarity)
        if self._index.tells_log_ratios:
            score_log_ratios(dissimilarity, self._config.score_exponent, _LEAST_RATIO, log_ratio)
        else:
            rank_log_ratios(dissimilarity, self._config.rank_exponent, _SOFTENING, log_ratio)
        return float(log_ratio[: len(near)].max())
