"""The one class that a ROS node and the offline verb drive: frames and odometry in, pose estimates out."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.geometry import relative_motion, wrap_angle
from geoloc_ros.core.types import Float32, Float64, Hypothesis, Observation, Pose2, PoseEstimate, SemanticScan
from geoloc_ros.localization.likelihood import log_likelihood
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.localization.status import FixStatus
from geoloc_ros.localization.tracker import PathTracker


class Localizer:
    """Tracks one vehicle in one city from descriptors and odometry, starting anywhere in any direction."""

    def __init__(self, index: PlaceIndex, config: Config) -> None:
        self._index = index
        self._poses = index.places.poses()
        self._around = cKDTree(self._poses[:, :2])
        self._config = config.localizer
        self._num_hypotheses = config.index.num_hypotheses
        self._likelihood = config.tracker
        self._tracker = PathTracker(index.places, config.tracker, config.motion)
        self._status = FixStatus(config.localizer)
        self._last: tuple[int, Pose2] | None = None

    @property
    def belief(self) -> Float32:
        """Probability of each viewpoint (V,)."""
        return self._tracker.belief()

    def warm_up(self) -> None:
        """Load now what the first frame would wait for: kernels, and the pages of the index. As new after that."""
        rays = np.full(8, np.nan, np.float32)
        nothing = SemanticScan(rays, np.full(8, -1, np.int32), np.zeros(8, bool))
        query = np.zeros(self._index.dimension, np.float32)
        self.update(Observation(0, nothing, query, Pose2(0.0, 0.0, 0.0)))
        self.reset()

    def reset(self) -> None:
        """Forget everything: the vehicle may be anywhere."""
        self._tracker.reset()
        self._status.reset("started anew")
        self._last = None

    def set_initial_pose(self, pose: Pose2, covariance: Float64) -> None:
        """Start from a pose in the map frame that somebody names, with its covariance (3, 3) of x, y, yaw."""
        self._tracker.set_pose(pose, covariance)
        self._status.trust("initial pose given")

    def update(self, observation: Observation) -> PoseEstimate:
        """Take in a frame.

        Stamps that go back, and odometry that jumps, start everything anew with this frame.

        Raises:
            ObservationError: If the stamp repeats the last one, or query or odometry is not finite. Nothing has
                changed then.
            IndexMismatchError: If the query is of another dimension than the index.
        """
        self._check(observation)
        dissimilarity = self._index.dissimilarities(observation.query)
        travelled_m, moved = self._move(observation.stamp_ns, observation.odometry)
        if moved:
            self._tracker.weigh(log_likelihood(dissimilarity, self._likelihood))
        belief = self._tracker.belief()
        peak = int(np.argmax(belief))
        cluster = self._tracker.cluster(peak, self._config.mode_radius_m, self._config.mode_turn_rad)
        status, reason = self._status.update(cluster.probability, self._rank(dissimilarity, cluster.pose), travelled_m)
        return PoseEstimate(
            observation.stamp_ns, cluster.pose, cluster.covariance, status, cluster.probability, reason,
            self._hypotheses(dissimilarity, belief), (cluster,), 1.0,
        )

    def _check(self, observation: Observation) -> None:
        stamp_ns, odometry = observation.stamp_ns, observation.odometry
        if not np.isfinite(observation.query).all():
            raise ObservationError(f"query of the frame at {stamp_ns} ns is not finite; its scan is broken")
        if not np.isfinite(odometry.as_array()).all():
            raise ObservationError(f"odometry at {stamp_ns} ns is not finite: {odometry}")
        if self._last is not None and stamp_ns == self._last[0]:
            raise ObservationError(f"frame repeats the stamp {stamp_ns} ns of the last one")

    def _move(self, stamp_ns: int, odometry: Pose2) -> tuple[float, bool]:
        """Distance driven since the last frame, and whether this frame is to be weighed."""
        last, self._last = self._last, (stamp_ns, odometry)
        if last is None:
            return 0.0, True
        motion = relative_motion(last[1], odometry)
        travelled_m = float(np.hypot(motion.x_m, motion.y_m))
        if stamp_ns < last[0] or travelled_m > self._config.max_odometry_step_m:
            self._tracker.reset()
            self._status.reset("stamps went back" if stamp_ns < last[0] else f"odometry jumped by {travelled_m:.0f} m")
            return 0.0, True
        return travelled_m, self._tracker.advance(motion.x_m, motion.yaw_rad)

    def _rank(self, dissimilarity: Float32, pose: Pose2) -> float:
        """Share of the city that is more like the frame than the best viewpoint around a pose that looks its way."""
        near = np.array(self._around.query_ball_point([pose.x_m, pose.y_m], self._config.mode_radius_m), np.int64)
        near = near[np.abs(wrap_angle(self._poses[near, 2] - pose.yaw_rad)) < self._config.mode_turn_rad]
        return float(np.mean(dissimilarity < dissimilarity[near].min())) if len(near) else 1.0

    def _hypotheses(self, dissimilarity: Float32, belief: Float32) -> tuple[Hypothesis, ...]:
        count = min(self._num_hypotheses, len(dissimilarity))
        nearest = np.argpartition(dissimilarity, count - 1)[:count]
        nearest = nearest[np.argsort(dissimilarity[nearest], kind="stable")]
        return tuple(
            Hypothesis(int(row), Pose2(*map(float, self._poses[row])), float(dissimilarity[row]), float(belief[row]))
            for row in nearest
        )
