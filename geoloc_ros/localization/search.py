"""Where the vehicle may be on the whole map: what frames, odometry and others say, in one belief."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.types import (
    Float32,
    Float64,
    HeadingFix,
    Hypothesis,
    Mode,
    PlaceEvidence,
    Pose2,
    PositionFix,
)
from geoloc_ros.localization.belief.tracker import PathTracker
from geoloc_ros.localization.camera_yaw.rotations import CameraYaw
from geoloc_ros.localization.camera_yaw.turning import BinLayout
from geoloc_ros.localization.evidence import PlaceEvidenceScorer
from geoloc_ros.localization.likelihood import FrameScorer
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.localization.significance import Witness

_MAX_MODES = 5
_TINY = 1e-30


class GlobalSearch:
    """The belief over all roads of the map, fed with descriptors; any start, any direction.

    Moving costs a pass over the road cells every few metres, a frame one over the index.
    """

    def __init__(self, index: PlaceIndex, config: Config, layout: BinLayout | None) -> None:
        """The vehicle may be anywhere.

        Raises:
            ConfigError: If the yaw of the camera is to be learnt and no layout says how queries turn.
        """
        self._poses = index.places.poses()
        self._config = config
        self._scorer = FrameScorer(index, config.tracker)
        self._tracker = PathTracker(index.places, config.tracker, config.motion)
        self._others = PlaceEvidenceScorer(index.places, config.tracker.fix_outlier_ratio)
        self._camera: CameraYaw | None = None
        if config.localizer.camera_yaw == "unknown":
            if layout is None:
                raise ConfigError("localizer.camera_yaw=unknown, but nobody said how queries turn; give a layout")
            self._camera, self._layout = CameraYaw(index, layout, config.tracker), layout
        self._index = index
        self._hypotheses: tuple[Hypothesis, ...] = ()
        self._gained = self._information = 0.0
        self._unheard_m = np.inf

    def reset(self) -> None:
        """Forget everything."""
        self._tracker.reset()
        self._hypotheses = ()
        self._gained = self._information = 0.0
        self._unheard_m = np.inf
        if self._camera is not None:
            self._camera.reset()

    def set_pose(self, pose: Pose2, covariance: Float64) -> None:
        """Start from a pose with its covariance (3, 3) of x, y, yaw. What is known of the camera stays."""
        self._tracker.set_pose(pose, covariance)
        self._gained = 0.0

    def reopen(self, share: float) -> None:
        """Give up `share` of the belief: as much may be anywhere."""
        self._tracker.reopen(share)

    def move(self, motion: Pose2) -> None:
        """Move everything by what odometry measured since the last call, seen from there."""
        self._unheard_m += float(np.hypot(motion.x_m, motion.y_m))
        self._tracker.advance(motion.x_m, motion.yaw_rad)

    def look(self, query: Float32) -> None:
        """Take in what a frame (D,) looks like."""
        tracker, camera = self._tracker, self._camera
        if camera is None:
            frame = self._scorer.score(query)
        else:
            belief = tracker.belief()
            frame = self._scorer.score_dissimilarity(camera.look(query, belief))
            camera.learn(tracker.next_power)
        self._information += tracker.next_power * frame.information
        tracker.weigh(frame.log_ratio)
        nearest = frame.nearest(self._config.index.num_hypotheses)
        probability = tracker.belief_at(nearest)
        self._hypotheses = tuple(
            Hypothesis(int(row), Pose2(*map(float, self._poses[row])), float(frame.dissimilarity[row]), float(belief))
            for row, belief in zip(nearest, probability, strict=True)
        )

    def hear(self, fix: PositionFix | HeadingFix) -> None:
        """Take in what somebody else measured."""
        if isinstance(fix, PositionFix):
            self._tracker.weigh_position(fix)
        else:
            self._tracker.weigh_heading(fix)

    def hear_places(self, evidence: PlaceEvidence, driven_m: float, followed: Pose2 | None) -> tuple[float, float]:
        """Take in where somebody else believed the vehicle to be, `driven_m` ago.

        Returns what that says for a place that is followed, in nats, and how far was driven since it was heard before.
        """
        log_ratio = self._others.log_ratios(evidence, driven_m)
        unheard_m, self._unheard_m = self._unheard_m, 0.0
        self._tracker.weigh_places(log_ratio, min(1.0, unheard_m / self._config.tracker.evidence_length_m))
        there = np.empty(0, np.int64) if followed is None else self._others.viewpoints_at(followed)
        return (float(log_ratio[there].max()) if len(there) else 0.0), unheard_m

    def favour(self, pose: Pose2, nats: float) -> None:
        """Take in what somebody who looked closer says of a place: a log-likelihood ratio."""
        localizer = self._config.localizer
        at, ratio = pose.as_array()[None], np.array([nats])
        self._tracker.boost(at, ratio, localizer.mode_radius_m, localizer.mode_turn_rad)

    def modes(self) -> tuple[Mode, ...]:
        """The places where the vehicle may be if it is on the map at all, most probable first.

        Whether it is, is judged by evidence (`Significance`), not by what is assumed before.
        """
        localizer = self._config.localizer
        modes = self._tracker.modes(_MAX_MODES, localizer.mode_radius_m, localizer.mode_turn_rad)
        on_map = max(1.0 - self._tracker.off_map_probability, sum(mode.probability for mode in modes), _TINY)
        return tuple(Mode(mode.pose, mode.covariance, mode.probability / on_map) for mode in modes)

    @property
    def belief(self) -> Float32:
        """Probability of each viewpoint (V,)."""
        return self._tracker.belief()

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """The places most alike in the last frame that was looked at, best first."""
        return self._hypotheses

    def check(self, query: Float32) -> None:
        """Raise IndexMismatchError if a query is of another dimension than the index."""
        self._index.check_query(query)

    @property
    def dimension(self) -> int:
        """D of a query."""
        return self._index.dimension

    @property
    def log_evidence(self) -> float:
        """That all frames were seen on the map, in nats (`PathTracker.log_evidence`)."""
        return self._tracker.log_evidence

    def testify(self) -> Witness:
        """What frames and turns have said for the map since the last call, whatever place on it."""
        gain, self._gained = self._tracker.log_evidence - self._gained, self._tracker.log_evidence
        information, self._information = self._information, 0.0
        return Witness(gain, information)

    def seen_ahead(self, query: Float32) -> Float32:
        """The query (D,) of a frame as if the camera were not turned on the vehicle, to half a bin."""
        if self._camera is None:
            return query
        turns = int(np.rint(self._camera.yaw_rad / (2.0 * np.pi) * self._layout.num_bins)) % self._layout.num_bins
        turned: Float32 = self._layout.turned(query[None])[0, turns]
        return turned

    @property
    def camera_yaw_rad(self) -> float:
        """Yaw of the camera on the vehicle, as far as it was to be learnt; 0 where it is known."""
        return 0.0 if self._camera is None else self._camera.yaw_rad

    @property
    def camera_sigma_rad(self) -> float:
        """Its standard deviation; 0 where it is known."""
        return 0.0 if self._camera is None else self._camera.sigma_rad
