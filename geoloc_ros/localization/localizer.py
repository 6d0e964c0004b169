"""The one class that a ROS node and the offline verb drive: frames and odometry in, pose estimates out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.geometry import relative_motion
from geoloc_ros.core.localization_config import LocalizerConfig
from geoloc_ros.core.types import (
    Float32,
    Float64,
    HeadingFix,
    Observation,
    OdometryPose,
    PlaceEvidence,
    Pose2,
    PoseEstimate,
    PoseFix,
    PositionFix,
    SemanticScan,
)
from geoloc_ros.localization.camera_yaw.turning import BinLayout
from geoloc_ros.localization.fix_queue import FixQueue
from geoloc_ros.localization.keeping import PlaceKeeper
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.localization.pose_choice import OtherPoses
from geoloc_ros.localization.search import GlobalSearch
from geoloc_ros.localization.status import FixStatus

# Of the belief, when the newest frames were seen from elsewhere: the vehicle may be anywhere, or it was an alarm.
_REOPENED_SHARE = 0.9
# What others said so long before a first frame is not of where that was seen: nobody knows what was driven meanwhile.
_STALE_NS = 1_000_000_000


@dataclass(frozen=True)
class LocalizerHealth:
    """What diagnostics show beside the estimate; as after the last frame."""

    log_evidence: float
    """That all frames were seen on this map, nats."""
    doubt: float
    """Log odds that the newest frames were seen from elsewhere."""
    nis: float
    """How far the last alignment moved the pose: squared, in standard deviations; NaN without one, as the next two."""
    odometry_scale: float
    """True distance per distance of the odometry."""
    depth_scale: float
    """Observed ranges per true ones."""
    camera_yaw_rad: float
    """Of the camera on the vehicle, beyond what tf says."""
    num_buildings: int
    """That the last alignment used."""
    num_poses: int
    """Of others that agree with each other, so that they are believed."""


class Localizer:
    """Tracks one vehicle in one city from scans, their descriptors and odometry, starting anywhere in any direction.

    Two layers. `GlobalSearch` holds the belief over the whole map; `PlaceKeeper` follows its best mode metre by metre
    and says what speaks for it; `FixStatus` decides whether that is a fix. While there is none, a frame every few
    metres is compared with the whole map; with a fix fewer are, so that the belief is warm when it is needed. Poses
    that others measure sharpen the place, or stand for themselves where the map has nothing to follow (`OtherPoses`).
    """

    def __init__(self, index: PlaceIndex, config: Config, layout: BinLayout | None = None) -> None:
        """Nowhere yet.

        Args:
            index: Of the city.
            config: All of it.
            layout: How queries turn (`turning.layout_of`); only needed where the yaw of the camera is to be learnt.

        Raises:
            ConfigError: If it is needed and missing.
            ArtifactError: If the table of rays that is shipped cannot be read.
        """
        self._config = config.localizer
        self._num_rays = config.scan.num_rays
        self._search = GlobalSearch(index, config, layout)
        self._keeper = PlaceKeeper(index, config)
        self._status = FixStatus(config.localizer)
        self._queue = FixQueue()
        self._poses = OtherPoses(config)
        self._at: OdometryPose | None = None
        self._is_followed = True
        self._unsearched_m = np.inf

    @property
    def belief(self) -> Float32:
        """Probability of each viewpoint (V,)."""
        return self._search.belief

    @property
    def health(self) -> LocalizerHealth:
        """For diagnostics."""
        alignment, nan = self._keeper.alignment, float("nan")
        yaw_rad = self._search.camera_yaw_rad + (0.0 if alignment is None else alignment.camera_yaw_rad)
        return LocalizerHealth(
            self._search.log_evidence, self._keeper.significance.doubt, nan if alignment is None else alignment.nis,
            nan if alignment is None else alignment.scale, nan if alignment is None else alignment.depth_scale,
            yaw_rad, 0 if alignment is None else alignment.num_buildings, self._poses.num_agreeing,
        )

    def configure(self, config: LocalizerConfig) -> None:
        """Judge by other limits from the next frame on; belief and fix are kept."""
        self._config = config
        self._status.configure(config)
        self._poses.configure(config)

    def warm_up(self) -> None:
        """Load now what the first frame would wait for: kernels, and the pages of the index. As new after that."""
        rays = np.full(self._num_rays, np.nan, np.float32)
        nothing = SemanticScan(rays, np.full(len(rays), -1, np.int32), np.zeros(len(rays), bool))
        query = np.zeros(self._search.dimension, np.float32)
        self.update(Observation(0, nothing, query, Pose2(0.0, 0.0, 0.0)))
        self.reset()

    def reset(self) -> None:
        """Forget everything: the vehicle may be anywhere."""
        self._queue.clear()
        self._at = None
        self._start_anew("started anew")

    def set_initial_pose(self, pose: Pose2, covariance: Float64) -> None:
        """Start from a pose in the map frame that somebody names, with its covariance (3, 3) of x, y, yaw."""
        self._status.reset("initial pose given")
        self._poses.reset()
        self._search.set_pose(pose, covariance)
        self._keeper.begin(pose, covariance)

    def add_position(self, fix: PositionFix) -> None:
        """Hear of a position, which may be wrong: it makes no fix by itself. ObservationError if it is not finite."""
        self._queue.add(fix)

    def add_heading(self, fix: HeadingFix) -> None:
        """Hear of a heading, which may be wrong. ObservationError if it is not finite."""
        self._queue.add(fix)

    def add_places(self, evidence: PlaceEvidence) -> None:
        """Hear of places that somebody else found, all of which may be wrong. ObservationError if it is not finite."""
        self._queue.add(evidence)

    def add_pose(self, fix: PoseFix) -> None:
        """Hear of a pose, at any time: only one that agrees with others along the odometry is believed.

        Raises:
            ObservationError: If something in it is not finite, or its covariance is none.
        """
        self._poses.add(fix)

    def move(self, stamp_ns: int, odometry: Pose2) -> None:
        """Drive on without a frame, as while a camera pauses; nothing happens before the first one.

        Wanted where frames lie so far apart that their odometry seems to jump, or that a chord cuts corners: every ten
        metres or so, in the order of the stamps, which frames share.
        """
        if self._at is not None and stamp_ns != self._at.stamp_ns:
            self._move(stamp_ns, odometry)

    def update(self, observation: Observation) -> PoseEstimate:
        """Take in a frame.

        Stamps that go back, and odometry that jumps, start everything anew with this frame. `hypotheses` are those of
        the last frame that was compared with the whole map, which not every frame is.

        Raises:
            ObservationError: If the stamp repeats the last one, or query or odometry is not finite. Nothing has
                changed then.
            IndexMismatchError: If the query is of another dimension than the index.
        """
        self._check(observation)
        self._move(observation.stamp_ns, observation.odometry)
        modes = self._search.modes()
        has_begun = self._keeper.choose(observation, modes)
        if self._is_due() and not has_begun:  # both take long: one of them is enough for a frame
            self._unsearched_m = 0.0
            self._search.look(observation.query)
            modes = self._search.modes()
        self._keeper.significance.add_map(self._search.testify())
        self._see(observation)
        choice = self._poses.choose(modes, self._keeper, self._status)
        place, verdict = choice.place, choice.verdict
        had_fix = self._status.has_fix
        status, reason = self._status.update(verdict)
        self._is_followed = choice.is_followed
        if self._status.has_fix and choice.is_followed:
            self._keeper.trust()
        elif not self._status.has_fix and had_fix and verdict.doubt > self._config.lost_doubt:
            self._keeper.suspect()
            self._search.reopen(_REOPENED_SHARE)
        return PoseEstimate(
            observation.stamp_ns, place.pose, place.covariance, status, verdict.probability, reason + choice.remark,
            self._search.hypotheses, (place, *choice.others), verdict.chance,
        )

    def _check(self, observation: Observation) -> None:
        stamp_ns, odometry, scan = observation.stamp_ns, observation.odometry, observation.scan
        if scan.range_m.shape != (self._num_rays,):
            raise ObservationError(
                f"scan of the frame at {stamp_ns} ns has shape {scan.range_m.shape}; scan.num_rays is {self._num_rays}"
            )
        if np.isinf(scan.range_m).any() or (scan.range_m < 0.0).any():
            raise ObservationError(f"scan of the frame at {stamp_ns} ns has infinite or negative ranges; NaN is none")
        self._search.check(observation.query)
        if not np.isfinite(observation.query).all():
            raise ObservationError(f"query of the frame at {stamp_ns} ns is not finite; its scan is broken")
        if not np.isfinite(odometry.as_array()).all():
            raise ObservationError(f"odometry at {stamp_ns} ns is not finite: {odometry}")
        if self._at is not None and stamp_ns == self._at.stamp_ns:
            raise ObservationError(f"frame repeats the stamp {stamp_ns} ns of the last one")

    def _move(self, stamp_ns: int, odometry: Pose2) -> None:
        """Move everything on, and let it hear what others said meanwhile."""
        last, self._at = self._at, OdometryPose(stamp_ns, odometry)
        if last is not None:
            motion = relative_motion(last.pose, odometry)
            travelled_m = float(np.hypot(motion.x_m, motion.y_m))
            if stamp_ns < last.stamp_ns:
                self._start_anew("stamps went back")
            elif travelled_m > self._config.max_odometry_step_m * max(1.0, (stamp_ns - last.stamp_ns) * 1e-9):
                self._start_anew(f"odometry jumped by {travelled_m:.0f} m")
            else:
                # What others say belongs to the frame nearest to its stamp.
                speed_m_per_ns = travelled_m / (stamp_ns - last.stamp_ns)
                self._hear((last.stamp_ns + stamp_ns) // 2, last.stamp_ns, speed_m_per_ns)
                self._search.move(self._scaled(motion))
                self._keeper.carry(stamp_ns, odometry, travelled_m)
                self._hear(stamp_ns, stamp_ns, speed_m_per_ns)
                self._tell(self._poses.carry(stamp_ns, odometry))
                self._unsearched_m += travelled_m
                return
        self._queue.forget(stamp_ns - _STALE_NS)
        self._hear(stamp_ns, stamp_ns, 0.0)
        self._tell(self._poses.carry(stamp_ns, odometry))

    def _see(self, observation: Observation) -> None:
        """Let a frame speak of the followed place, and tell the belief over the map once that is a fix.

        Before, belief and evidence have to be tests of their own, or one mistake would pass both.
        """
        search, keeper = self._search, self._keeper
        query = search.seen_ahead(observation.query)
        nats = keeper.see(observation, query, search.camera_yaw_rad, search.camera_sigma_rad)
        if self._status.has_fix and self._is_followed and keeper.pose is not None and nats != 0.0:
            search.favour(keeper.pose, nats)

    def _is_due(self) -> bool:
        """Whether it is time to compare a frame with the whole map."""
        config = self._config
        return self._unsearched_m >= (config.global_every_m if self._status.has_fix else config.search_every_m)

    def _scaled(self, motion: Pose2) -> Pose2:
        """Motion of the odometry, its scale made right as far as the alignments know it."""
        scale = 1.0 if self._keeper.alignment is None else self._keeper.alignment.scale
        return Pose2(scale * motion.x_m, scale * motion.y_m, motion.yaw_rad)

    def _hear(self, until_ns: int, now_ns: int, speed_m_per_ns: float) -> None:
        """Take in what others said up to a stamp, while the belief is that of another one."""
        for fix in self._queue.take(until_ns):
            if isinstance(fix, PlaceEvidence):
                driven_m = max(0.0, (now_ns - fix.stamp_ns) * speed_m_per_ns)
                self._keeper.significance.add_places(*self._search.hear_places(fix, driven_m, self._keeper.pose))
                continue
            self._tell((fix,))

    def _tell(self, fixes: Sequence[PositionFix | HeadingFix]) -> None:
        """Let belief and place hear of what somebody measured at the stamp that they were moved to."""
        for fix in fixes:
            self._search.hear(fix)
            if isinstance(fix, PositionFix):
                self._keeper.hear(fix)

    def _start_anew(self, why: str) -> None:
        self._search.reset()
        self._keeper.reset()
        self._status.reset(why)
        self._poses.reset()
        self._unsearched_m = np.inf
